//! Conditions that a posture declares: validations, preconditions, assertions.

use super::eval::{Scope, evaluate};
use super::references;
use crate::diag::{Diagnostic, Diagnostics, Severity, code};
use crate::model::convert::convert;
use crate::model::types::Type;
use crate::syntax::ast::{Block, Expr};

/// Checks a block with `condition` and `error_message`. `what` names the rule in messages.
pub(super) fn check(
    rule: &Block,
    what: &str,
    severity: Severity,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) {
    let (Some(condition), Some(message)) = (
        rule.body.attribute("condition"),
        rule.body.attribute("error_message"),
    ) else {
        let detail = format!(
            "The block \"{}\" needs condition and error_message.",
            rule.kind.text
        );
        diagnostics.push(Diagnostic::error(code::MISSING_ATTRIBUTE, detail).at(rule.header));
        return;
    };
    let mut said = Diagnostics::new();
    let value = evaluate(&condition.expr, scope, &mut said);
    let failed = said.has_errors();
    diagnostics.append(said);
    // Unknown: it will be decided when it is known.
    if failed || value.is_unknown() {
        return;
    }
    let holds = if value.is_null() {
        None
    } else {
        convert(&value, &Type::Bool).ok().and_then(|v| v.as_bool())
    };
    match holds {
        Some(true) => {}
        None => {
            let detail = "The condition is neither true nor false.";
            diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(condition.expr.span));
        }
        Some(false) => {
            let text = evaluate(&message.expr, scope, diagnostics);
            let text = match text.as_str() {
                Some(_) if text.is_sensitive() => "(its message is sensitive)".to_owned(),
                Some(text) => text.trim().to_owned(),
                None => "(its message is not text)".to_owned(),
            };
            let mut diagnostic =
                Diagnostic::error(code::CONDITION_FAILED, format!("{what}: {text}")).at(condition.expr.span);
            diagnostic.severity = severity;
            diagnostic.remedy = actual_values(&condition.expr, scope);
            diagnostics.push(diagnostic);
        }
    }
}

/// What the names in a condition stand for, where that is short and not secret.
fn actual_values(condition: &Expr, scope: &Scope<'_>) -> Option<String> {
    let mut found = Vec::new();
    references::of_expr(condition, &mut found);
    let mut shown: Vec<String> = Vec::new();
    for reference in &found {
        let Some(attribute) = &reference.attribute else {
            continue;
        };
        let name = format!("{}.{attribute}", reference.root);
        let value = scope.value_of(&reference.root, attribute);
        let Some(value) = value.filter(|v| v.is_wholly_known() && !v.contains_sensitive()) else {
            continue;
        };
        let text = value.to_json().to_string();
        if text.len() <= 80 && !shown.iter().any(|s| s.starts_with(&format!("{name} is "))) {
            shown.push(format!("{name} is {text}"));
        }
    }
    (!shown.is_empty()).then(|| format!("Here {}.", shown.join(", ")))
}
