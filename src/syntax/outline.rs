//! Blocks and arguments by their tokens alone: what an editor needs of a text that is being
//! typed. Nothing is parsed that stands right of a `=`, nothing is ever refused, and a block that
//! nobody has closed yet ends where the next one begins in the first column.

use super::lexer::{Token, TokenKind, lex};
use std::ops::Range;

/// Byte range in the text.
pub type Bytes = Range<usize>;

/// A block or a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The type's name; empty for a file.
    pub kind: Bytes,
    /// The labels, without quotes.
    pub labels: Vec<Bytes>,
    /// Type and labels.
    pub header: Bytes,
    /// Between the braces.
    pub body: Bytes,
    /// All of it.
    pub span: Bytes,
    /// `name = …`, in the order written.
    pub arguments: Vec<Argument>,
    /// Blocks inside, in the order written.
    pub blocks: Vec<Section>,
}

/// `name = value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    /// Left of the sign.
    pub name: Bytes,
    /// Right of the sign, up to the end of its last line.
    pub value: Bytes,
}

/// The outline of a text, and its tokens.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// The file as one section.
    pub file: Section,
    /// All tokens.
    pub tokens: Vec<Token>,
}

impl Outline {
    /// Reads a text. Takes a time that grows with its length alone.
    pub fn of(text: &str) -> Self {
        let tokens = lex(text);
        let mut walker = Walker {
            text,
            tokens: &tokens,
            at: 0,
        };
        let mut file = Section {
            body: 0..text.len(),
            span: 0..text.len(),
            ..Section::default()
        };
        walker.body(&mut file, 0);
        Self { file, tokens }
    }

    /// The token that a place is in or right behind, by preference the one behind.
    pub fn token_at(&self, at: usize) -> Option<&Token> {
        let next = self.tokens.partition_point(|t| (t.start as usize) < at);
        next.checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .filter(|t| at <= t.end as usize)
    }
}

impl Section {
    /// The innermost block at a place, with the blocks around it, outermost first; empty at the top.
    pub fn path_to(&self, at: usize) -> Vec<&Section> {
        let mut path = Vec::new();
        let mut inside = self;
        while let Some(next) = inside
            .blocks
            .iter()
            .find(|b| b.body.start <= at && at <= b.body.end)
        {
            path.push(next);
            inside = next;
        }
        path
    }
}

/// Deeper blocks than the parser accepts need no outline.
const MAX_DEPTH: usize = 64;

