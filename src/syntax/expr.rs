//! hcl-edit's expressions into our own tree, with what hcl-edit leaves open:
//! numerals at full precision, and templates as HCL trims and dedents them.

use super::ast::{Binary, Call, Conditional, Expr, ExprKind, For, Name, ObjectKey, Step, Unary};
use super::template;
use crate::diag::{Code, Diagnostic, Diagnostics, FileId, Span, code};
use crate::model::number::Number;
use crate::model::value::Value;
use hcl_edit::Span as _;
use hcl_edit::expr as parsed;
use std::ops::Range;

/// Turns the parsed tree of one piece of text into ours.
pub(super) struct Converter<'a> {
    /// The text that was parsed.
    pub text: &'a str,
    /// Where that text starts in the file; negative when it was prefixed for parsing.
    pub base: i64,
    pub file: FileId,
    pub diagnostics: Diagnostics,
}

impl Converter<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let place = |offset: usize| {
            let offset = i64::try_from(offset)
                .unwrap_or(i64::MAX)
                .saturating_add(self.base)
                .max(0);
            u32::try_from(offset).unwrap_or(u32::MAX)
        };
        Span {
            file: self.file,
            start: place(range.start),
            end: place(range.end),
        }
    }

    pub(super) fn span_of(&self, node: &impl hcl_edit::Span) -> Span {
        self.span(node.span().unwrap_or_default())
    }

    pub(super) fn error(&mut self, code: Code, span: Span, detail: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, detail).at(span));
    }

    pub(super) fn name(&self, ident: &hcl_edit::Decorated<hcl_edit::Ident>) -> Name {
        Name {
            text: ident.as_str().to_owned(),
            span: self.span_of(ident),
        }
    }

    pub(super) fn expr(&mut self, expr: &parsed::Expression) -> Expr {
        let span = self.span_of(expr);
        let kind = match expr {
            parsed::Expression::Null(_) => ExprKind::Literal(Value::null()),
            parsed::Expression::Bool(value) => ExprKind::Literal(Value::bool(*value.value())),
            parsed::Expression::Number(_) => self.number(expr, span),
            parsed::Expression::String(text) => ExprKind::Literal(Value::string(text.as_str())),
            parsed::Expression::Array(array) => ExprKind::Tuple(array.iter().map(|e| self.expr(e)).collect()),
            parsed::Expression::Object(object) => self.object(object),
            parsed::Expression::StringTemplate(template) => {
                let elements: Vec<_> = template.iter().collect();
                template::quoted(self, &elements)
            }
            parsed::Expression::HeredocTemplate(heredoc) => {
                let start = heredoc.span().unwrap_or_default().start;
                let start = expr.span().map_or(start, |s| s.start);
                let dedent = self.text.get(start..).is_some_and(|t| t.starts_with("<<-"));
                template::heredoc(self, &heredoc.template, dedent)
            }
            parsed::Expression::Parenthesis(inner) => {
                return Expr {
                    span,
                    ..self.expr(inner.inner())
                };
            }
            parsed::Expression::Variable(name) => ExprKind::Variable(name.as_str().to_owned()),
            parsed::Expression::Conditional(c) => ExprKind::Conditional(Box::new(Conditional {
                condition: self.expr(&c.cond_expr),
                yes: self.expr(&c.true_expr),
                no: self.expr(&c.false_expr),
            })),
            parsed::Expression::FuncCall(call) => ExprKind::Call(self.call(call, span)),
            parsed::Expression::Traversal(traversal) => {
                let base = self.expr(&traversal.expr);
                let steps = self.steps(&traversal.operators);
                ExprKind::Traversal(Box::new(base), steps)
            }
            parsed::Expression::UnaryOp(op) => {
                let operator = match op.operator.value() {
                    parsed::UnaryOperator::Neg => Unary::Negate,
                    parsed::UnaryOperator::Not => Unary::Not,
                };
                ExprKind::Unary(operator, Box::new(self.expr(&op.expr)))
            }
            parsed::Expression::BinaryOp(op) => {
                let operands = (self.expr(&op.lhs_expr), self.expr(&op.rhs_expr));
                ExprKind::Binary(
                    binary(*op.operator.value()),
                    self.span_of(&op.operator),
                    Box::new(operands),
                )
            }
            parsed::Expression::ForExpr(for_expr) => self.for_expr(for_expr),
        };
        Expr { kind, span }
    }

    /// hcl-edit reads numerals as 64 bits; the text has all digits.
    fn number(&mut self, expr: &parsed::Expression, span: Span) -> ExprKind {
        let text = self.text.get(expr.span().unwrap_or_default()).unwrap_or("");
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let value = Number::parse(&compact).map_or_else(
            || {
                self.error(code::SYNTAX, span, "The number is too large to represent.");
                Value::null()
            },
            Value::number,
        );
        ExprKind::Literal(value)
    }

    fn object(&mut self, object: &parsed::Object) -> ExprKind {
        let mut items = Vec::with_capacity(object.len());
        for (key, value) in object {
            let key = match key {
                parsed::ObjectKey::Ident(name) => ObjectKey::Name(self.name(name)),
                parsed::ObjectKey::Expression(parsed::Expression::Variable(name)) => {
                    ObjectKey::Name(self.name(name))
                }
                // Keywords stand for themselves too.
                parsed::ObjectKey::Expression(
                    key @ (parsed::Expression::Null(_) | parsed::Expression::Bool(_)),
                ) => {
                    let text = self
                        .text
                        .get(key.span().unwrap_or_default())
                        .unwrap_or("")
                        .to_owned();
                    ObjectKey::Name(Name {
                        text,
                        span: self.span_of(key),
                    })
                }
                parsed::ObjectKey::Expression(key) => {
                    if let parsed::Expression::Traversal(_) = key {
                        let span = self.span_of(key);
                        self.diagnostics.push(
                            Diagnostic::error(
                                code::SYNTAX,
                                "A key that is an expression must be in parentheses, otherwise it \
                                 cannot be told from text with dots.",
                            )
                            .at(span)
                            .remedy("Write (a.b) for the value of a.b, or \"a.b\" for that text."),
                        );
                    }
                    ObjectKey::Expr(self.expr(key))
                }
            };
            items.push((key, self.expr(value.expr())));
        }
        ExprKind::Object(items)
    }

    fn call(&mut self, call: &parsed::FuncCall, span: Span) -> Call {
        let mut text = String::new();
        for part in &call.name.namespace {
            text.push_str(part.as_str());
            text.push_str("::");
        }
        text.push_str(call.name.name.as_str());
        let length = u32::try_from(text.len()).unwrap_or(0);
        let end = call
            .name
            .name
            .span()
            .map_or(span.start + length, |s| self.span(s).end);
        Call {
            name: Name {
                text,
                span: Span { end, ..span },
            },
            args: call.args.iter().map(|a| self.expr(a)).collect(),
            expand: call.args.expand_final(),
        }
    }

    fn for_expr(&mut self, for_expr: &parsed::ForExpr) -> ExprKind {
        ExprKind::For(Box::new(For {
            key_name: for_expr.intro.key_var.as_ref().map(|n| self.name(n)),
            value_name: self.name(&for_expr.intro.value_var),
            collection: self.expr(&for_expr.intro.collection_expr),
            key: for_expr.key_expr.as_ref().map(|e| self.expr(e)),
            value: self.expr(&for_expr.value_expr),
            grouping: for_expr.grouping,
            condition: for_expr.cond.as_ref().map(|c| self.expr(&c.expr)),
        }))
    }

    /// A splat takes the steps after it along: `[*]` all of them, `.*` only attributes.
    fn steps(&mut self, operators: &[hcl_edit::Decorated<parsed::TraversalOperator>]) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut rest = operators;
        let mut after_legacy = false;
        while let Some((operator, tail)) = rest.split_first() {
            rest = tail;
            let span = self.span_of(operator);
            let legacy = matches!(operator.value(), parsed::TraversalOperator::LegacyIndex(_));
            match operator.value() {
                parsed::TraversalOperator::GetAttr(name) => steps.push(Step::Attribute(self.name(name))),
                parsed::TraversalOperator::Index(key) => steps.push(Step::Index(self.expr(key), span)),
                parsed::TraversalOperator::LegacyIndex(index) => {
                    if after_legacy {
                        self.error(
                            code::SYNTAX,
                            span,
                            "Two indexes with dots in a row read as a decimal number; write [0][1].",
                        );
                    }
                    steps.push(Step::Legacy(*index.value(), span));
                }
                parsed::TraversalOperator::FullSplat(_) => {
                    steps.push(Step::Splat(self.steps(tail), span));
                    break;
                }
                parsed::TraversalOperator::AttrSplat(_) => {
                    let taken = tail
                        .iter()
                        .take_while(|o| {
                            matches!(
                                o.value(),
                                parsed::TraversalOperator::GetAttr(_)
                                    | parsed::TraversalOperator::LegacyIndex(_)
                            )
                        })
                        .count();
                    let (inside, outside) = tail.split_at(taken);
                    if let Some(next) = outside.first()
                        && matches!(next.value(), parsed::TraversalOperator::AttrSplat(_))
                    {
                        let span = self.span_of(next);
                        self.error(
                            code::SYNTAX,
                            span,
                            "A .* cannot follow another .*; use [*] for nested lists.",
                        );
                    }
                    steps.push(Step::Splat(self.steps(inside), span));
                    rest = outside;
                }
            }
            after_legacy = legacy;
        }
        steps
    }
}

fn binary(operator: parsed::BinaryOperator) -> Binary {
    use parsed::BinaryOperator as B;
    match operator {
        B::Plus => Binary::Add,
        B::Minus => Binary::Subtract,
        B::Mul => Binary::Multiply,
        B::Div => Binary::Divide,
        B::Mod => Binary::Remainder,
        B::Eq => Binary::Equal,
        B::NotEq => Binary::NotEqual,
        B::Less => Binary::Less,
        B::LessEq => Binary::LessOrEqual,
        B::Greater => Binary::Greater,
        B::GreaterEq => Binary::GreaterOrEqual,
        B::And => Binary::And,
        B::Or => Binary::Or,
    }
}
