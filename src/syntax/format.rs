//! The canonical style, which is that of `terraform fmt`.
//!
//! Only blanks between tokens change, and the few spellings that Terraform brings up to date.
//! Three passes over the lines: indentation by brackets, blanks between neighbours, and the
//! columns in which neighbouring lines align their `=` and their comments.

use super::ast::{Body, Expr};
use super::lexer::{Token, TokenKind, lex};
use super::parse_body;
use crate::diag::{Diagnostics, FileId};
use unicode_segmentation::UnicodeSegmentation;

/// Formats the text of a file.
///
/// # Errors
/// What cannot be parsed is not formatted; the diagnostics point into `file`.
pub fn format(file: FileId, text: &str) -> Result<String, Diagnostics> {
    super::on_deep_stack(|| {
        let (body, diagnostics) = parse_body(text, file);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let mut pieces = pieces(text, &lex(text));
        modernize(&body, 0, &mut pieces);
        let pieces: Vec<Piece> = pieces.into_iter().filter(|p| !p.dropped).collect();
        Ok(layout(pieces))
    })
    .unwrap_or_else(|diagnostic| Err((*diagnostic).into()))
}

/// A token with the blanks before it.
#[derive(Debug, Clone)]
struct Piece {
    kind: TokenKind,
    text: String,
    start: u32,
    blanks: usize,
    dropped: bool,
}

impl Piece {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }

    fn is_name(&self) -> bool {
        self.kind == TokenKind::Ident
    }

    /// Ends a line.
    fn is_newline(&self) -> bool {
        self.kind == TokenKind::Newline || (self.kind == TokenKind::Comment && self.text.ends_with('\n'))
    }

    /// How many brackets it opens, or closes when negative.
    fn brackets(&self) -> isize {
        match self.kind {
            TokenKind::Open(_) | TokenKind::OpenInterpolation | TokenKind::OpenDirective => 1,
            TokenKind::Close(_) | TokenKind::CloseTemplate => -1,
            _ => 0,
        }
    }
}

/// The tokens; a comment up to the end of its line takes the line end along.
fn pieces(text: &str, tokens: &[Token]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let slice = text.get(token.start as usize..token.end as usize).unwrap_or("");
        if token.kind == TokenKind::Newline
            && let Some(last) = pieces.last_mut()
            && last.kind == TokenKind::Comment
            && !last.text.starts_with("/*")
            && !last.text.ends_with('\n')
        {
            last.text.push_str(slice);
            continue;
        }
        pieces.push(Piece {
            kind: token.kind,
            text: slice.to_owned(),
            start: token.start,
            blanks: 0,
            dropped: false,
        });
    }
    pieces
}

/// Old spellings: labels without quotes, `"${a}"` for `a`, types in quotes.
fn modernize(body: &Body, depth: usize, pieces: &mut [Piece]) {
    for attribute in &body.attributes {
        unwrap_template(&attribute.expr, pieces);
    }
    for block in &body.blocks {
        for label in &block.labels {
            if let Some(piece) = piece_at(pieces, label.span.start)
                && piece.is_name()
            {
                piece.text = format!("\"{}\"", label.text);
                // Spaced as the quoted text that it is now.
                piece.kind = TokenKind::Number;
            }
        }
        if depth == 0
            && block.kind.text == "variable"
            && let Some(ty) = block.body.attribute("type")
        {
            modern_type(&ty.expr, pieces);
        }
        modernize(&block.body, depth + 1, pieces);
    }
}

fn piece_at(pieces: &mut [Piece], start: u32) -> Option<&mut Piece> {
    let at = pieces.partition_point(|p| p.start < start);
    pieces.get_mut(at).filter(|p| p.start == start)
}

/// The pieces of an expression.
fn within<'a>(expr: &Expr, pieces: &'a mut [Piece]) -> &'a mut [Piece] {
    let start = pieces.partition_point(|p| p.start < expr.span.start);
    let end = pieces.partition_point(|p| p.start < expr.span.end);
    pieces.get_mut(start..end.max(start)).unwrap_or_default()
}

fn unwrap_template(expr: &Expr, pieces: &mut [Piece]) {
    let pieces = within(expr, pieces);
    let [open, start, inside @ .., end, close] = pieces else {
        return;
    };
    let wrapped = open.kind == TokenKind::OpenQuote
        && start.kind == TokenKind::OpenInterpolation
        && end.kind == TokenKind::CloseTemplate
        && close.kind == TokenKind::CloseQuote
        && !inside.is_empty();
    let mut quotes = 0usize;
    let single = wrapped
        && inside.iter().all(|p| match p.kind {
            TokenKind::OpenQuote => {
                quotes += 1;
                true
            }
            TokenKind::CloseQuote => {
                quotes = quotes.saturating_sub(1);
                true
            }
            TokenKind::OpenInterpolation | TokenKind::CloseTemplate | TokenKind::QuotedText => quotes > 0,
            _ => true,
        });
    if !single {
        return;
    }
    let first = inside
        .iter()
        .position(|p| p.kind != TokenKind::Newline)
        .unwrap_or(0);
    let last = inside
        .iter()
        .rposition(|p| p.kind != TokenKind::Newline)
        .unwrap_or(0);
    for (at, piece) in inside.iter_mut().enumerate() {
        piece.dropped = at < first || at > last;
    }
    let kept = inside.get(first..=last).unwrap_or(&[]);
    let many_lines = kept.iter().any(|p| p.is_newline());
    let in_parentheses = kept.first().is_some_and(|p| p.is("(")) && kept.last().is_some_and(|p| p.is(")"));
    for outer in [open, close] {
        outer.dropped = true;
    }
    if many_lines && !in_parentheses {
        // Outside of the template a line end would end the expression.
        (start.kind, start.text) = (TokenKind::Open(b'('), "(".to_owned());
        (end.kind, end.text) = (TokenKind::Close(b')'), ")".to_owned());
    } else {
        start.dropped = true;
        end.dropped = true;
    }
}

