//! Templates: literal text, strip markers and the dedenting of `<<-`.
//!
//! HCL trims and dedents the flat sequence of a template's pieces, across `%{if}` and
//! `%{for}`, line by line. So the parsed tree is flattened first and rebuilt after.

use super::ast::{Expr, ExprKind, ForPart, IfPart, Name, Part};
use super::expr::Converter;
use crate::diag::{Span, code};
use crate::model::value::Value;
use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, Strip, Template};

/// A piece of the flat sequence.
enum Piece {
    Text(String),
    Mark(Mark, Strip),
}

enum Mark {
    Interpolation(Expr),
    If(Expr),
    Else,
    For {
        key_name: Option<Name>,
        value_name: Name,
        collection: Expr,
    },
    /// `endif` and `endfor`.
    End,
}

/// How literal text is spelt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// With backslash escapes, on one line.
    Quoted,
    /// As it is, cut into lines.
    Lines,
}

pub(super) fn quoted(converter: &mut Converter<'_>, elements: &[&Element]) -> ExprKind {
    let mut pieces = Vec::new();
    flatten(converter, elements, Spelling::Quoted, &mut pieces);
    strip(&mut pieces);
    finish(pieces)
}

pub(super) fn heredoc(converter: &mut Converter<'_>, template: &Template, dedented: bool) -> ExprKind {
    let mut pieces = Vec::new();
    let elements: Vec<_> = template.iter().collect();
    flatten(converter, &elements, Spelling::Lines, &mut pieces);
    strip(&mut pieces);
    if dedented {
        dedent(&mut pieces);
    }
    finish(pieces)
}

/// A whole text as a template, as `templatefile` reads it.
pub(super) fn bare(converter: &mut Converter<'_>, template: &Template) -> ExprKind {
    heredoc(converter, template, false)
}

fn flatten(converter: &mut Converter<'_>, elements: &[&Element], spelling: Spelling, out: &mut Vec<Piece>) {
    for element in elements {
        match element {
            Element::Literal(literal) => {
                let range = literal.span().unwrap_or_default();
                let raw = converter.text.get(range.clone()).unwrap_or("").to_owned();
                let start = range.start;
                match spelling {
                    Spelling::Quoted => {
                        let text = unescape(converter, &raw, start);
                        out.push(Piece::Text(text));
                    }
                    Spelling::Lines => {
                        out.extend(raw.split_inclusive('\n').map(|line| Piece::Text(unmark(line))));
                    }
                }
            }
            Element::Interpolation(interpolation) => {
                let expr = converter.expr(&interpolation.expr);
                out.push(Piece::Mark(Mark::Interpolation(expr), interpolation.strip));
            }
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(d) => {
                    let condition = converter.expr(&d.if_expr.cond_expr);
                    out.push(Piece::Mark(Mark::If(condition), d.if_expr.strip));
                    flatten(
                        converter,
                        &d.if_expr.template.iter().collect::<Vec<_>>(),
                        spelling,
                        out,
                    );
                    if let Some(otherwise) = &d.else_expr {
                        out.push(Piece::Mark(Mark::Else, otherwise.strip));
                        flatten(
                            converter,
                            &otherwise.template.iter().collect::<Vec<_>>(),
                            spelling,
                            out,
                        );
                    }
                    out.push(Piece::Mark(Mark::End, d.endif_expr.strip));
                }
                Directive::For(d) => {
                    let mark = Mark::For {
                        key_name: d.for_expr.key_var.as_ref().map(|n| converter.name(n)),
                        value_name: converter.name(&d.for_expr.value_var),
                        collection: converter.expr(&d.for_expr.collection_expr),
                    };
                    out.push(Piece::Mark(mark, d.for_expr.strip));
                    flatten(
                        converter,
                        &d.for_expr.template.iter().collect::<Vec<_>>(),
                        spelling,
                        out,
                    );
                    out.push(Piece::Mark(Mark::End, d.endfor_expr.strip));
                }
            },
        }
    }
}

