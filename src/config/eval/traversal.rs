//! `a.b`, `a[b]`, `a[*].b` and `a.*.b`.

use super::{Scope, did_you_mean, error, evaluate as evaluate_expr, evaluation_error, failed};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::convert::{convert, with_article};
use crate::model::types::Type;
use crate::model::value::{Value, View};
use crate::syntax::ast::{Expr, ExprKind, Step};

pub(super) fn evaluate(
    base: &Expr,
    steps: &[Step],
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    if let ExprKind::Variable(name) = &base.kind {
        let attribute = match steps.first() {
            Some(Step::Attribute(attribute)) => Some(attribute.text.as_str()),
            _ => None,
        };
        let span = match (steps.first(), attribute) {
            (Some(step), Some(_)) => Span {
                end: step.span().end,
                ..base.span
            },
            _ => base.span,
        };
        let (value, used) = scope.root(name, attribute, span, diagnostics);
        let steps = if used && attribute.is_some() {
            steps.get(1..).unwrap_or(&[])
        } else {
            steps
        };
        return follow(value, steps, scope, diagnostics);
    }
    let value = evaluate_expr(base, scope, diagnostics);
    follow(value, steps, scope, diagnostics)
}

fn follow(mut value: Value, steps: &[Step], scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    for step in steps {
        value = match step {
            Step::Attribute(name) => attribute(&value, &name.text, name.span, diagnostics),
            Step::Index(key, span) => {
                let key = evaluate_expr(key, scope, diagnostics);
                index(&value, &key, *span, diagnostics)
            }
            Step::Legacy(key, span) => {
                let key = Value::int(i64::try_from(*key).unwrap_or(i64::MAX));
                index(&value, &key, *span, diagnostics)
            }
            Step::Splat(inside, span) => splat(&value, inside, *span, scope, diagnostics),
        };
    }
    value
}

pub(super) fn attribute(value: &Value, name: &str, span: Span, diagnostics: &mut Diagnostics) -> Value {
    let sensitive = value.is_sensitive();
    let found = match value.view() {
        View::Null(_) => {
            let detail = format!("The value is null, so it has no attribute \"{name}\".");
            return evaluation_error(diagnostics, span, detail);
        }
        View::Object(_) | View::Map(..) => match value.get(name) {
            Some(found) => found.clone(),
            None => {
                let keys: Vec<&str> = value.entries().map(|(k, _)| k).collect();
                let what = if matches!(value.view(), View::Map(..)) {
                    "map"
                } else {
                    "object"
                };
                let mut diagnostic = Diagnostic::error(
                    code::EVALUATION,
                    format!("The {what} has no attribute \"{name}\"."),
                )
                .at(span);
                // Sensitive keys make the whole sensitive, and must not show.
                if !sensitive {
                    diagnostic.remedy =
                        did_you_mean(name, keys.iter().copied()).or_else(|| list_of_names(&keys));
                }
                diagnostics.push(diagnostic);
                failed()
            }
        },
        View::Unknown(Type::Any) => failed(),
        View::Unknown(Type::Map(element)) => Value::unknown(Type::clone(element)),
        View::Unknown(Type::Object(fields)) => match fields.get(name) {
            Some(field) => Value::unknown(field.ty.clone()),
            None => {
                return evaluation_error(
                    diagnostics,
                    span,
                    format!("The object has no attribute \"{name}\"."),
                );
            }
        },
        View::List(..) | View::Tuple(_) | View::Set(..) => {
            let detail = format!(
                "A list has no attribute \"{name}\"; take one element with [0], or this attribute of all with [*].{name}."
            );
            return evaluation_error(diagnostics, span, detail);
        }
        _ => {
            let detail = format!(
                "There is no attribute \"{name}\" here: this is {}.",
                with_article(&value.ty())
            );
            return evaluation_error(diagnostics, span, detail);
        }
    };
    found.marked_if(sensitive)
}

fn list_of_names(names: &[&str]) -> Option<String> {
    (!names.is_empty() && names.len() <= 20).then(|| format!("It has: {}.", names.join(", ")))
}

pub(super) fn index(value: &Value, key: &Value, span: Span, diagnostics: &mut Diagnostics) -> Value {
    let sensitive = value.is_sensitive() || key.is_sensitive();
    if value.is_null() {
        return evaluation_error(diagnostics, span, "The value is null, so it has no elements.");
    }
    if key.is_null() {
        return evaluation_error(diagnostics, span, "The index is null.");
    }
    let found = match value.view() {
        View::List(element, elements) => place(elements, element, key, span, diagnostics),
        View::Tuple(elements) => place(elements, &Type::Any, key, span, diagnostics),
        View::Map(element, _) => named(value, element, key, span, diagnostics),
        View::Object(_) => named(value, &Type::Any, key, span, diagnostics),
        View::Unknown(ty) => unknown_element(ty, key, span, diagnostics),
        View::Set(..) => evaluation_error(
            diagnostics,
            span,
            "The elements of a set have no order and no index; use tolist(), or a for expression.",
        ),
        _ => {
            let detail = format!(
                "There are no elements here: this is {}.",
                with_article(&value.ty())
            );
            evaluation_error(diagnostics, span, detail)
        }
    };
    found.marked_if(sensitive)
}