fn modern_type(expr: &Expr, pieces: &mut [Piece]) {
    match within(expr, pieces) {
        [word] if word.is_name() && matches!(word.text.as_str(), "list" | "map" | "set") => {
            word.text.push_str("(any)");
        }
        [open, word, close] if open.kind == TokenKind::OpenQuote && word.kind == TokenKind::QuotedText => {
            let modern = match word.text.as_str() {
                "string" => "string",
                "list" => "list(string)",
                "map" => "map(string)",
                _ => return,
            };
            (word.kind, word.text) = (TokenKind::Ident, modern.to_owned());
            open.dropped = true;
            close.dropped = true;
        }
        _ => {}
    }
}

/// A line: what stands first, then what is assigned, then a comment.
struct Line {
    lead: Vec<Piece>,
    assign: Vec<Piece>,
    comment: Vec<Piece>,
}

fn layout(pieces: Vec<Piece>) -> String {
    let mut lines = lines(pieces);
    indent(&mut lines);
    space(&mut lines);
    align(&mut lines);
    let mut out = String::new();
    for piece in lines
        .iter()
        .flat_map(|l| l.lead.iter().chain(&l.assign).chain(&l.comment))
    {
        out.extend(std::iter::repeat_n(' ', piece.blanks));
        out.push_str(&piece.text);
    }
    out
}

fn lines(pieces: Vec<Piece>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut current = Vec::new();
    for piece in pieces {
        let ends = piece.is_newline();
        current.push(piece);
        if ends {
            lines.push(cells(std::mem::take(&mut current)));
        }
    }
    if !current.is_empty() {
        lines.push(cells(current));
    }
    lines
}

fn cells(mut lead: Vec<Piece>) -> Line {
    let mut comment = Vec::new();
    if lead.len() > 1 && lead.last().is_some_and(|p| p.kind == TokenKind::Comment) {
        comment.extend(lead.pop());
    }
    let mut assign = Vec::new();
    let sign = lead
        .iter()
        .skip(1)
        .position(|p| p.is("=") && p.kind == TokenKind::Punctuation)
        .map(|at| at + 1);
    if let Some(sign) = sign {
        // An expression that goes on in the next line is not aligned.
        let open: isize = lead.iter().skip(sign).map(Piece::brackets).sum();
        if open == 0 {
            assign = lead.split_off(sign);
        }
    }
    Line {
        lead,
        assign,
        comment,
    }
}

/// One level for each line that opens more brackets than it closes, however many they are.
fn indent(lines: &mut [Line]) {
    let mut levels: Vec<isize> = Vec::new();
    for line in lines {
        let until_heredoc = |cell: &[Piece]| -> isize {
            let text = cell
                .iter()
                .position(|p| p.kind == TokenKind::OpenHeredoc)
                .map_or(cell.len(), |at| at + 1);
            cell.iter().take(text).map(Piece::brackets).sum()
        };
        let net = until_heredoc(&line.lead) + until_heredoc(&line.assign);
        let Some(first) = line.lead.first_mut() else {
            continue;
        };
        if first.kind == TokenKind::Newline {
            first.blanks = 0;
            continue;
        }
        let mut closed = -net;
        while closed > 0 {
            let Some(level) = levels.last_mut() else { break };
            if closed < *level {
                *level -= closed;
                break;
            }
            closed -= *level;
            levels.pop();
        }
        first.blanks = 2 * levels.len();
        if net > 0 {
            levels.push(net);
        }
    }
}

fn space(lines: &mut [Line]) {
    for line in lines {
        for cell in [&mut line.lead, &mut line.assign] {
            for at in 0..cell.len() {
                let before = at.checked_sub(1).and_then(|i| cell.get(i)).cloned();
                let (Some(subject), Some(after)) = (cell.get(at), cell.get(at + 1)) else {
                    continue;
                };
                let blanks = usize::from(has_space(subject, before.as_ref(), after));
                if let Some(after) = cell.get_mut(at + 1) {
                    after.blanks = blanks;
                }
            }
        }
        if let Some(sign) = line.assign.first_mut() {
            sign.blanks = 1;
        }
    }
}

