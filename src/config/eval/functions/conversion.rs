//! Types and marks: `tostring` and the like, `sensitive`, `nonsensitive`, `issensitive`.

use super::{Function, Kind, Outcome, Returns, arg, blame, function, param};
use crate::config::eval::{Scope, error, evaluate, failed};
use crate::config::type_expr;
use crate::diag::{Diagnostics, Span, code};
use crate::model::convert::convert;
use crate::model::types::Type;
use crate::model::value::Value;
use crate::syntax::ast::Call;

const VALUE: super::Param = param("v", Kind::Any).unknown().null().marked();

pub(super) const FUNCTIONS: &[Function] = &[
    function("ephemeralasnull", &[VALUE], Returns::Same(0), |args, _| {
        Ok(arg(args, 0))
    }),
    function("issensitive", &[VALUE], Returns::Bool, |args, _| {
        let value = arg(args, 0);
        // The mark of an unknown value may go once the value is known.
        Ok(if value.is_unknown() {
            Value::unknown(Type::Bool)
        } else {
            Value::bool(value.is_sensitive())
        })
    }),
    function("nonsensitive", &[VALUE], Returns::Same(0), |args, _| {
        Ok(arg(args, 0).unmarked())
    }),
    function("sensitive", &[VALUE], Returns::Same(0), |args, _| {
        Ok(arg(args, 0).mark_sensitive())
    }),
    function("tobool", &[VALUE], Returns::Bool, |args, _| to(args, &Type::Bool)),
    function("tolist", &[VALUE], Returns::Any, |args, _| {
        to(args, &Type::list(Type::Any))
    }),
    function("tomap", &[VALUE], Returns::Any, |args, _| {
        to(args, &Type::map(Type::Any))
    }),
    function("tonumber", &[VALUE], Returns::Number, |args, _| {
        to(args, &Type::Number)
    }),
    function("toset", &[VALUE], Returns::Any, |args, _| {
        to(args, &Type::set(Type::Any))
    }),
    function("tostring", &[VALUE], Returns::String, |args, _| {
        to(args, &Type::String)
    }),
];

fn to(args: &[Value], ty: &Type) -> Outcome {
    convert(&arg(args, 0), ty).map_err(|cause| blame(0, cause.to_string()))
}

/// OpenTofu's `convert(value, type)`: the second argument is a type constraint, not a value.
pub(in crate::config::eval) fn convert_call(
    call: &Call,
    span: Span,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Value {
    let [value, ty] = call.args.as_slice() else {
        return error(
            diagnostics,
            code::BAD_CALL,
            span,
            "convert() takes a value and a type.",
        );
    };
    let evaluated = evaluate(value, scope, diagnostics);
    let Some(ty) = type_expr::parse(ty, diagnostics) else {
        return failed();
    };
    match convert(&evaluated, &ty) {
        Ok(converted) => converted,
        Err(cause) => error(
            diagnostics,
            code::WRONG_TYPE,
            value.span,
            format!("convert() failed: {cause}."),
        ),
    }
}
