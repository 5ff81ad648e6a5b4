//! Function calls: arguments to parameters, and what all functions have in common.

use super::functions::{self, CallError, Context, Function, Marks, Needs, Param};
use super::{Scope, did_you_mean, error, evaluate as evaluate_expr, failed};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::convert::convert;
use crate::model::value::Value;
use crate::syntax::ast::{Call, Expr};

pub(super) fn evaluate(call: &Call, span: Span, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    let name = call.name.text.strip_prefix("core::").unwrap_or(&call.name.text);
    match name {
        "try" => return first_without_error(call, span, scope, diagnostics),
        "can" => return can(call, span, scope, diagnostics),
        "templatestring" => {
            return super::functions::text_template::templatestring(call, span, scope, diagnostics);
        }
        "convert" => return super::functions::conversion::convert_call(call, span, scope, diagnostics),
        _ => {}
    }
    let Some(function) = functions::find(name) else {
        let mut diagnostic = match functions::left_out(name) {
            Some(reason) => Diagnostic::error(
                code::BAD_CALL,
                format!("The function \"{name}\" is left out: {reason}."),
            ),
            None => Diagnostic::error(code::BAD_CALL, format!("There is no function \"{name}\".")),
        }
        .at(call.name.span);
        diagnostic.remedy = did_you_mean(name, functions::names());
        diagnostics.push(diagnostic);
        return failed();
    };
    let Some(arguments) = arguments(call, scope, diagnostics) else {
        return failed();
    };
    let mut passed = Vec::with_capacity(arguments.len());
    let mut facts = Facts::default();
    if !count_fits(function, arguments.len(), call, diagnostics) {
        return failed();
    }
    for (place, (value, span)) in arguments.iter().enumerate() {
        let Some(param) = function.param(place) else {
            continue;
        };
        match pass(param, value, &mut facts) {
            Ok(value) => passed.push(value),
            Err(message) => {
                let detail = format!(
                    "The argument \"{}\" of {}() cannot be used: {message}.",
                    param.name, function.name
                );
                diagnostics.push(Diagnostic::error(code::BAD_CALL, detail).at(*span));
                facts.failed = true;
            }
        }
    }
    if facts.failed {
        return failed();
    }
    if facts.unknown {
        return Value::unknown(function.result_type(&passed)).marked_if(facts.sensitive);
    }
    let context = Context { scope, span };
    match (function.run)(&passed, &context) {
        Ok(value) => value.marked_if(facts.sensitive),
        Err(CallError { argument, message }) => {
            // A message quotes what does not fit.
            let secret = facts.sensitive || passed.iter().any(Value::contains_sensitive);
            let message = match secret {
                true => "what it was given is sensitive, so that the reason is not shown".to_owned(),
                false => message,
            };
            let place = argument
                .and_then(|i| arguments.get(i))
                .map_or(span, |(_, span)| *span);
            error(
                diagnostics,
                code::BAD_CALL,
                place,
                format!("{}() failed: {message}.", function.name),
            )
        }
    }
}

/// What was learnt about the arguments while they were passed.
#[derive(Default)]
struct Facts {
    unknown: bool,
    sensitive: bool,
    failed: bool,
}

fn pass(param: &Param, value: &Value, facts: &mut Facts) -> Result<Value, String> {
    let value = match param.marks {
        Marks::Seen => value.clone(),
        Marks::Itself => {
            facts.sensitive |= value.is_sensitive();
            value.unmarked()
        }
        Marks::Anywhere => {
            facts.sensitive |= value.contains_sensitive();
            value.without_marks()
        }
    };
    if value.is_null() && !param.takes_null {
        return Err("it must not be null".to_owned());
    }
    let converted = convert(&value, &param.kind.ty()).map_err(|cause| cause.to_string())?;
    let unknown = match param.needs {
        Needs::Nothing => false,
        Needs::Known => converted.is_unknown(),
        Needs::AllKnown => !converted.is_wholly_known(),
    };
    if unknown {
        facts.unknown = true;
        facts.sensitive |= value.contains_sensitive();
    }
    Ok(converted)
}

/// The values with their places; the last one spread when `...` follows it.
fn arguments(call: &Call, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<(Value, Span)>> {
    let mut values: Vec<(Value, Span)> = call
        .args
        .iter()
        .map(|a| (evaluate_expr(a, scope, diagnostics), a.span))
        .collect();
    if !call.expand {
        return Some(values);
    }
    let (last, span) = values.pop()?;
    if last.is_null() {
        let detail = "The value before ... is null; it must be a list, set or tuple.";
        error(diagnostics, code::BAD_CALL, span, detail);
        return None;
    }
    if last.is_unknown() {
        return None;
    }
    let Some(elements) = last.as_sequence() else {
        let detail = "The value before ... must be a list, set or tuple.";
        error(diagnostics, code::BAD_CALL, span, detail);
        return None;
    };
    let sensitive = last.is_sensitive();
    values.extend(elements.iter().map(|e| (e.clone().marked_if(sensitive), span)));
    Some(values)
}

fn count_fits(function: &Function, given: usize, call: &Call, diagnostics: &mut Diagnostics) -> bool {
    let wanted = function.params.len();
    if given < wanted {
        let missing = function.params.get(given).map_or("", |p| p.name);
        let detail = format!(
            "{}() needs the argument \"{missing}\": {}.",
            function.name,
            function.usage()
        );
        diagnostics.push(Diagnostic::error(code::BAD_CALL, detail).at(call.name.span));
        return false;
    }
    if given > wanted && function.rest.is_none() {
        let place = call.args.get(wanted).map_or(call.name.span, |a| a.span);
        let detail = format!(
            "{}() takes {wanted} arguments, not {given}: {}.",
            function.name,
            function.usage()
        );
        diagnostics.push(Diagnostic::error(code::BAD_CALL, detail).at(place));
        return false;
    }
    true
}

/// `try(a, b)`: the first argument that evaluates without an error.
fn first_without_error(call: &Call, span: Span, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    if call.args.is_empty() {
        return error(
            diagnostics,
            code::BAD_CALL,
            span,
            "try() needs at least one argument.",
        );
    }
    let mut reasons = Vec::new();
    for argument in &call.args {
        let (value, said) = attempt(argument, scope);
        match said.iter().next() {
            // Later the unknown part may turn out to fail, and another argument be taken.
            None if !value.is_wholly_known() => return failed().marked_if(value.contains_sensitive()),
            None => return value,
            Some(first) => reasons.push(first.detail.clone()),
        }
    }
    let detail = format!("No argument of try() could be evaluated: {}", reasons.join(" "));
    error(diagnostics, code::BAD_CALL, span, detail)
}

fn attempt(argument: &Expr, scope: &Scope<'_>) -> (Value, Diagnostics) {
    let mut said = Diagnostics::new();
    let value = evaluate_expr(argument, scope, &mut said);
    (value, said)
}

/// `can(a)`: whether the argument evaluates without an error.
fn can(call: &Call, span: Span, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    let [argument] = call.args.as_slice() else {
        return error(diagnostics, code::BAD_CALL, span, "can() takes one argument.");
    };
    let (value, said) = attempt(argument, scope);
    if said.has_errors() {
        return Value::bool(false);
    }
    if !value.is_wholly_known() {
        return Value::unknown(crate::model::types::Type::Bool);
    }
    Value::bool(true)
}
