//! Breaks text into lines of a terminal.

use unicode_segmentation::UnicodeSegmentation;

/// Lines of at most `width` characters as a reader counts them, broken at blanks. A word that is
/// longer stands alone, unbroken, so that it can be copied.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.graphemes(true).count();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn breaks_at_blanks_and_keeps_long_words_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a arn:aws:s3:::long b", 5), ["a", "arn:aws:s3:::long", "b"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
