//! HCL text as tokens that together cover every byte that is not blank.
//!
//! The tokens serve three readers: the block structure ([`super::body`]), which must go on
//! after an error; the formatter, which must keep comments and spelling; and the
//! language server. Expressions are parsed by hcl-edit from the text between tokens.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name, `-` allowed inside.
    Ident,
    /// A numeral.
    Number,
    /// The `"` that opens a quoted template.
    OpenQuote,
    /// The `"` that closes it.
    CloseQuote,
    /// Literal text inside quotes, escapes as written.
    QuotedText,
    /// `<<EOT` or `<<-EOT` with its line end.
    OpenHeredoc,
    /// The line that ends a heredoc, from its first blank to the marker, without the line end.
    CloseHeredoc,
    /// A line of literal text, or a part of one, inside a heredoc.
    HeredocText,
    /// `${` or `${~`.
    OpenInterpolation,
    /// `%{` or `%{~`.
    OpenDirective,
    /// The `}` or `~}` that closes either.
    CloseTemplate,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// An operator or a separator.
    Punctuation,
    /// The end of a line.
    Newline,
    /// `#`, `//` or `/* */`, without the line end.
    Comment,
    /// What cannot stand here; the flaw is in [`Token::flaw`].
    Invalid,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The line ended inside quotes.
    NewlineInQuotes,
    /// The text ended inside quotes, a heredoc, a comment or `${ }`.
    Unterminated,
    /// `'` does not quote.
    SingleQuote,
    /// A byte that has no meaning in HCL.
    Unexpected,
}

/// A piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Byte offset of its first byte.
    pub start: u32,
    /// Byte offset after its last byte.
    pub end: u32,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

enum Mode {
    /// Inside `${ }` or `%{ }`; how many `{` are open.
    Template(usize),
    Quoted,
    Heredoc(String),
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token>,
}

