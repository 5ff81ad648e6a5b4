//! `condition ? yes : no`.

use super::{Scope, error, evaluate, evaluation_error, failed};
use crate::diag::{Diagnostics, Span, code};
use crate::model::convert::{convert, with_article};
use crate::model::types::{Mode, Type, unify};
use crate::model::value::{Value, View};
use crate::syntax::ast::Conditional;

fn branches(conditional: &Conditional, scope: &Scope<'_>) -> ((Value, Diagnostics), (Value, Diagnostics)) {
    let mut yes_diagnostics = Diagnostics::new();
    let mut no_diagnostics = Diagnostics::new();
    let yes = evaluate(&conditional.yes, scope, &mut yes_diagnostics);
    let no = evaluate(&conditional.no, scope, &mut no_diagnostics);
    ((yes, yes_diagnostics), (no, no_diagnostics))
}

/// Both branches are evaluated, since the result's type is what both convert to;
/// only the errors of the branch that is taken count.
pub(super) fn choose(
    conditional: &Conditional,
    span: Span,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let ((yes, yes_diagnostics), (no, no_diagnostics)) = branches(conditional, scope);
    let condition = evaluate(&conditional.condition, scope, diagnostics);
    let Some(ty) = common_type(&yes, &no) else {
        let detail = format!(
            "Both results of a conditional must have one type, but the first is {} and the second {}.",
            with_article(&yes.ty()),
            with_article(&no.ty())
        );
        return error(diagnostics, code::WRONG_TYPE, span, detail);
    };
    if condition.is_null() {
        return evaluation_error(
            diagnostics,
            conditional.condition.span,
            "The condition is null; it must be true or false.",
        );
    }
    let sensitive = condition.is_sensitive();
    let Ok(decision) = convert(&condition, &Type::Bool) else {
        let detail = format!(
            "The condition must be a bool, but this is {}.",
            with_article(&condition.ty())
        );
        return error(diagnostics, code::WRONG_TYPE, conditional.condition.span, detail);
    };
    let (taken, branch, said) = match decision.as_bool() {
        Some(true) => (yes, &conditional.yes, yes_diagnostics),
        Some(false) => (no, &conditional.no, no_diagnostics),
        None => {
            let marked = sensitive || yes.is_sensitive() || no.is_sensitive();
            return Value::unknown(ty).marked_if(marked);
        }
    };
    let failed_inside = said.has_errors();
    diagnostics.append(said);
    if failed_inside {
        return failed().marked_if(sensitive);
    }
    match convert(&taken, &ty) {
        Ok(value) => value.marked_if(sensitive),
        Err(cause) => {
            let detail = format!("The two results of the conditional cannot have one type: {cause}.");
            error(diagnostics, code::WRONG_TYPE, branch.span, detail)
        }
    }
}

/// `Any` when it cannot be told yet, `None` when there is none.
fn common_type(yes: &Value, no: &Value) -> Option<Type> {
    match (yes.view(), no.view()) {
        (View::Null(Type::Any), _) => Some(no.ty()),
        (_, View::Null(Type::Any)) => Some(yes.ty()),
        (View::Unknown(Type::Any), _) | (_, View::Unknown(Type::Any)) => Some(Type::Any),
        _ => unify(&[yes.ty(), no.ty()], Mode::Unsafe),
    }
}
