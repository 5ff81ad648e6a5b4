//! The evaluator: expressions to values.
//!
//! Errors are collected, not returned: a part that fails is reported once and stands as
//! an unknown value in what surrounds it, so that one mistake gives one diagnostic.
//! Unknown values and sensitive marks go through every operation.

mod call;
mod collections;
mod conditional;
pub mod functions;
mod ops;
mod scope;
mod template;
mod traversal;

pub use scope::{Env, Lookup, Names, NoNames, Scope};

use crate::diag::{Code, Diagnostic, Diagnostics, Span, code};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::syntax::ast::{Expr, ExprKind};

/// Evaluates an expression. After an error the result is unknown of any type.
pub fn evaluate(expr: &Expr, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    match &expr.kind {
        ExprKind::Literal(value) => value.clone(),
        ExprKind::Tuple(elements) => {
            Value::tuple(elements.iter().map(|e| evaluate(e, scope, diagnostics)).collect())
        }
        ExprKind::Object(items) => collections::object(items, scope, diagnostics),
        ExprKind::Template(parts) => template::evaluate(parts, scope, diagnostics),
        ExprKind::Variable(name) => scope.root(name, None, expr.span, diagnostics).0,
        ExprKind::Traversal(base, steps) => traversal::evaluate(base, steps, scope, diagnostics),
        ExprKind::Call(call) => call::evaluate(call, expr.span, scope, diagnostics),
        ExprKind::Conditional(c) => conditional::choose(c, expr.span, scope, diagnostics),
        ExprKind::Unary(operator, operand) => ops::unary(*operator, operand, scope, diagnostics),
        ExprKind::Binary(operator, place, operands) => {
            ops::binary(*operator, *place, &operands.0, &operands.1, scope, diagnostics)
        }
        ExprKind::For(for_expr) => collections::for_expr(for_expr, scope, diagnostics),
    }
}

/// What stands for a value that could not be computed.
fn failed() -> Value {
    Value::unknown(Type::Any)
}

fn error(diagnostics: &mut Diagnostics, code: Code, span: Span, detail: impl Into<String>) -> Value {
    diagnostics.push(Diagnostic::error(code, detail).at(span));
    failed()
}

fn evaluation_error(diagnostics: &mut Diagnostics, span: Span, detail: impl Into<String>) -> Value {
    error(diagnostics, code::EVALUATION, span, detail)
}

/// Among more names than these nothing is looked for: it would take its time for every error of a large file.
const CANDIDATES: usize = 500;

/// ` Did you mean "x"?`, or nothing when no candidate is near.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .take(CANDIDATES)
        .map(|c| (strsim::damerau_levenshtein(name, c), c))
        .filter(|(distance, c)| *distance <= 1 + name.len().max(c.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| format!("Did you mean \"{c}\"?"))
}
