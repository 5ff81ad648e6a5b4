//! JSON with places and exact numerals.

use std::fmt;
use std::ops::Range;

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;

/// A JSON value and the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// The forms of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A numeral as written.
    Number(String),
    /// Text, unescaped.
    String(String),
    /// `[…]`
    Array(Vec<Node>),
    /// `{…}` in the order written, with the bytes of each key.
    Object(Vec<(String, Range<usize>, Node)>),
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset.
    pub at: usize,
    /// What was expected, as a clause.
    pub message: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.at)
    }
}

impl std::error::Error for JsonError {}

/// Parses a text that is one JSON value.
///
/// # Errors
/// At the first place that is not JSON.
pub fn parse(text: &str) -> Result<Node, JsonError> {
    let mut parser = Parser { text, at: 0 };
    parser.blank();
    let node = parser.value(0)?;
    parser.blank();
    if parser.at < text.len() {
        return parser.fail("nothing more is expected");
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn fail<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError { at: self.at, message })
    }

    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        let start = self.at;
        if depth > MAX_DEPTH {
            return self.fail("the nesting is too deep");
        }
        let kind = match self.peek() {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => NodeKind::String(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Ok(Node {
            kind,
            range: start..self.at,
        })
    }

    fn word(&mut self) -> Result<NodeKind, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or("");
        for (word, kind) in [
            ("null", NodeKind::Null),
            ("true", NodeKind::Bool(true)),
            ("false", NodeKind::Bool(false)),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        self.fail("a JSON value is expected")
    }

    fn number(&mut self) -> Result<NodeKind, JsonError> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        let leading_zero = self.peek() == b'0';
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return self.fail("a number is expected");
        }
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() == 0 {
                return self.fail("a digit is expected");
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fail("a digit is expected");
            }
        }
        Ok(NodeKind::Number(
            self.text.get(start..self.at).unwrap_or("").to_owned(),
        ))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.at += 2,
                0..0x20 => return self.fail("the text's closing quote is expected"),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let raw = self.text.get(start..self.at).unwrap_or("");
        serde_json::from_str(raw).map_err(|_| JsonError {
            at: start,
            message: "the text has a bad escape",
        })
    }

    fn array(&mut self, depth: usize) -> Result<NodeKind, JsonError> {
        self.at += 1;
        let mut elements = Vec::new();
        self.blank();
        if self.peek() == b']' {
            self.at += 1;
            return Ok(NodeKind::Array(elements));
        }
        loop {
            self.blank();
            elements.push(self.value(depth + 1)?);
            self.blank();
            match self.peek() {
                b',' => self.at += 1,
                b']' => break,
                _ => return self.fail("a comma or ] is expected"),
            }
        }
        self.at += 1;
        Ok(NodeKind::Array(elements))
    }

    fn object(&mut self, depth: usize) -> Result<NodeKind, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.blank();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(NodeKind::Object(entries));
        }
        loop {
            self.blank();
            if self.peek() != b'"' {
                return self.fail("a key in quotes is expected");
            }
            let start = self.at;
            let key = self.string()?;
            let range = start..self.at;
            self.blank();
            if self.peek() != b':' {
                return self.fail("a colon is expected");
            }
            self.at += 1;
            self.blank();
            entries.push((key, range, self.value(depth + 1)?));
            self.blank();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return self.fail("a comma or } is expected"),
            }
        }
        self.at += 1;
        Ok(NodeKind::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_digits_and_places() {
        let node = parse(r#" {"a": [1.50, "x\n"]}"#).unwrap();
        let NodeKind::Object(entries) = &node.kind else {
            panic!("an object")
        };
        assert_eq!(entries[0].1, 2..5);
        let NodeKind::Array(elements) = &entries[0].2.kind else {
            panic!("an array")
        };
        assert_eq!(elements[0].kind, NodeKind::Number("1.50".into()));
        assert_eq!(elements[1].kind, NodeKind::String("x\n".into()));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in [
            "", "{", "[1,]", "01", "1.", "\"a", "\"\\x\"", "{a: 1}", "nul", "1 2", "\"a\nb\"",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
