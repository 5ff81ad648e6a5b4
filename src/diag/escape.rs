//! Makes text from elsewhere harmless in each format.
//!
//! Names, tags and error messages of the cloud can be chosen by others. They must not move a
//! terminal's cursor, reverse what a line reads like, break out of a table or mention somebody.

use std::fmt::Write;

/// Characters that act instead of showing: control characters, marks of direction, and what is
/// invisible.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// How much of one value is shown to a person; a tag or policy of the cloud can be much longer.
pub const LONGEST: usize = 1000;

/// The beginning of a text that is too long to be read, and how long it is.
pub fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    // Bytes are never fewer than characters, and counting those of every value would cost more.
    if text.len() <= LONGEST {
        return text.into();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            let start = text.get(..end).unwrap_or_default();
            format!("{start}… ({} characters in all)", text.chars().count()).into()
        }
        None => text.into(),
    }
}

/// For a terminal, on one line: what acts is shown as Rust writes it (`\n`, `\u{1b}`).
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if acts(c) => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// For a terminal, between quotes, as HCL and JSON write a text.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
            out.push(c);
        } else {
            out.push_str(&line(c.encode_utf8(&mut [0; 4])));
        }
    }
    out.push('"');
    out
}

/// For HTML and XML, in text and in quoted attributes.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Nothing to a reader, and keeps a `@name`, a `#1` or a link from being recognised.
const BREAK: &str = "<!-- -->";

/// For GitHub's markdown, in running text and in table cells: no markup, no mention, no link.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let plain = line(text);
    let mut before = String::new();
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => {
                out.push('@');
                out.push_str(BREAK);
            }
            '#' => {
                out.push_str("\\#");
                out.push_str(BREAK);
            }
            ':' => {
                out.push(':');
                // `https:` and the like make links; so does `mailto:`.
                if before.ends_with(|c: char| c.is_ascii_alphabetic()) {
                    out.push_str(BREAK);
                }
            }
            '.' if before.to_ascii_lowercase().ends_with("www") => {
                out.push_str("\\.");
                out.push_str(BREAK);
            }
            c if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        before.push(c);
        if before.len() > 8 {
            before = before.chars().skip(1).collect();
        }
    }
    out
}

/// For a message of SARIF, in which `[text](target)` would be a link.
pub fn sarif(text: &str) -> String {
    line(text).replace("](", "\\](")
}

/// A JSON text in which nothing acts on the terminal that shows it. The value it stands for is the
/// same: outside of strings, JSON has only line ends and blanks that could act, and those stay.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) && !matches!(c, '\n' | '\r' | '\t') {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_too_long_is_cut_between_characters_and_its_length_is_said() {
        assert_eq!(shortened("short"), "short");
        let long = "é".repeat(LONGEST);
        assert_eq!(shortened(&long), long);
        let longer = "é".repeat(1_000_000);
        let said = shortened(&longer);
        assert!(said.starts_with(&long), "{said}");
        assert!(said.ends_with("é… (1000000 characters in all)"), "{said}");
    }

    /// Text with what is dangerous far more often than chance would have it.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            proptest::sample::select(vec![
                "\u{1b}[31m",
                "\u{1b}]0;x\u{7}",
                "\u{202e}",
                "\u{200b}",
                "\u{9b}",
                "\r\n",
                "\t",
                "|",
                "`",
                "**",
                "<script>",
                "</td>",
                "&amp;",
                "]]>",
                "@acme/ops",
                "#1",
                "https://evil.example",
                "www.evil.example",
                "[x](y)",
                "![x](y)",
                "\\",
                "\"",
                "'",
                "<!--",
                "-->",
                "\u{e0041}",
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    /// What a markdown reader shows: escapes, entities and comments undone.
    fn shown(markdown: &str) -> String {
        let mut out = String::new();
        let mut rest = markdown;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix(BREAK) {
                rest = after;
                continue;
            }
            let entity = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')]
                .into_iter()
                .find_map(|(name, c)| Some((c, rest.strip_prefix(name)?)));
            if let Some((c, after)) = entity {
                out.push(c);
                rest = after;
                continue;
            }
            rest = rest.strip_prefix(c).expect("it begins with it");
            if c == '\\' {
                let escaped = rest.chars().next().expect("an escape escapes something");
                assert!(escaped.is_ascii_punctuation());
                out.push(escaped);
                rest = rest.strip_prefix(escaped).expect("it begins with it");
            } else {
                assert!(
                    !c.is_ascii_punctuation() || matches!(c, '@' | ':'),
                    "{c} stands bare in {markdown}"
                );
                out.push(c);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn nothing_acts_in_plain_text(text in hostile()) {
            prop_assert!(!line(&text).chars().any(acts));
        }

        #[test]
        fn quotes_end_where_they_should(text in hostile()) {
            let escaped = quoted(&text);
            prop_assert!(!escaped.chars().any(acts));
            let inside = &escaped.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            prop_assert!(!inside.replace("\\\\", "").replace("\\\"", "").contains('"'));
        }

        #[test]
        fn what_shows_stays_as_it_is(text in "[a-zA-Z0-9 äöü€漢字_./:-]{0,40}") {
            prop_assert_eq!(line(&text), text);
        }

        #[test]
        fn html_reads_back_and_holds_no_markup(text in hostile()) {
            let escaped = html(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(!escaped.chars().any(acts));
            let back = escaped
                .replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'")
                .replace("&amp;", "&");
            prop_assert_eq!(back, line(&text));
        }

        #[test]
        fn markdown_reads_back_and_holds_no_markup(text in hostile()) {
            let escaped = markdown(&text);
            prop_assert!(!escaped.chars().any(acts));
            prop_assert_eq!(shown(&escaped), line(&text));
            prop_assert!(!escaped.contains("://"));
        }

        #[test]
        fn json_means_the_same_and_does_not_act(text in hostile()) {
            let escaped = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!escaped.chars().any(acts));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }

    #[test]
    fn escapes_are_readable() {
        assert_eq!(line("a\u{1b}[2Jb\n\u{202e}c"), "a\\u{1b}[2Jb\\n\\u{202e}c");
        assert_eq!(html("<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;");
        assert_eq!(
            markdown("a|b @ops #7 https://x"),
            "a\\|b @<!-- -->ops \\#<!-- -->7 https:<!-- -->\\/\\/x"
        );
        assert_eq!(json("\"\u{9b}\u{e0041}\""), "\"\\u009b\\udb40\\udc41\"");
    }
}