/// `$${` is `${` and `%%{` is `%{`.
fn unmark(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

fn unescape(converter: &mut Converter<'_>, raw: &str, start: usize) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = raw.get(at..).unwrap_or("");
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            chars.next();
            chars.next();
            out.push(c);
            out.push('{');
            continue;
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next().map(|(_, c)| c);
        let decoded = match escape {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some(c @ ('"' | '\\')) => Some(c),
            Some(u @ ('u' | 'U')) => {
                let length = if u == 'u' { 4 } else { 8 };
                let digits: String = chars.by_ref().take(length).map(|(_, c)| c).collect();
                u32::from_str_radix(&digits, 16)
                    .ok()
                    .filter(|_| digits.len() == length)
                    .and_then(char::from_u32)
            }
            _ => None,
        };
        match decoded {
            Some(c) => out.push(c),
            None => {
                let span: Span = converter.span(start + at..start + at + 2);
                converter.error(
                    code::SYNTAX,
                    span,
                    "This is no escape sequence; those are \\n \\r \\t \\\" \\\\ \\uNNNN and \\UNNNNNNNN.",
                );
            }
        }
    }
    out
}

/// `~` removes blanks from the text next to it, in its line.
fn strip(pieces: &mut [Piece]) {
    for at in 0..pieces.len() {
        let strip = match pieces.get(at) {
            Some(Piece::Mark(_, strip)) => *strip,
            _ => continue,
        };
        if strip.strip_start()
            && let Some(Piece::Text(text)) = at.checked_sub(1).and_then(|i| pieces.get_mut(i))
        {
            text.truncate(text.trim_end().len());
        }
        if strip.strip_end()
            && let Some(Piece::Text(text)) = pieces.get_mut(at + 1)
        {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Removes the indentation that all lines share; blank lines do not count.
fn dedent(pieces: &mut [Piece]) {
    let mut shared = usize::MAX;
    let mut starts = Vec::new();
    let mut line_starts = true;
    for (at, piece) in pieces.iter().enumerate() {
        if line_starts {
            line_starts = false;
            match piece {
                Piece::Text(text) => {
                    let body = text.trim_start();
                    if !(body.is_empty() && text.ends_with('\n')) {
                        let blanks = text.get(..text.len() - body.len()).unwrap_or("").chars().count();
                        shared = shared.min(blanks);
                        starts.push(at);
                    }
                }
                Piece::Mark(..) => shared = 0,
            }
        }
        if let Piece::Text(text) = piece {
            line_starts = text.ends_with('\n');
        }
    }
    for at in starts {
        if let Some(Piece::Text(text)) = pieces.get_mut(at) {
            *text = text.chars().skip(shared).collect();
        }
    }
}

fn finish(pieces: Vec<Piece>) -> ExprKind {
    let mut pieces = pieces.into_iter();
    let (parts, _) = rebuild(&mut pieces);
    match parts.as_slice() {
        [] => ExprKind::Literal(Value::string("")),
        [Part::Text(text)] => ExprKind::Literal(Value::string(text)),
        _ => ExprKind::Template(parts),
    }
}

enum Stop {
    Else,
    End,
}

fn rebuild(pieces: &mut impl Iterator<Item = Piece>) -> (Vec<Part>, Stop) {
    let mut parts: Vec<Part> = Vec::new();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => match parts.last_mut() {
                Some(Part::Text(before)) => before.push_str(&text),
                _ if text.is_empty() => {}
                _ => parts.push(Part::Text(text)),
            },
            Piece::Mark(Mark::Interpolation(expr), _) => parts.push(Part::Interpolation(expr)),
            Piece::Mark(Mark::If(condition), _) => {
                let (yes, stop) = rebuild(pieces);
                let no = match stop {
                    Stop::Else => rebuild(pieces).0,
                    Stop::End => Vec::new(),
                };
                parts.push(Part::If(Box::new(IfPart { condition, yes, no })));
            }
            Piece::Mark(
                Mark::For {
                    key_name,
                    value_name,
                    collection,
                },
                _,
            ) => {
                let (body, _) = rebuild(pieces);
                parts.push(Part::For(Box::new(ForPart {
                    key_name,
                    value_name,
                    collection,
                    body,
                })));
            }
            Piece::Mark(Mark::Else, _) => return (parts, Stop::Else),
            Piece::Mark(Mark::End, _) => return (parts, Stop::End),
        }
    }
    (parts, Stop::End)
}