struct Walker<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Walker<'_> {
    fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.tokens.get(self.at + ahead).map(|t| t.kind)
    }

    fn bytes(&self, index: usize) -> Bytes {
        self.tokens
            .get(index)
            .map_or(self.text.len()..self.text.len(), |t| {
                t.start as usize..t.end as usize
            })
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.text.get(self.bytes(index)) == Some(text)
    }

    /// Where the last token ended that was passed.
    fn passed(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |i| self.bytes(i).end)
    }

    /// Fills `section` up to its closing brace, which is left, or to the end.
    fn body(&mut self, section: &mut Section, depth: usize) {
        while let Some(kind) = self.kind(0) {
            match kind {
                TokenKind::Close(b'}') if depth > 0 => return,
                TokenKind::Ident if depth > 0 && self.begins_at_the_margin() => return,
                TokenKind::Ident => self.item(section, depth),
                _ => self.at += 1,
            }
        }
    }

    /// Whether a block begins here in the first column, as blocks at the top do.
    fn begins_at_the_margin(&self) -> bool {
        let start = self.bytes(self.at).start;
        let first = start == 0 || self.text.as_bytes().get(start - 1) == Some(&b'\n');
        first && self.opening().is_some()
    }

    /// How many tokens lie before the `{` of the block that begins here.
    fn opening(&self) -> Option<usize> {
        let mut ahead = 1;
        loop {
            match self.kind(ahead)? {
                TokenKind::Open(b'{') => return Some(ahead),
                TokenKind::Ident | TokenKind::OpenQuote | TokenKind::QuotedText | TokenKind::CloseQuote => {
                    ahead += 1;
                }
                _ => return None,
            }
        }
    }

    fn item(&mut self, section: &mut Section, depth: usize) {
        let name = self.bytes(self.at);
        if self.is(self.at + 1, "=") {
            self.at += 2;
            let value = self.value(depth);
            return section.arguments.push(Argument { name, value });
        }
        match self.opening() {
            Some(opening) if depth < MAX_DEPTH => {
                let block = self.block(name, opening, depth);
                section.blocks.push(block);
            }
            _ => self.at += 1,
        }
    }

    fn block(&mut self, kind: Bytes, opening: usize, depth: usize) -> Section {
        let labels: Vec<Bytes> = (self.at + 1..self.at + opening)
            .filter(|i| {
                matches!(
                    self.tokens.get(*i).map(|t| t.kind),
                    Some(TokenKind::Ident | TokenKind::QuotedText)
                )
            })
            .map(|i| self.bytes(i))
            .collect();
        let header = kind.start..self.bytes(self.at + opening - 1).end;
        self.at += opening + 1;
        let mut block = Section {
            labels,
            header,
            body: self.passed()..self.text.len(),
            ..Section::default()
        };
        self.body(&mut block, depth + 1);
        let next = self.bytes(self.at);
        let closed = self.kind(0) == Some(TokenKind::Close(b'}'));
        block.body.end = next.start;
        block.span = kind.start..if closed { next.end } else { next.start };
        block.kind = kind;
        if closed {
            self.at += 1;
        }
        block
    }

    /// Passes an expression: up to the end of a line on which no bracket is open.
    fn value(&mut self, depth: usize) -> Bytes {
        let start = self.passed();
        let mut open: usize = 0;
        while let Some(kind) = self.kind(0) {
            match kind {
                TokenKind::Open(_) | TokenKind::OpenInterpolation | TokenKind::OpenDirective => open += 1,
                TokenKind::Close(b'}') if open == 0 && depth > 0 => break,
                TokenKind::Close(_) | TokenKind::CloseTemplate => open = open.saturating_sub(1),
                TokenKind::Newline if open == 0 => break,
                TokenKind::Ident if open > 0 && self.begins_at_the_margin() => break,
                _ => {}
            }
            self.at += 1;
        }
        start..self.bytes(self.at).start.min(self.line_end())
    }

    /// The end of the line that the last passed token ends on.
    fn line_end(&self) -> usize {
        let from = self.passed();
        self.text
            .get(from..)
            .and_then(|rest| rest.find('\n'))
            .map_or(self.text.len(), |i| from + i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice<'a>(text: &'a str, bytes: &Bytes) -> &'a str {
        text.get(bytes.clone()).unwrap()
    }

    fn shown(text: &str) -> String {
        fn show(text: &str, section: &Section, depth: usize, out: &mut String) {
            for argument in &section.arguments {
                let (name, value) = (slice(text, &argument.name), slice(text, &argument.value));
                out.push_str(&format!("{:depth$}{name} ={value}\n", ""));
            }
            for block in &section.blocks {
                let labels: Vec<&str> = block.labels.iter().map(|l| slice(text, l)).collect();
                let kind = slice(text, &block.kind);
                out.push_str(&format!("{:depth$}{kind} {labels:?}\n", ""));
                show(text, block, depth + 1, out);
            }
        }
        let mut out = String::new();
        show(text, &Outline::of(text).file, 0, &mut out);
        out
    }

    #[test]
    fn blocks_and_arguments_are_found() {
        let text = "locals {\n  a = [\n    1,\n  ]\n  b = \"${x}\" # why\n}\ns3_bucket \"u\" {\n  versioning = true\n  replicate { to = x }\n}\n";
        assert_eq!(
            shown(text),
            "locals []\n a = [\n    1,\n  ]\n b = \"${x}\" # why\ns3_bucket [\"u\"]\n versioning = true\n replicate []\n  to = x \n"
        );
    }

    #[test]
    fn what_is_being_typed_hides_nothing_below() {
        for broken in [
            "s3_bucket \"a\" {\n  region = \n",
            "s3_bucket \"a\" {\n  lifecycle {\n",
            "s3_bucket \"a\" {\n  tags = { x = var.\n",
            "s3_bucket \"a\" {\n  tags = [\n",
            "s3_bucket \"a\" {\n  name = \"abc\n",
            "s3_bucket \"a\" {\n  re\n",
        ] {
            let text = format!("{broken}\nvariable \"v\" {{\n  type = string\n}}\n");
            let outline = Outline::of(&text);
            let last = outline.file.blocks.last().map(|b| slice(&text, &b.header));
            assert_eq!(last, Some("variable \"v\""), "{broken}");
        }
    }

    #[test]
    fn a_place_has_the_blocks_around_it() {
        let text = "a \"x\" {\n  b {\n    c = 1\n  }\n}\n";
        let outline = Outline::of(text);
        let kinds = |at: usize| -> Vec<&str> {
            let path = outline.file.path_to(at);
            path.iter().map(|s| slice(text, &s.kind)).collect()
        };
        assert_eq!(kinds(0), Vec::<&str>::new());
        assert_eq!(kinds(text.find('c').unwrap()), ["a", "b"]);
        assert_eq!(kinds(text.find("}\n}").unwrap() + 1), ["a"]);
    }

    proptest::proptest! {
        #[test]
        fn every_range_lies_in_the_text(text in "[a-c{}=\"\\[\\]$<\n ]{0,60}") {
            fn check(text: &str, section: &Section) {
                for range in section.labels.iter().chain([&section.kind, &section.header, &section.body, &section.span]) {
                    assert!(text.get(range.clone()).is_some(), "{text:?} {range:?}");
                }
                for argument in &section.arguments {
                    assert!(text.get(argument.name.clone()).is_some());
                    assert!(text.get(argument.value.clone()).is_some(), "{text:?} {argument:?}");
                }
                for block in &section.blocks {
                    check(text, block);
                }
            }
            check(&text, &Outline::of(&text).file);
        }
    }
}
