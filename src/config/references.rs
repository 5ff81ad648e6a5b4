//! Which names an expression refers to, without evaluating it.

use crate::diag::Span;
use crate::model::Key;
use crate::syntax::ast::{Body, Expr, ExprKind, ObjectKey, Part, Step};

/// A reference to `root.attribute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `var`, `local`, `module`, `account` or a resource kind.
    pub root: String,
    /// What follows it, when that is plain.
    pub attribute: Option<String>,
    /// The instance, when it is written as a literal.
    pub key: Option<Key>,
    /// The place of root and attribute.
    pub span: Span,
}

/// Every reference in the arguments and blocks of a body.
pub(crate) fn of_body(body: &Body, out: &mut Vec<Reference>) {
    for attribute in &body.attributes {
        of_expr(&attribute.expr, out);
    }
    for block in &body.blocks {
        of_body(&block.body, out);
    }
}

/// Every reference in an expression.
pub(crate) fn of_expr(expr: &Expr, out: &mut Vec<Reference>) {
    Walker {
        bound: Vec::new(),
        out,
    }
    .expr(expr);
}

struct Walker<'a> {
    /// Names that a `for` around the place binds.
    bound: Vec<String>,
    out: &'a mut Vec<Reference>,
}

impl Walker<'_> {
    fn root(&mut self, name: &str, steps: &[Step], span: Span) {
        if self.bound.iter().any(|b| b == name) {
            return;
        }
        let (attribute, end) = match steps.first() {
            Some(Step::Attribute(attribute)) => (Some(attribute.text.clone()), attribute.span.end),
            _ => (None, span.end),
        };
        let key = match steps.get(1) {
            Some(Step::Index(
                Expr {
                    kind: ExprKind::Literal(value),
                    ..
                },
                _,
            )) => value.as_str().map(|text| Key::Name(text.to_owned())).or_else(|| {
                value
                    .as_number()?
                    .to_i64()
                    .and_then(|n| u64::try_from(n).ok())
                    .map(Key::Index)
            }),
            _ => None,
        };
        self.out.push(Reference {
            root: name.to_owned(),
            attribute,
            key,
            span: Span { end, ..span },
        });
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Tuple(elements) => elements.iter().for_each(|e| self.expr(e)),
            ExprKind::Object(items) => {
                for (key, value) in items {
                    if let ObjectKey::Expr(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                }
            }
            ExprKind::Template(parts) => self.parts(parts),
            ExprKind::Variable(name) => self.root(name, &[], expr.span),
            ExprKind::Traversal(base, steps) => {
                match &base.kind {
                    ExprKind::Variable(name) => self.root(name, steps, base.span),
                    _ => self.expr(base),
                }
                self.steps(steps);
            }
            ExprKind::Call(call) => call.args.iter().for_each(|a| self.expr(a)),
            ExprKind::Conditional(c) => {
                self.expr(&c.condition);
                self.expr(&c.yes);
                self.expr(&c.no);
            }
            ExprKind::Unary(_, operand) => self.expr(operand),
            ExprKind::Binary(_, _, operands) => {
                self.expr(&operands.0);
                self.expr(&operands.1);
            }
            ExprKind::For(f) => {
                self.expr(&f.collection);
                let names = f.key_name.iter().chain([&f.value_name]).map(|n| n.text.clone());
                self.bound_in(names.collect(), |walker| {
                    f.key
                        .iter()
                        .chain([&f.value])
                        .chain(&f.condition)
                        .for_each(|e| walker.expr(e));
                });
            }
        }
    }

    fn bound_in(&mut self, names: Vec<String>, walk: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(names);
        walk(self);
        self.bound.truncate(before);
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Index(key, _) => self.expr(key),
                Step::Splat(inside, _) => self.steps(inside),
                Step::Attribute(_) | Step::Legacy(..) => {}
            }
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Interpolation(expr) => self.expr(expr),
                Part::If(choice) => {
                    self.expr(&choice.condition);
                    self.parts(&choice.yes);
                    self.parts(&choice.no);
                }
                Part::For(f) => {
                    self.expr(&f.collection);
                    let names = f.key_name.iter().chain([&f.value_name]).map(|n| n.text.clone());
                    self.bound_in(names.collect(), |walker| walker.parts(&f.body));
                }
            }
        }
    }
}