fn unknown_element(ty: &Type, key: &Value, span: Span, diagnostics: &mut Diagnostics) -> Value {
    match ty {
        Type::Any => failed(),
        Type::List(element) | Type::Map(element) => Value::unknown(Type::clone(element)),
        Type::Tuple(types) => {
            let place = convert(key, &Type::Number)
                .ok()
                .and_then(|k| k.as_number().and_then(|n| n.to_usize()));
            place
                .and_then(|i| types.get(i))
                .map_or_else(failed, |ty| Value::unknown(ty.clone()))
        }
        Type::Object(fields) => {
            let field = key.as_str().and_then(|name| fields.get(name));
            field.map_or_else(failed, |field| Value::unknown(field.ty.clone()))
        }
        other => {
            let detail = format!("There are no elements here: this is {}.", with_article(other));
            evaluation_error(diagnostics, span, detail)
        }
    }
}

fn place(
    elements: &[Value],
    element: &Type,
    key: &Value,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Value {
    let Ok(number) = convert(key, &Type::Number) else {
        let detail = format!(
            "The index of a list must be a number, but this is {}.",
            with_article(&key.ty())
        );
        return error(diagnostics, code::WRONG_TYPE, span, detail);
    };
    let Some(number) = number.as_number() else {
        return Value::unknown(element.clone());
    };
    match number.to_usize().and_then(|i| elements.get(i)) {
        Some(found) => found.clone(),
        None if number.is_negative() => evaluation_error(
            diagnostics,
            span,
            format!("The index {number} is negative; the elements count from 0."),
        ),
        None if !number.is_integer() => evaluation_error(
            diagnostics,
            span,
            format!("The index {number} is not a whole number."),
        ),
        None => evaluation_error(
            diagnostics,
            span,
            format!(
                "The index {number} is past the end: there are {} elements, counted from 0.",
                elements.len()
            ),
        ),
    }
}

fn named(value: &Value, element: &Type, key: &Value, span: Span, diagnostics: &mut Diagnostics) -> Value {
    let Ok(text) = convert(key, &Type::String) else {
        let detail = format!(
            "The key of a map or object must be text, but this is {}.",
            with_article(&key.ty())
        );
        return error(diagnostics, code::WRONG_TYPE, span, detail);
    };
    let Some(name) = text.as_str() else {
        return Value::unknown(element.clone());
    };
    match value.get(name) {
        Some(found) => found.clone(),
        None => {
            let keys: Vec<&str> = value.entries().map(|(k, _)| k).collect();
            // A sensitive key must not show in the message.
            let shown = if key.is_sensitive() {
                String::new()
            } else {
                format!(" \"{name}\"")
            };
            let mut diagnostic = Diagnostic::error(
                code::EVALUATION,
                format!("There is no element with the key{shown}."),
            )
            .at(span);
            if !key.is_sensitive() && !value.is_sensitive() {
                diagnostic.remedy = did_you_mean(name, keys.iter().copied()).or_else(|| list_of_names(&keys));
            }
            diagnostics.push(diagnostic);
            failed()
        }
    }
}

/// Takes the steps for each element. A single value counts as a list of one, null as none.
fn splat(
    value: &Value,
    inside: &[Step],
    span: Span,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let sensitive = value.is_sensitive();
    let ty = value.ty();
    let is_sequence = matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_));
    if value.is_null() {
        return if is_sequence {
            evaluation_error(diagnostics, span, "A null list has no elements to take with *.")
        } else {
            Value::tuple(Vec::new()).marked_if(sensitive)
        };
    }
    let mut each = |element: Value| follow(element, inside, scope, diagnostics);
    let result = match value.view() {
        View::Unknown(Type::Any) => failed(),
        View::Unknown(Type::List(element) | Type::Set(element)) => {
            let result = each(Value::unknown(Type::clone(element)));
            Value::unknown(Type::list(result.ty()))
        }
        View::Unknown(Type::Tuple(types)) => {
            Value::tuple(types.iter().map(|ty| each(Value::unknown(ty.clone()))).collect())
        }
        // Whether it will be null, and the result empty, is not known.
        View::Unknown(_) => failed(),
        View::Tuple(elements) => Value::tuple(elements.iter().cloned().map(each).collect()),
        View::List(element, elements) | View::Set(element, elements) => {
            if elements.is_empty() {
                let result = each(Value::unknown(element.clone()));
                Value::list_of(result.ty(), Vec::new())
            } else {
                let results: Vec<Value> = elements.iter().cloned().map(each).collect();
                let ty = results.first().map_or(Type::Any, Value::ty);
                if results.iter().any(|r| r.ty() != ty) && !results.iter().any(Value::is_unknown) {
                    let detail = "The results for the elements of this list have different types, so they make no list; use a for expression.";
                    return evaluation_error(diagnostics, span, detail);
                }
                Value::list(results)
            }
        }
        _ => Value::tuple(vec![each(value.unmarked())]),
    };
    result.marked_if(sensitive)
}
