//! Unary and binary operators.

use super::{Scope, error, evaluate, evaluation_error, failed};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::convert::{convert, with_article};
use crate::model::number::{Number, NumberError};
use crate::model::types::Type;
use crate::model::value::{Value, View};
use crate::syntax::ast::{Binary, Expr, Unary};

pub(super) fn unary(
    operator: Unary,
    operand: &Expr,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let value = evaluate(operand, scope, diagnostics);
    let (ty, name) = match operator {
        Unary::Negate => (Type::Number, "-"),
        Unary::Not => (Type::Bool, "!"),
    };
    let Some(value) = operand_as(&value, &ty, name, operand.span, diagnostics) else {
        return failed();
    };
    let result = match value.view() {
        View::Number(number) => Value::number(number.neg()),
        View::Bool(b) => Value::bool(!b),
        _ => Value::unknown(ty),
    };
    result.marked_if(value.is_sensitive())
}

/// Converts an operand; reports what does not fit.
fn operand_as(
    value: &Value,
    ty: &Type,
    operator: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    if value.is_null() {
        evaluation_error(diagnostics, span, format!("An operand of {operator} is null."));
        return None;
    }
    match convert(value, ty) {
        Ok(converted) => Some(converted),
        Err(_) => {
            let shown = match value.view() {
                View::String(text) if !value.is_sensitive() && text.chars().count() <= 40 => {
                    format!(" (\"{text}\")")
                }
                _ => String::new(),
            };
            let detail = format!(
                "The operator {operator} needs {}, but this is {}{shown}.",
                with_article(ty),
                with_article(&value.ty())
            );
            diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(span));
            None
        }
    }
}

pub(super) fn binary(
    operator: Binary,
    place: Span,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    match operator {
        Binary::And | Binary::Or => logical(operator, left, right, scope, diagnostics),
        Binary::Equal | Binary::NotEqual => {
            let left = evaluate(left, scope, diagnostics);
            let right = evaluate(right, scope, diagnostics);
            let sensitive = left.contains_sensitive() || right.contains_sensitive();
            let result = match equal(&left, &right) {
                Some(equal) => Value::bool(equal == (operator == Binary::Equal)),
                None => Value::unknown(Type::Bool),
            };
            result.marked_if(sensitive)
        }
        _ => numeric(operator, place, left, right, scope, diagnostics),
    }
}

/// Equality of type and content; `None` when something unknown decides it.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    if a.is_unknown() || b.is_unknown() {
        return None;
    }
    if a.is_null() || b.is_null() {
        return Some(a.is_null() && b.is_null());
    }
    match (a.view(), b.view()) {
        (View::Bool(a), View::Bool(b)) => Some(a == b),
        (View::Number(a), View::Number(b)) => Some(a == b),
        (View::String(a), View::String(b)) => Some(a == b),
        (View::Tuple(a), View::Tuple(b)) => equal_elements(a, b),
        (View::List(x, a), View::List(y, b)) | (View::Set(x, a), View::Set(y, b)) => {
            if x != y && x.is_concrete() && y.is_concrete() {
                Some(false)
            } else {
                equal_elements(a, b)
            }
        }
        (View::Map(x, a), View::Map(y, b)) => {
            if x != y && x.is_concrete() && y.is_concrete() {
                Some(false)
            } else {
                equal_entries(a, b)
            }
        }
        (View::Object(a), View::Object(b)) => equal_entries(a, b),
        _ => Some(false),
    }
}

fn equal_elements(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    all(a.iter().zip(b).map(|(a, b)| equal(a, b)))
}

type Entries = std::collections::BTreeMap<String, Value>;

fn equal_entries(a: &Entries, b: &Entries) -> Option<bool> {
    if !a.keys().eq(b.keys()) {
        return Some(false);
    }
    all(a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
}

/// False when any is false, else unknown when any is unknown.
fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut decided = Some(true);
    for result in results {
        match result {
            Some(false) => return Some(false),
            Some(true) => {}
            None => decided = None,
        }
    }
    decided
}

/// One side that decides is enough: the other may be unknown, or even wrong.
fn logical(
    operator: Binary,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let (name, decisive) = if operator == Binary::And {
        ("&&", false)
    } else {
        ("||", true)
    };
    let side = |expr: &Expr| {
        let mut said = Diagnostics::new();
        let value = evaluate(expr, scope, &mut said);
        let operand = if said.has_errors() {
            None
        } else {
            operand_as(&value, &Type::Bool, name, expr.span, &mut said)
        };
        (operand, said)
    };
    let decides = |operand: &Option<Value>| operand.as_ref().is_some_and(|v| v.as_bool() == Some(decisive));
    let (first, said) = side(left);
    if decides(&first) {
        diagnostics.append(said);
        return Value::bool(decisive).marked_if(first.is_some_and(|v| v.is_sensitive()));
    }
    let first_unknown = first.as_ref().is_some_and(Value::is_unknown);
    let (second, second_said) = side(right);
    let sensitive = [&first, &second].into_iter().flatten().any(Value::is_sensitive);
    if decides(&second) {
        return Value::bool(decisive).marked_if(sensitive);
    }
    // What the right side says may be the reason why the left one guards it.
    if first_unknown {
        return Value::unknown(Type::Bool).marked_if(sensitive);
    }
    diagnostics.append(said);
    diagnostics.append(second_said);
    match (first, second) {
        (Some(_), Some(second)) if second.is_unknown() => Value::unknown(Type::Bool).marked_if(sensitive),
        (Some(_), Some(_)) => Value::bool(!decisive).marked_if(sensitive),
        _ => failed(),
    }
}

fn numeric(
    operator: Binary,
    place: Span,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let name = symbol(operator);
    let a = evaluate(left, scope, diagnostics);
    let b = evaluate(right, scope, diagnostics);
    let a = operand_as(&a, &Type::Number, name, left.span, diagnostics);
    let b = operand_as(&b, &Type::Number, name, right.span, diagnostics);
    let (Some(a), Some(b)) = (a, b) else {
        return failed();
    };
    let sensitive = a.is_sensitive() || b.is_sensitive();
    let compares = matches!(
        operator,
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual
    );
    let (Some(x), Some(y)) = (a.as_number(), b.as_number()) else {
        let ty = if compares { Type::Bool } else { Type::Number };
        return Value::unknown(ty).marked_if(sensitive);
    };
    let result = match operator {
        Binary::Less => Ok(Value::bool(x < y)),
        Binary::LessOrEqual => Ok(Value::bool(x <= y)),
        Binary::Greater => Ok(Value::bool(x > y)),
        Binary::GreaterOrEqual => Ok(Value::bool(x >= y)),
        _ => arithmetic(operator, x, y).map(Value::number),
    };
    match result {
        Ok(value) => value.marked_if(sensitive),
        Err(NumberError::DivisionByZero) => error(
            diagnostics,
            code::EVALUATION,
            place,
            format!("The right side of {name} is zero."),
        ),
        Err(cause) => error(
            diagnostics,
            code::EVALUATION,
            place,
            format!("The result of {name}: {cause}."),
        ),
    }
}

fn arithmetic(operator: Binary, x: &Number, y: &Number) -> Result<Number, NumberError> {
    match operator {
        Binary::Add => x.add(y),
        Binary::Subtract => x.sub(y),
        Binary::Multiply => x.mul(y),
        Binary::Divide => x.div(y),
        _ => x.rem(y),
    }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::And => "&&",
        Binary::Or => "||",
    }
}
