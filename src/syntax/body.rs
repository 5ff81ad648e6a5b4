//! Blocks and arguments from tokens. An item that cannot be read is reported and
//! skipped, so that the items after it are still checked.

use super::ast::{Attribute, Block, Body, Expr, ExprKind, Name};
use super::expr::Converter;
use super::lexer::{Flaw, Token, TokenKind};
use crate::diag::{Code, Diagnostic, Diagnostics, FileId, Span, code};
use crate::model::types::Type;
use crate::model::value::{Value, normalized};
use std::collections::HashMap;

/// How deep blocks may nest.
const MAX_BLOCKS: usize = 64;

/// The brackets that are open, innermost last.
#[derive(Default)]
struct Brackets(Vec<u8>);

impl Brackets {
    /// Stands for `${` and `%{`.
    const TEMPLATE: u8 = b'$';

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn see(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Open(bracket) => self.0.push(bracket),
            TokenKind::OpenInterpolation | TokenKind::OpenDirective => self.0.push(Self::TEMPLATE),
            TokenKind::Close(_) | TokenKind::CloseTemplate => {
                self.0.pop();
            }
            _ => {}
        }
    }

    /// Whether this closing brace belongs to something outside: no brace is open inside.
    fn closed_too_early(&self, closing: u8) -> bool {
        closing == b'}' && !self.0.iter().any(|b| matches!(*b, b'{' | Self::TEMPLATE))
    }
}

pub(super) struct BodyParser<'a> {
    pub text: &'a str,
    pub file: FileId,
    pub tokens: &'a [Token],
    pub at: usize,
    pub diagnostics: Diagnostics,
}

