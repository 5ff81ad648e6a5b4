//! Templates: text with `${…}`, `%{if}` and `%{for}`.

use super::collections::{Walk, walk};
use super::{Scope, error, evaluate as evaluate_expr, evaluation_error};
use crate::diag::{Diagnostics, Span, code};
use crate::model::convert::{convert, with_article};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::syntax::ast::{IfPart, Part};

/// Text as it grows.
#[derive(Default)]
struct Text {
    text: String,
    unknown: bool,
    sensitive: bool,
}

/// A template that is one `${…}` gives that value as it is; any other gives text.
pub(super) fn evaluate(parts: &[Part], scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    if let [Part::Interpolation(expr)] = parts {
        return evaluate_expr(expr, scope, diagnostics);
    }
    let mut out = Text::default();
    append(parts, scope, &mut out, diagnostics);
    let value = if out.unknown {
        Value::unknown(Type::String)
    } else {
        Value::string(out.text)
    };
    value.marked_if(out.sensitive)
}

fn append(parts: &[Part], scope: &Scope<'_>, out: &mut Text, diagnostics: &mut Diagnostics) {
    for part in parts {
        match part {
            Part::Text(text) => out.text.push_str(text),
            Part::Interpolation(expr) => {
                let value = evaluate_expr(expr, scope, diagnostics);
                append_value(&value, expr.span, out, diagnostics);
            }
            Part::If(choice) => append_if(choice, scope, out, diagnostics),
            Part::For(part) => {
                let collection = evaluate_expr(&part.collection, scope, diagnostics);
                out.sensitive |= collection.is_sensitive();
                let Walk::Pairs(pairs) = walk(&collection, part.collection.span, diagnostics) else {
                    out.unknown = true;
                    continue;
                };
                for (key, value) in pairs {
                    let first = part.key_name.as_ref().map(|name| (name.text.as_str(), key));
                    let second = Some((part.value_name.text.as_str(), value));
                    let before = diagnostics.has_errors();
                    scope.with([first, second], |scope| {
                        append(&part.body, scope, out, diagnostics)
                    });
                    // The same mistake would be reported again for every element.
                    if !before && diagnostics.has_errors() {
                        break;
                    }
                }
            }
        }
    }
}

fn append_if(choice: &IfPart, scope: &Scope<'_>, out: &mut Text, diagnostics: &mut Diagnostics) {
    let condition = evaluate_expr(&choice.condition, scope, diagnostics);
    out.sensitive |= condition.is_sensitive();
    let span = choice.condition.span;
    if condition.is_null() {
        evaluation_error(
            diagnostics,
            span,
            "The condition is null; it must be true or false.",
        );
        out.unknown = true;
        return;
    }
    match convert(&condition, &Type::Bool).map(|c| c.as_bool()) {
        Ok(Some(true)) => append(&choice.yes, scope, out, diagnostics),
        Ok(Some(false)) => append(&choice.no, scope, out, diagnostics),
        Ok(None) => out.unknown = true,
        Err(_) => {
            let detail = format!(
                "The condition must be a bool, but this is {}.",
                with_article(&condition.ty())
            );
            error(diagnostics, code::WRONG_TYPE, span, detail);
            out.unknown = true;
        }
    }
}

fn append_value(value: &Value, span: Span, out: &mut Text, diagnostics: &mut Diagnostics) {
    out.sensitive |= value.contains_sensitive();
    if value.is_null() {
        evaluation_error(diagnostics, span, "A null value cannot be put into text.");
        out.unknown = true;
        return;
    }
    match convert(value, &Type::String) {
        Ok(text) => match text.as_str() {
            Some(text) => out.text.push_str(text),
            None => out.unknown = true,
        },
        Err(_) => {
            let detail = format!(
                "Only text, numbers and booleans can be put into text, but this is {}. Use jsonencode() or join() for the others.",
                with_article(&value.ty())
            );
            error(diagnostics, code::WRONG_TYPE, span, detail);
            out.unknown = true;
        }
    }
}
