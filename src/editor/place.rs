//! What stands at a place of a text that may be half written.

use super::document::Document;
use crate::syntax::lexer::TokenKind;
use crate::syntax::outline::{Argument, Bytes, Section};

/// A place, and the blocks around it from the outermost.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub around: Vec<&'a Section>,
    pub what: What<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// The name of a block or argument, or where one may begin; empty when nothing is written yet.
    Name(Bytes),
    /// The label of a block.
    Label(&'a Section),
    /// Names joined by dots in an argument's value, root first. The last one is at the place
    /// and may be empty. An index counts as no name.
    Reference {
        argument: &'a Argument,
        names: Vec<Bytes>,
    },
    /// The name of a function.
    Function(Bytes),
    /// Literal text in quotes, without them.
    Text { argument: &'a Argument, text: Bytes },
    /// Nothing that anybody could help with.
    Nothing,
}

/// What stands at byte `at`.
pub(super) fn place(document: &Document, at: usize) -> Place<'_> {
    let file = &document.outline.file;
    let around = file.path_to(at);
    let inside = around.last().copied().unwrap_or(file);
    let what = what(document, inside, at);
    Place { around, what }
}

fn what<'a>(document: &'a Document, inside: &'a Section, at: usize) -> What<'a> {
    let token = document.outline.token_at(at);
    // Right behind a line comment one is still in it; in front of it one is not.
    if token.is_some_and(|t| t.kind == TokenKind::Comment && (t.start as usize) < at) {
        return What::Nothing;
    }
    let holds = |bytes: &Bytes| bytes.start <= at && at <= bytes.end;
    if let Some(block) = inside.blocks.iter().find(|b| holds(&b.header)) {
        return match block.labels.iter().any(holds) {
            true => What::Label(block),
            false if holds(&block.kind) => What::Name(block.kind.clone()),
            false => What::Nothing,
        };
    }
    match inside.arguments.iter().find(|a| holds(&a.value)) {
        Some(argument) => value(document, argument, at),
        None => name(document, at),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// The word that a place is in or at an end of.
fn word(text: &str, at: usize) -> Bytes {
    let before = text.get(..at).unwrap_or("");
    let start = before.trim_end_matches(is_word).len();
    let after = text.get(at..).unwrap_or("");
    start..at + (after.len() - after.trim_start_matches(is_word).len())
}

fn name<'a>(document: &Document, at: usize) -> What<'a> {
    let word = word(&document.text, at);
    let before = document.text.get(..word.start).unwrap_or("");
    let on_line = before.rsplit('\n').next().unwrap_or("").trim_end();
    // Behind a `{` on one line the first item of a block may follow.
    if on_line.is_empty() || on_line.ends_with('{') {
        What::Name(word)
    } else {
        What::Nothing
    }
}

fn value<'a>(document: &'a Document, argument: &'a Argument, at: usize) -> What<'a> {
    let tokens = &document.outline.tokens;
    let next = tokens.partition_point(|t| (t.start as usize) < at);
    let before = next.checked_sub(1).and_then(|i| tokens.get(i));
    if let Some(token) = before {
        let (start, end) = (token.start as usize, token.end as usize);
        match token.kind {
            TokenKind::QuotedText if at <= end => {
                return What::Text {
                    argument,
                    text: start..end,
                };
            }
            TokenKind::OpenQuote if at == end => {
                let text = tokens.get(next).filter(|t| t.kind == TokenKind::QuotedText);
                let text = text.map_or(at..at, |t| t.start as usize..t.end as usize);
                return What::Text { argument, text };
            }
            TokenKind::HeredocText => return What::Nothing,
            TokenKind::Number if at <= end => return What::Nothing,
            _ => {}
        }
    }
    let names = reference(&document.text, argument.value.start, at);
    let called = names.last().is_some_and(|last| {
        let after = document.text.get(last.end..).unwrap_or("");
        after.starts_with('(') && !last.is_empty()
    });
    match names.as_slice() {
        [function] if called => What::Function(function.clone()),
        _ => What::Reference { argument, names },
    }
}

/// The names before a place, back to the root: over dots and over indices in brackets.
fn reference(text: &str, from: usize, at: usize) -> Vec<Bytes> {
    let mut names = vec![word(text, at)];
    while let Some(first) = names.first() {
        let before = text.get(from..first.start).unwrap_or("");
        let Some(before) = before.strip_suffix('.') else {
            break;
        };
        let Some(end) = before_indices(before).map(|length| from + length) else {
            break;
        };
        let previous = word(text, end).start..end;
        names.insert(0, previous);
    }
    names
}

/// The length of a text without the `[…]` and `.*` at its end; `None` when a bracket is not opened.
fn before_indices(text: &str) -> Option<usize> {
    let mut rest = text;
    loop {
        if let Some(shorter) = rest.strip_suffix(".*") {
            rest = shorter;
        } else if rest.ends_with(']') {
            let mut depth: usize = 0;
            let open = rest.char_indices().rev().find(|(_, c)| {
                match c {
                    ']' => depth += 1,
                    '[' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            rest = rest.get(..open?.0)?;
        } else {
            return Some(rest.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place is where `|` stands.
    fn shown(marked: &str) -> String {
        let at = marked.find('|').unwrap();
        let document = Document::new("/x.hcl".into(), marked.replacen('|', "", 1));
        let slice = |bytes: &Bytes| document.slice(bytes).to_owned();
        let place = place(&document, at);
        let around: Vec<String> = place.around.iter().map(|s| slice(&s.kind)).collect();
        let what = match place.what {
            What::Name(name) => format!("name {:?}", slice(&name)),
            What::Label(block) => format!("label of {}", slice(&block.kind)),
            What::Reference { argument, names } => {
                let names: Vec<String> = names.iter().map(slice).collect();
                format!("{} <- {}", slice(&argument.name), names.join(" "))
            }
            What::Function(name) => format!("function {}", slice(&name)),
            What::Text { argument, text } => format!("{} <- {:?}", slice(&argument.name), slice(&text)),
            What::Nothing => "nothing".to_owned(),
        };
        format!("{}: {what}", around.join("."))
    }

    #[test]
    fn places_are_told_apart() {
        let cases = [
            ("|", ": name \"\""),
            ("s3_b|", ": name \"s3_b\""),
            ("s3_bucket| \"a\" {}", ": name \"s3_bucket\""),
            ("s3_bucket \"a|\" {}", ": label of s3_bucket"),
            ("s3_bucket \"a\" { ver| }", "s3_bucket: name \"ver\""),
            ("s3_bucket \"a\" {\n  |\n}", "s3_bucket: name \"\""),
            (
                "s3_bucket \"a\" {\n  lock {\n    mo|\n  }\n}",
                "s3_bucket.lock: name \"mo\"",
            ),
            ("a {\n  b = var.|\n}", "a: b <- var "),
            ("a {\n  b = var.na|me\n}", "a: b <- var name"),
            ("a {\n  b = |\n}", "a: b <- "),
            ("a {\n  b =|\n}", "a: b <- "),
            (
                "a {\n  b = [x.y, s3_bucket.u[\"k\"].ar|]\n}",
                "a: b <- s3_bucket u ar",
            ),
            ("a {\n  b = x.y[*].z.|\n}", "a: b <- x y z "),
            ("a {\n  b = \"${local.x|}\"\n}", "a: b <- local x"),
            ("a {\n  b = \"gov|\"\n}", "a: b <- \"gov\""),
            ("a {\n  b = \"|\"\n}", "a: b <- \"\""),
            ("a {\n  b = max|(1, 2)\n}", "a: function max"),
            ("a {\n  b = 1 # no|te\n}", "a: nothing"),
            ("# no|te\na {}", ": nothing"),
            ("a {\n  b = 1|0\n}", "a: nothing"),
            ("a {\n  b = <<E\nte|xt\nE\n}", "a: nothing"),
            ("a {\n  b c|\n}", "a: nothing"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_place_of_every_text_has_an_answer(text in "[ab.{}=\"\\[\\]()$é\n ]{0,50}") {
            let document = Document::new("/x.hcl".into(), text.as_str());
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let found = place(&document, at);
                if let What::Reference { names, .. } = found.what {
                    assert!(names.iter().all(|n| text.get(n.clone()).is_some()));
                }
            }
        }
    }
}