impl BodyParser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn kind(&self) -> Option<TokenKind> {
        self.peek().map(|t| t.kind)
    }

    fn span_between(&self, start: u32, end: u32) -> Span {
        Span {
            file: self.file,
            start,
            end: end.max(start),
        }
    }

    fn span(&self, token: Token) -> Span {
        self.span_between(token.start, token.end)
    }

    fn slice(&self, token: Token) -> &str {
        self.text
            .get(token.start as usize..token.end as usize)
            .unwrap_or("")
    }

    /// The place of the next token, or the end of the text.
    fn here(&self) -> Span {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.peek()
            .map_or_else(|| self.span_between(end, end), |t| self.span(t))
    }

    fn previous_end(&self) -> u32 {
        self.at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map_or(0, |t| t.end)
    }

    fn error(&mut self, code: Code, span: Span, detail: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, detail).at(span));
    }

    fn skip_blank_lines(&mut self) {
        while matches!(self.kind(), Some(TokenKind::Newline | TokenKind::Comment)) {
            self.at += 1;
        }
    }

    /// Everything up to the closing brace of the block, or to the end of the file.
    pub(super) fn body(&mut self, depth: usize) -> Body {
        let start = self.previous_end();
        let mut body = Body::empty(self.span_between(start, start));
        let mut names: HashMap<String, Span> = HashMap::new();
        loop {
            self.skip_blank_lines();
            match self.kind() {
                None => break,
                Some(TokenKind::Close(b'}')) if depth > 0 => break,
                _ => {
                    let before = self.at;
                    self.item(&mut body, &mut names, depth);
                    // Whatever an item is, it ends: a token that fits nowhere is passed over.
                    self.at = self.at.max(before + 1);
                }
            }
        }
        body.span.end = self.here().start.max(start);
        body
    }

    fn item(&mut self, body: &mut Body, names: &mut HashMap<String, Span>, depth: usize) {
        let Some(first) = self.peek() else { return };
        if first.kind != TokenKind::Ident {
            self.bad_start(first);
            return self.skip_item(depth);
        }
        let name = Name {
            text: normalized(self.slice(first)),
            span: self.span(first),
        };
        self.at += 1;
        let is_attribute = self.peek().is_some_and(|t| self.slice(t) == "=");
        if is_attribute {
            self.at += 1;
            let attribute = self.attribute(name, depth);
            self.add_attribute(body, names, attribute);
            self.end_of_item(depth);
        } else if let Some(block) = self.block(name, depth) {
            body.blocks.push(block);
            self.end_of_item(depth);
        } else {
            self.skip_item(depth);
        }
    }

    fn add_attribute(&mut self, body: &mut Body, names: &mut HashMap<String, Span>, attribute: Attribute) {
        if let Some(first) = names.get(&attribute.name.text) {
            self.diagnostics.push(
                Diagnostic::error(
                    code::DUPLICATE,
                    format!(
                        "The argument \"{}\" is set twice in this block.",
                        attribute.name.text
                    ),
                )
                .at(attribute.name.span)
                .related(*first, "first set here"),
            );
            return;
        }
        names.insert(attribute.name.text.clone(), attribute.name.span);
        body.attributes.push(attribute);
    }

    fn bad_start(&mut self, token: Token) {
        let detail = match (token.kind, token.flaw) {
            (TokenKind::OpenQuote, _) => {
                "Names of arguments and block types are written without quotes.".to_owned()
            }
            (TokenKind::Close(b'}'), _) => "This closing brace has no opening one.".to_owned(),
            (_, Some(flaw)) => return self.flaw(token, flaw),
            _ => format!(
                "An argument or a block starts with its name, not with {}.",
                self.quote(token)
            ),
        };
        let span = self.span(token);
        self.error(code::SYNTAX, span, detail);
        if token.kind == TokenKind::Close(b'}') {
            self.at += 1;
        }
    }

    fn quote(&self, token: Token) -> String {
        match token.kind {
            TokenKind::Newline => "the end of the line".to_owned(),
            _ => format!("`{}`", self.slice(token).chars().take(20).collect::<String>()),
        }
    }

    fn flaw(&mut self, token: Token, flaw: Flaw) {
        let (detail, remedy) = match flaw {
            Flaw::NewlineInQuotes => (
                "The line ends inside quoted text.",
                "Close the quotes, write \\n for a line end, or use a heredoc (<<-EOT) for several lines.",
            ),
            Flaw::Unterminated => (
                "The text ends before this is closed: quotes, a heredoc's end marker, a comment's */ or a template's } is missing.",
                "Close it.",
            ),
            Flaw::SingleQuote => ("Single quotes do not quote in HCL.", "Use double quotes."),
            Flaw::Unexpected => ("This character has no meaning here.", "Remove it."),
        };
        // Where it begins says more than where the text ends.
        let place = match flaw {
            Flaw::Unterminated => self.left_open().unwrap_or(token),
            _ => token,
        };
        let mut span = self.span(place);
        span.end = span.start + u32::try_from(self.slice(place).trim_end().len()).unwrap_or(0);
        self.diagnostics
            .push(Diagnostic::error(code::SYNTAX, detail).at(span).remedy(remedy));
    }

    /// What opens the innermost quotes, heredoc or template that nothing closes.
    fn left_open(&self) -> Option<Token> {
        let mut open: Vec<Token> = Vec::new();
        for token in self.tokens {
            match token.kind {
                TokenKind::OpenQuote
                | TokenKind::OpenHeredoc
                | TokenKind::OpenInterpolation
                | TokenKind::OpenDirective => open.push(*token),
                TokenKind::CloseQuote | TokenKind::CloseHeredoc | TokenKind::CloseTemplate => {
                    open.pop();
                }
                TokenKind::Invalid if token.flaw == Some(Flaw::NewlineInQuotes) => {
                    open.pop();
                }
                _ => {}
            }
        }
        open.pop()
    }

    /// After an item stands the end of the line, of the block (one-line form), or of the file.
    fn end_of_item(&mut self, depth: usize) {
        if self.kind() == Some(TokenKind::Comment) {
            let comment = self.peek();
            self.at += 1;
            // A block comment does not end the item.
            if comment.is_some_and(|c| !self.slice(c).starts_with("/*")) {
                return;
            }
            return self.end_of_item(depth);
        }
        match self.kind() {
            None => {}
            Some(TokenKind::Newline) => self.at += 1,
            Some(TokenKind::Close(b'}')) if depth > 0 => {}
            Some(_) => {
                let span = self.here();
                self.diagnostics.push(
                    Diagnostic::error(code::SYNTAX, "An argument or block ends with its line.")
                        .at(span)
                        .remedy("Put what follows on a line of its own."),
                );
                self.skip_item(depth);
            }
        }
    }

    /// Moves to the end of the line outside of any bracket, or to this block's closing brace.
    fn skip_item(&mut self, depth: usize) {
        let mut open = Brackets::default();
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Newline if open.is_empty() => {
                    self.at += 1;
                    return;
                }
                TokenKind::Close(b'}') if depth > 0 && open.closed_too_early(b'}') => return,
                // Brackets that never close must not swallow the rest of the file.
                TokenKind::Ident if !open.is_empty() && self.starts_top_level_block() => return,
                _ => open.see(token.kind),
            }
            self.at += 1;
        }
    }

    /// True at a name in the first column that is followed by a label or `{`:
    /// how every file writes its top-level blocks and hardly anything else.
    fn starts_top_level_block(&self) -> bool {
        let Some(token) = self.peek() else { return false };
        let bytes = self.text.as_bytes();
        let in_first_column =
            token.start == 0 || bytes.get(token.start as usize - 1).is_some_and(|b| *b == b'\n');
        let next = self.tokens.get(self.at + 1).map(|t| t.kind);
        in_first_column && matches!(next, Some(TokenKind::OpenQuote | TokenKind::Open(b'{')))
    }

    /// From after the `=`. A value that cannot be read is unknown, so that the name is there
    /// and nothing else is wrong because of it.
    fn attribute(&mut self, name: Name, depth: usize) -> Attribute {
        let first = self.at;
        let mut open = Brackets::default();
        let mut flawed = false;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Newline if open.is_empty() => break,
                TokenKind::Comment if open.is_empty() && !self.slice(token).starts_with("/*") => break,
                TokenKind::Punctuation if open.is_empty() && self.slice(token) == "," => break,
                TokenKind::Close(b'}') if depth > 0 && open.closed_too_early(b'}') => break,
                TokenKind::Ident if !open.is_empty() && self.starts_top_level_block() => break,
                _ => open.see(token.kind),
            }
            if let Some(flaw) = token.flaw {
                if !flawed {
                    self.flaw(token, flaw);
                }
                flawed = true;
                if flaw == Flaw::NewlineInQuotes {
                    self.skip_item(depth);
                    // The line end itself belongs to `end_of_item`.
                    let last = self.at.checked_sub(1).and_then(|i| self.tokens.get(i));
                    if last.is_some_and(|t| t.kind == TokenKind::Newline) {
                        self.at -= 1;
                    }
                    break;
                }
            }
            self.at += 1;
        }
        let start = self
            .tokens
            .get(first)
            .map_or(self.text.len(), |t| t.start as usize);
        let end = self.previous_end().max(name.span.end) as usize;
        let span = self.span_between(name.span.start, u32::try_from(end).unwrap_or(u32::MAX));
        let expr = if flawed {
            None
        } else if first == self.at {
            let here = self.here();
            let detail = format!("The argument \"{}\" has no value.", name.text);
            self.error(code::SYNTAX, here, detail);
            None
        } else {
            self.expression(start, end)
        };
        let expr = expr.unwrap_or_else(|| placeholder(span));
        Attribute { name, expr, span }
    }

    fn expression(&mut self, start: usize, end: usize) -> Option<Expr> {
        let text = self.text.get(start..end).unwrap_or("").trim_end();
        match parse_at(text, i64::try_from(start).unwrap_or(0), self.file) {
            Ok((expr, diagnostics)) => {
                let failed = diagnostics.has_errors();
                self.diagnostics.append(diagnostics);
                (!failed).then_some(expr)
            }
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// From after the type's name. `None` when the header cannot be read.
    fn block(&mut self, kind: Name, depth: usize) -> Option<Block> {
        let mut labels = Vec::new();
        loop {
            let Some(token) = self.peek() else {
                let span = self.here();
                self.error(
                    code::SYNTAX,
                    span,
                    format!("The file ends where the block \"{}\" needs its {{.", kind.text),
                );
                return None;
            };
            match token.kind {
                TokenKind::Open(b'{') => break,
                TokenKind::Comment if self.slice(token).starts_with("/*") => self.at += 1,
                TokenKind::Ident => {
                    labels.push(Name {
                        text: normalized(self.slice(token)),
                        span: self.span(token),
                    });
                    self.at += 1;
                }
                TokenKind::OpenQuote => labels.push(self.quoted_label()?),
                _ => {
                    if let Some(flaw) = token.flaw {
                        self.flaw(token, flaw);
                        return None;
                    }
                    let found = self.quote(token);
                    let span = self.span(token);
                    self.diagnostics.push(
                        Diagnostic::error(
                            code::SYNTAX,
                            format!("After \"{}\" stands = (for an argument) or labels and {{ (for a block), not {found}.", kind.text),
                        )
                        .at(span),
                    );
                    return None;
                }
            }
        }
        let header = self.span_between(
            kind.span.start,
            labels.last().map_or(kind.span.end, |l| l.span.end),
        );
        let open = self.here();
        self.at += 1;
        if depth + 1 > MAX_BLOCKS {
            self.error(
                code::TOO_DEEP,
                header,
                format!("Blocks may nest {MAX_BLOCKS} deep."),
            );
            self.close_unread();
            return None;
        }
        let one_line = !matches!(self.kind(), Some(TokenKind::Newline | TokenKind::Comment) | None);
        let body = if one_line {
            self.one_line_body(depth + 1)
        } else {
            self.body(depth + 1)
        };
        if self.kind() == Some(TokenKind::Close(b'}')) {
            self.at += 1;
        } else {
            self.diagnostics.push(
                Diagnostic::error(
                    code::SYNTAX,
                    format!("The block \"{}\" is never closed.", kind.text),
                )
                .at(header)
                .related(open, "opened here")
                .remedy("Add the missing }."),
            );
        }
        let span = self.span_between(kind.span.start, self.previous_end());
        Some(Block {
            kind,
            labels,
            body,
            header,
            span,
        })
    }

    /// `{ name = value }`: at most one argument, and no block, as the HCL specification has it.
    fn one_line_body(&mut self, depth: usize) -> Body {
        let start = self.previous_end();
        let mut body = Body::empty(self.span_between(start, start));
        if self.kind() == Some(TokenKind::Ident) {
            let mut names = HashMap::new();
            let second = self.tokens.get(self.at + 1).copied();
            let is_attribute = second.is_some_and(|t| self.slice(t) == "=");
            if is_attribute {
                let name = self.peek().map(|t| Name {
                    text: normalized(self.slice(t)),
                    span: self.span(t),
                });
                self.at += 2;
                if let Some(attribute) = name.map(|n| self.attribute(n, depth)) {
                    self.add_attribute(&mut body, &mut names, attribute);
                }
            }
        }
        if self.kind() == Some(TokenKind::Comment) {
            self.at += 1;
        }
        if self.kind() != Some(TokenKind::Close(b'}')) && self.peek().is_some() {
            let span = self.here();
            self.diagnostics.push(
                Diagnostic::error(
                    code::SYNTAX,
                    "A block on one line may hold at most one argument, and no block.",
                )
                .at(span)
                .remedy("Put each argument and block on a line of its own."),
            );
            let mut open = 0usize;
            while let Some(token) = self.peek() {
                match token.kind {
                    TokenKind::Close(b'}') if open == 0 => break,
                    TokenKind::Open(_) | TokenKind::OpenInterpolation | TokenKind::OpenDirective => open += 1,
                    TokenKind::Close(_) | TokenKind::CloseTemplate => open = open.saturating_sub(1),
                    TokenKind::Ident if self.starts_top_level_block() => break,
                    _ => {}
                }
                self.at += 1;
            }
        }
        body.span.end = self.here().start.max(start);
        body
    }

    /// Skips what is inside a block that is not read, and its closing brace.
    fn close_unread(&mut self) {
        let mut open = 1usize;
        while let Some(token) = self.peek() {
            self.at += 1;
            match token.kind {
                TokenKind::Open(b'{') => open += 1,
                TokenKind::Close(b'}') => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    fn quoted_label(&mut self) -> Option<Name> {
        let start = self.here();
        let first = self.at;
        while let Some(token) = self.peek() {
            self.at += 1;
            if let Some(flaw) = token.flaw {
                self.flaw(token, flaw);
                return None;
            }
            if token.kind == TokenKind::CloseQuote {
                let span = self.span_between(start.start, token.end);
                if self.at - first > 3
                    || matches!(
                        self.tokens.get(first + 1).map(|t| t.kind),
                        Some(TokenKind::OpenInterpolation | TokenKind::OpenDirective)
                    )
                {
                    self.error(
                        code::SYNTAX,
                        span,
                        "A block's label is plain text; templates cannot stand in it.",
                    );
                    return None;
                }
                let label = self.expression(span.start as usize, span.end as usize)?;
                let ExprKind::Literal(text) = label.kind else {
                    return None;
                };
                return text.as_str().map(|text| Name {
                    text: text.to_owned(),
                    span,
                });
            }
        }
        None
    }
}

/// Parses one expression that starts at byte `base` of the file.
pub(super) fn parse_at(text: &str, base: i64, file: FileId) -> Result<(Expr, Diagnostics), Box<Diagnostic>> {
    match hcl_edit::parser::parse_expr(text) {
        Ok(parsed) => {
            let mut converter = Converter {
                text,
                base,
                file,
                diagnostics: Diagnostics::new(),
            };
            let expr = converter.expr(&parsed);
            Ok((expr, converter.diagnostics))
        }
        Err(error) => Err(Box::new(syntax_error(&error, text, base, file))),
    }
}

/// A template that is read as it stands, without quotes.
pub(super) fn parse_template_at(
    text: &str,
    base: i64,
    file: FileId,
) -> Result<(Expr, Diagnostics), Box<Diagnostic>> {
    match hcl_edit::parser::parse_template(text) {
        Ok(parsed) => {
            let mut converter = Converter {
                text,
                base,
                file,
                diagnostics: Diagnostics::new(),
            };
            let span = converter.span(0..text.len());
            let kind = super::template::bare(&mut converter, &parsed);
            Ok((Expr { kind, span }, converter.diagnostics))
        }
        Err(error) => Err(Box::new(syntax_error(&error, text, base, file))),
    }
}

fn syntax_error(error: &hcl_edit::parser::Error, text: &str, base: i64, file: FileId) -> Diagnostic {
    let converter = Converter {
        text,
        base,
        file,
        diagnostics: Diagnostics::new(),
    };
    let offset = error.location().offset().min(text.len());
    let length = text
        .get(offset..)
        .and_then(|t| t.chars().next())
        .map_or(0, char::len_utf8);
    let span = converter.span(offset..offset + length);
    let message = error.message();
    if message.contains("nesting depth") || message.contains("chained binary") {
        let detail = "Expressions may nest 64 deep and chain 128 operators.";
        return Diagnostic::error(code::TOO_DEEP, detail)
            .at(span)
            .remedy("Split the expression with locals.");
    }
    if message.contains("redefined object key") {
        return Diagnostic::error(code::DUPLICATE, "The object sets this key twice.")
            .at(span)
            .remedy("Remove one of them; to override a key on purpose, use merge().");
    }
    let found = match text.get(offset..).and_then(|t| t.lines().next()).map(str::trim) {
        None | Some("") => "the expression ends too early".to_owned(),
        Some(rest) => format!("found `{}`", rest.chars().take(20).collect::<String>()),
    };
    Diagnostic::error(
        code::SYNTAX,
        format!("The expression cannot be read here: {found}; {message}."),
    )
    .at(span)
    .remedy("Complete or correct the expression.")
}

/// What stands for an expression that could not be read.
pub(super) fn placeholder(span: Span) -> Expr {
    Expr {
        kind: ExprKind::Literal(Value::unknown(Type::Any)),
        span,
    }
}
