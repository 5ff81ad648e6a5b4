//! The canonical style, as the least edit that leads to it.

use super::document::Document;
use super::position::Encoding;
use crate::diag::FileId;
use crate::syntax::format;
use lsp_types::TextEdit;

/// What to change; nothing when the text is in style already, or cannot be parsed.
pub(super) fn edits(document: &Document, encoding: Encoding) -> Vec<TextEdit> {
    let Ok(wanted) = format::format(FileId::NONE, &document.text) else {
        return Vec::new();
    };
    edit(document, &wanted, encoding).into_iter().collect()
}

/// Whole lines that are the same at both ends stay, so that cursors and folds in them stay too.
fn edit(document: &Document, wanted: &str, encoding: Encoding) -> Option<TextEdit> {
    let text: &str = &document.text;
    if text == wanted {
        return None;
    }
    let same = text
        .split_inclusive('\n')
        .zip(wanted.split_inclusive('\n'))
        .take_while(|(a, b)| a == b);
    let head: usize = same.map(|(a, _)| a.len()).sum();
    let (rest, wanted) = (text.get(head..)?, wanted.get(head..)?);
    let same = rest
        .split_inclusive('\n')
        .rev()
        .zip(wanted.split_inclusive('\n').rev())
        .take_while(|(a, b)| a == b);
    let tail: usize = same.map(|(a, _)| a.len()).sum();
    Some(TextEdit {
        range: document.range(&(head..text.len() - tail), encoding),
        new_text: wanted.get(..wanted.len() - tail)?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsp_types::{Position, Range};

    #[test]
    fn only_lines_that_differ_are_replaced() {
        let text = "locals {\n  a = 1\n  b   =   2\n}\n";
        let document = Document::new("/x.hcl".into(), text);
        let wanted = TextEdit {
            range: Range::new(Position::new(2, 0), Position::new(3, 0)),
            new_text: "  b = 2\n".into(),
        };
        assert_eq!(edits(&document, Encoding::Utf16), [wanted]);
    }

    #[test]
    fn what_is_in_style_or_broken_is_left_alone() {
        for text in ["locals {\n  a = 1\n}\n", "locals {\n   a = \n}\n"] {
            let document = Document::new("/x.hcl".into(), text);
            assert_eq!(edits(&document, Encoding::Utf16), []);
        }
    }
}
