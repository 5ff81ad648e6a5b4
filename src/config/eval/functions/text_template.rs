//! Templates that are values: `templatefile` and `templatestring`.

use super::{CallError, Context, Outcome};
use crate::config::eval::{Env, Scope, error, evaluate};
use crate::diag::{Diagnostics, FileId, Severity, Span, code};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::syntax;
use crate::syntax::ast::{Call, ExprKind};
use std::collections::HashMap;

/// How many templates may be inside one another: a template that renders itself would never end.
const MAX_TEMPLATES: usize = 16;

/// Renders `text` with the attributes of `vars` as its root names.
pub(super) fn render(text: &str, vars: Option<&Value>, context: &Context<'_>) -> Outcome {
    render_in(text, vars, context.scope)
}

fn render_in(text: &str, vars: Option<&Value>, scope: &Scope<'_>) -> Outcome {
    if scope.templates >= MAX_TEMPLATES {
        return Err(CallError::from(format!(
            "templates may be nested {MAX_TEMPLATES} deep; does this one render itself?"
        )));
    }
    let Some(vars) = vars.and_then(Value::as_entries) else {
        return Err(CallError {
            argument: Some(1),
            message: "the variables must be a map or object".into(),
        });
    };
    if let Some(bad) = vars.keys().find(|k| hcl_name(k).is_none()) {
        let message = format!("\"{bad}\" cannot be the name of a variable");
        return Err(CallError {
            argument: Some(1),
            message,
        });
    }
    let names: HashMap<String, Value> = vars.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let (expr, mut diagnostics) = syntax::parse_template(text, FileId::NONE);
    let env: &Env = scope.env;
    let mut value = Value::null();
    if !diagnostics.has_errors() {
        let inner = Scope::new(&names, env).deeper_than(scope);
        value = evaluate(&expr, &inner, &mut diagnostics);
    }
    // Places inside the template are not places of a file that is kept; the line tells enough.
    if let Some(first) = diagnostics.iter().find(|d| d.severity == Severity::Error) {
        let line = first.span.map_or(1, |s| {
            1 + text
                .bytes()
                .take(s.start as usize)
                .filter(|b| *b == b'\n')
                .count()
        });
        return Err(CallError::from(format!(
            "in line {line} of the template: {}",
            first.detail.trim_end_matches('.')
        )));
    }
    Ok(value)
}

/// The name, when a template can refer to it.
fn hcl_name(name: &str) -> Option<&str> {
    let mut chars = name.chars();
    let first = chars.next()?;
    let fits = (first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    fits.then_some(name)
}

/// `templatestring(reference, vars)`: the first argument must be a reference, so that nobody
/// writes a template in a template by mistake.
pub(in crate::config::eval) fn templatestring(
    call: &Call,
    span: Span,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let [template, vars] = call.args.as_slice() else {
        return error(
            diagnostics,
            code::BAD_CALL,
            span,
            "templatestring() takes a reference to a template and its variables.",
        );
    };
    if !matches!(template.kind, ExprKind::Variable(_) | ExprKind::Traversal(..)) {
        let detail = "The first argument of templatestring() must be a reference to text, such as local.template; write other templates directly.";
        return error(diagnostics, code::BAD_CALL, template.span, detail);
    }
    let text = evaluate(template, scope, diagnostics);
    let vars_value = evaluate(vars, scope, diagnostics);
    let sensitive = text.is_sensitive() || vars_value.is_sensitive();
    if text.is_unknown() || vars_value.is_unknown() {
        return Value::unknown(Type::String).marked_if(sensitive);
    }
    let Some(source) = text.as_str() else {
        return error(
            diagnostics,
            code::WRONG_TYPE,
            template.span,
            "The template must be text.",
        );
    };
    match render_in(source, Some(&vars_value), scope) {
        Ok(value) => value.marked_if(sensitive),
        Err(CallError { argument, message }) => {
            let place = if argument == Some(1) {
                vars.span
            } else {
                template.span
            };
            error(
                diagnostics,
                code::BAD_CALL,
                place,
                format!("templatestring() failed: {message}."),
            )
        }
    }
}