/// Whether a blank stands between `subject` and `after`.
fn has_space(subject: &Piece, before: Option<&Piece>, after: &Piece) -> bool {
    use TokenKind as K;
    let in_template = |p: &Piece| matches!(p.kind, K::QuotedText | K::HeredocText);
    if after.kind == K::Newline {
        return false;
    }
    // A call, a namespace, an attribute.
    if subject.is_name() && after.is("(")
        || subject.is_name() && after.is("::")
        || subject.is("::") && after.is_name()
        || subject.is(".")
        || after.is(".")
        || after.is(",")
        || after.is("...")
    {
        return false;
    }
    if subject.is(",") {
        return true;
    }
    if in_template(subject)
        || in_template(after)
        || matches!(subject.kind, K::OpenQuote | K::OpenHeredoc)
        || matches!(after.kind, K::CloseQuote | K::CloseHeredoc)
    {
        return false;
    }
    // `in [a]` of a for is no index.
    if subject.is("in") && before.is_some_and(Piece::is_name) {
        return true;
    }
    if after.is("[") && (subject.is_name() || subject.kind == K::Number || subject.brackets() < 0) {
        return false;
    }
    if subject.is("!") {
        return false;
    }
    if subject.is("-") {
        return !is_negation(before);
    }
    if subject.is("{") || after.is("}") && after.kind == K::Close(b'}') {
        return !(subject.is("{") && after.is("}"));
    }
    if matches!(subject.kind, K::OpenInterpolation | K::OpenDirective) && after.is("{") {
        return true;
    }
    if subject.kind == K::Close(b'}') && after.kind == K::CloseTemplate {
        return true;
    }
    if subject.kind == K::CloseTemplate && matches!(after.kind, K::OpenInterpolation | K::OpenDirective) {
        return false;
    }
    subject.brackets() <= 0 && after.brackets() >= 0
}

/// A minus is a sign when what stands before it cannot end an expression.
fn is_negation(before: Option<&Piece>) -> bool {
    const NOT_AN_END: &[&str] = &[
        "(", "{", "[", "=", ":", ",", "?", "+", "*", "/", "%", "-", "==", "!=", ">", ">=", "<", "<=", "&&",
        "||", "!",
    ];
    before.is_none_or(|p| {
        matches!(p.kind, TokenKind::Open(_) | TokenKind::Punctuation) && NOT_AN_END.contains(&p.text.as_str())
    })
}

fn columns(cell: &[Piece]) -> usize {
    cell.iter()
        .map(|p| p.blanks + p.text.graphemes(true).count())
        .sum()
}

/// Neighbouring lines have their `=` in one column, and their comments.
fn align(lines: &mut [Line]) {
    chains(
        lines,
        |line| !line.assign.is_empty(),
        |line| columns(&line.lead),
        |line| line.assign.first_mut(),
    );
    chains(
        lines,
        |line| !line.comment.is_empty(),
        |line| columns(&line.lead) + columns(&line.assign),
        |line| line.comment.first_mut(),
    );
}

fn chains(
    lines: &mut [Line],
    takes_part: impl Fn(&Line) -> bool,
    width: impl Fn(&Line) -> usize,
    cell: impl Fn(&mut Line) -> Option<&mut Piece>,
) {
    for chain in lines.chunk_by_mut(|a, b| takes_part(a) && takes_part(b)) {
        if !chain.iter().all(&takes_part) {
            continue;
        }
        let widest = chain.iter().map(&width).max().unwrap_or(0);
        for line in chain {
            let blanks = widest - width(line) + 1;
            if let Some(piece) = cell(line) {
                piece.blanks = blanks;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = format(FileId::NONE, text).expect("it parses");
        assert_eq!(got, want);
        assert_eq!(
            format(FileId::NONE, &got).expect("it still parses"),
            got,
            "formatting twice"
        );
    }

    #[test]
    fn assignments_and_comments_align() {
        check(
            "a=1 # x\nbcd =  2// y\n\ne=3\n",
            "a   = 1 # x\nbcd = 2 // y\n\ne = 3\n",
        );
        check("a = {\nb=1\nccc=2\n}\n", "a = {\n  b   = 1\n  ccc = 2\n}\n");
    }

    #[test]
    fn old_spellings_are_brought_up_to_date() {
        check("a = \"${b.c}\"\n", "a = b.c\n");
        check("a = \"${b}-${c}\"\n", "a = \"${b}-${c}\"\n");
        check("a = \"${b ?\nc : d}\"\n", "a = (b ?\nc : d)\n");
        check("store a \"b\" {}\n", "store \"a\" \"b\" {}\n");
        check(
            "variable \"x\" {\ntype=\"list\"\n}\n",
            "variable \"x\" {\n  type = list(string)\n}\n",
        );
    }

    #[test]
    fn heredocs_keep_their_text() {
        check(
            "a {\nb = <<-E\n   x ${ y }\n  E\n}\n",
            "a {\n  b = <<-E\n   x ${y}\n  E\n}\n",
        );
    }

    #[test]
    fn what_cannot_be_parsed_is_refused() {
        assert!(format(FileId::NONE, "a = ").is_err());
    }
}