/// Splits HCL text into tokens. Never fails: what cannot be read is [`TokenKind::Invalid`].
/// `text` must be shorter than 4 GiB.
pub fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        modes: Vec::new(),
        tokens: Vec::new(),
    };
    while lexer.at < lexer.bytes.len() {
        match lexer.modes.last() {
            None | Some(Mode::Template(_)) => lexer.code(),
            Some(Mode::Quoted) => lexer.quoted(),
            Some(Mode::Heredoc(_)) => lexer.heredoc(),
        }
    }
    if !lexer.modes.is_empty() {
        lexer.invalid(lexer.at, Flaw::Unterminated);
    }
    lexer.tokens
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(prefix.as_bytes()))
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.push_flawed(kind, start, None);
    }

    fn push_flawed(&mut self, kind: TokenKind, start: usize, flaw: Option<Flaw>) {
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.tokens.push(Token {
            kind,
            start: offset(start),
            end: offset(self.at),
            flaw,
        });
    }

    fn invalid(&mut self, start: usize, flaw: Flaw) {
        self.push_flawed(TokenKind::Invalid, start, Some(flaw));
    }

    /// A token of `length` bytes from here.
    fn take(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, start);
    }

    /// Moves on while `keep` holds for the byte here.
    fn skip(&mut self, keep: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|b| keep(*b)) {
            self.at += 1;
        }
    }

    fn line_end(&self) -> usize {
        if self.starts_with("\r\n") {
            2
        } else {
            usize::from(self.peek(0) == b'\n')
        }
    }

    fn code(&mut self) {
        self.skip(|b| b == b' ' || b == b'\t');
        let start = self.at;
        let Some(byte) = self.bytes.get(start).copied() else {
            return;
        };
        match byte {
            b'\n' => self.take(TokenKind::Newline, 1),
            b'\r' if self.peek(1) == b'\n' => self.take(TokenKind::Newline, 2),
            b'#' => self.line_comment(),
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'"' => {
                self.take(TokenKind::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            b'<' if self.peek(1) == b'<' => self.open_heredoc(),
            b'{' => {
                if let Some(Mode::Template(open)) = self.modes.last_mut() {
                    *open += 1;
                }
                self.take(TokenKind::Open(b'{'), 1);
            }
            b'}' => self.close_brace(),
            b'~' if self.peek(1) == b'}' && matches!(self.modes.last(), Some(Mode::Template(0))) => {
                self.modes.pop();
                self.take(TokenKind::CloseTemplate, 2);
            }
            b'(' | b'[' => self.take(TokenKind::Open(byte), 1),
            b')' | b']' => self.take(TokenKind::Close(byte), 1),
            b'0'..=b'9' => self.number(),
            b'\'' => {
                self.at += 1;
                self.invalid(start, Flaw::SingleQuote);
            }
            _ => self.word_or_punctuation(),
        }
    }

    fn close_brace(&mut self) {
        match self.modes.last_mut() {
            Some(Mode::Template(0)) => {
                self.modes.pop();
                self.take(TokenKind::CloseTemplate, 1);
            }
            Some(Mode::Template(open)) => {
                *open -= 1;
                self.take(TokenKind::Close(b'}'), 1);
            }
            _ => self.take(TokenKind::Close(b'}'), 1),
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.skip(|b| b != b'\n');
        if self.at > start && self.bytes.get(self.at - 1) == Some(&b'\r') {
            self.at -= 1;
        }
        self.push(TokenKind::Comment, start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let end = self.rest().get(2..).and_then(|rest| rest.find("*/"));
        match end {
            Some(length) => self.take(TokenKind::Comment, length + 4),
            None => {
                self.at = self.bytes.len();
                self.invalid(start, Flaw::Unterminated);
            }
        }
    }

    fn number(&mut self) {
        let start = self.at;
        self.skip(|b| b.is_ascii_digit());
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip(|b| b.is_ascii_digit());
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.skip(|b| b.is_ascii_digit());
            }
        }
        self.push(TokenKind::Number, start);
    }

    fn word_or_punctuation(&mut self) {
        use hcl_edit::Ident;
        let start = self.at;
        let mut length = 0;
        for (offset, c) in self.rest().char_indices() {
            // hcl-edit decides what an identifier may hold; ASCII is by far the most common.
            let fits = if c.is_ascii() {
                c.is_ascii_alphabetic() || c == '_' || (length > 0 && (c.is_ascii_digit() || c == '-'))
            } else {
                let mut probe = [0u8; 5];
                let prefix = if length > 0 { "a" } else { "" };
                let text = format!("{prefix}{}", c.encode_utf8(&mut probe));
                Ident::try_new(text).is_ok()
            };
            if !fits {
                break;
            }
            length = offset + c.len_utf8();
        }
        if length > 0 {
            return self.take(TokenKind::Ident, length);
        }
        for operator in ["...", "==", "!=", "<=", ">=", "&&", "||", "=>", "::"] {
            if self.starts_with(operator) {
                return self.take(TokenKind::Punctuation, operator.len());
            }
        }
        if b"+-*/%<>=!?:.,".contains(&self.peek(0)) {
            return self.take(TokenKind::Punctuation, 1);
        }
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        self.invalid(start, Flaw::Unexpected);
    }

    fn quoted(&mut self) {
        let start = self.at;
        loop {
            let byte = self.peek(0);
            if self.at >= self.bytes.len() {
                return self.push_text(TokenKind::QuotedText, start);
            }
            match byte {
                b'"' => {
                    self.push_text(TokenKind::QuotedText, start);
                    self.modes.pop();
                    return self.take(TokenKind::CloseQuote, 1);
                }
                b'\n' => {
                    self.push_text(TokenKind::QuotedText, start);
                    self.modes.pop();
                    return self.invalid(self.at, Flaw::NewlineInQuotes);
                }
                b'\\' => {
                    // The escaped character, unless the line or the text ends here.
                    let escaped = self.rest().chars().nth(1).filter(|c| *c != '\n');
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                }
                b'$' | b'%' if self.starts_with("$${") || self.starts_with("%%{") => self.at += 3,
                b'$' | b'%' if self.peek(1) == b'{' => {
                    self.push_text(TokenKind::QuotedText, start);
                    return self.open_template();
                }
                _ => self.at += 1,
            }
        }
    }

    fn push_text(&mut self, kind: TokenKind, start: usize) {
        if self.at > start {
            self.push(kind, start);
        }
    }

    fn open_template(&mut self) {
        let kind = if self.peek(0) == b'$' {
            TokenKind::OpenInterpolation
        } else {
            TokenKind::OpenDirective
        };
        let length = if self.peek(2) == b'~' { 3 } else { 2 };
        self.take(kind, length);
        self.modes.push(Mode::Template(0));
    }

    fn open_heredoc(&mut self) {
        let start = self.at;
        let dash = usize::from(self.peek(2) == b'-');
        let after = self.rest().get(2 + dash..).unwrap_or("");
        let line = after.split('\n').next().unwrap_or("");
        let marker = line.strip_suffix('\r').unwrap_or(line);
        let is_name = hcl_edit::Ident::try_new(marker.to_owned()).is_ok();
        if !is_name || line.len() == after.len() {
            self.at += 2;
            return self.invalid(start, Flaw::Unexpected);
        }
        let marker = marker.to_owned();
        self.take(TokenKind::OpenHeredoc, 2 + dash + line.len() + 1);
        self.modes.push(Mode::Heredoc(marker));
    }

    fn heredoc(&mut self) {
        let start = self.at;
        let at_line_start = start == 0 || self.bytes.get(start - 1) == Some(&b'\n');
        if at_line_start && let Some(Mode::Heredoc(marker)) = self.modes.last() {
            let line = self.rest().split('\n').next().unwrap_or("");
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim_matches([' ', '\t']) == marker {
                let length = line.trim_end_matches([' ', '\t']).len();
                self.modes.pop();
                return self.take(TokenKind::CloseHeredoc, length);
            }
        }
        loop {
            if self.at >= self.bytes.len() {
                return self.push_text(TokenKind::HeredocText, start);
            }
            let end = self.line_end();
            if end > 0 {
                self.at += end;
                return self.push(TokenKind::HeredocText, start);
            }
            if self.starts_with("$${") || self.starts_with("%%{") {
                self.at += 3;
            } else if self.starts_with("${") || self.starts_with("%{") {
                self.push_text(TokenKind::HeredocText, start);
                return self.open_template();
            } else {
                self.at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        let tokens = lex(text);
        let mut last = 0;
        for token in &tokens {
            assert!(token.start >= last && token.end >= token.start, "{text:?}");
            assert!(text.get(token.start as usize..token.end as usize).is_some());
            last = token.end;
        }
        tokens
            .iter()
            .map(|t| format!("{:?}", t.kind))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn templates_nest() {
        assert_eq!(
            kinds(r#"a = "x${ {b = "y"} }z""#),
            "Ident Punctuation OpenQuote QuotedText OpenInterpolation Open(123) Ident Punctuation \
             OpenQuote QuotedText CloseQuote Close(125) CloseTemplate QuotedText CloseQuote"
        );
    }

    #[test]
    fn heredocs_end_at_their_marker() {
        assert_eq!(
            kinds("a = <<-E\n  x${y}\n  Ex\n  E\nb = 1"),
            "Ident Punctuation OpenHeredoc HeredocText OpenInterpolation Ident CloseTemplate \
             HeredocText HeredocText CloseHeredoc Newline Ident Punctuation Number"
        );
    }

    #[test]
    fn flaws_are_tokens() {
        for (text, flaw) in [
            ("\"a\nb = 1", Flaw::NewlineInQuotes),
            ("\"a", Flaw::Unterminated),
            ("<<E\nx", Flaw::Unterminated),
            ("/* x", Flaw::Unterminated),
            ("'a'", Flaw::SingleQuote),
            ("\u{0}", Flaw::Unexpected),
        ] {
            assert!(lex(text).iter().any(|t| t.flaw == Some(flaw)), "{text:?}");
        }
    }
}
