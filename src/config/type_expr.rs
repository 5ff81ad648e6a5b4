//! Type constraints as `variable` blocks write them: `list(object({a = optional(string, "x")}))`.

use super::eval::{Env, NoNames, Scope, did_you_mean, evaluate};
use super::quantity::Quantity;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::convert::convert;
use crate::model::types::{Field, Type};
use crate::syntax::ast::{Call, Expr, ExprKind, ObjectKey};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads a type constraint; `None` after an error, which is reported.
pub(crate) fn parse(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Type> {
    match &expr.kind {
        ExprKind::Variable(name) => keyword(name, expr, diagnostics),
        // Terraform 0.11 wrote types in quotes.
        ExprKind::Literal(value) if value.as_str().is_some() => {
            refuse(expr, "A type is written without quotes.", diagnostics)
        }
        ExprKind::Call(call) => constructor(call, expr, diagnostics),
        _ => refuse(
            expr,
            "This is no type; types are string, number, bool, any, duration, size, list(…), set(…), map(…), object({…}) and tuple([…]).",
            diagnostics,
        ),
    }
}

fn refuse(expr: &Expr, detail: impl Into<String>, diagnostics: &mut Diagnostics) -> Option<Type> {
    diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(expr.span));
    None
}

fn keyword(name: &str, expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Type> {
    match name {
        "string" => Some(Type::String),
        "number" => Some(Type::Number),
        "bool" => Some(Type::Bool),
        "any" => Some(Type::Any),
        // Text; `quantity` holds it against what it has to be.
        name if Quantity::named(name).is_some() => Some(Type::String),
        // Allowed by Terraform for old configurations.
        "list" => Some(Type::list(Type::Any)),
        "map" => Some(Type::map(Type::Any)),
        "set" | "object" | "tuple" => refuse(
            expr,
            format!("The type {name} needs its element types in parentheses."),
            diagnostics,
        ),
        _ => {
            let mut diagnostic =
                Diagnostic::error(code::WRONG_TYPE, format!("There is no type \"{name}\".")).at(expr.span);
            let known = [
                "string", "number", "bool", "any", "duration", "size", "list", "set", "map", "object",
                "tuple",
            ];
            diagnostic.remedy = did_you_mean(name, known);
            diagnostics.push(diagnostic);
            None
        }
    }
}

fn constructor(call: &Call, expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Type> {
    let name = call.name.text.as_str();
    let [argument] = call.args.as_slice() else {
        let detail = match name {
            "optional" => "optional(…) may stand only as the type of an object's attribute.".to_owned(),
            _ => format!("The type {name}(…) takes exactly one argument."),
        };
        return refuse(expr, detail, diagnostics);
    };
    match name {
        "list" => parse(argument, diagnostics).map(Type::list),
        "set" => parse(argument, diagnostics).map(Type::set),
        "map" => parse(argument, diagnostics).map(Type::map),
        "tuple" => {
            let ExprKind::Tuple(elements) = &argument.kind else {
                return refuse(
                    argument,
                    "tuple takes a list of types in brackets: tuple([string, number]).",
                    diagnostics,
                );
            };
            let types: Vec<_> = elements.iter().map(|e| parse(e, diagnostics)).collect();
            types.into_iter().collect::<Option<Vec<_>>>().map(Type::tuple)
        }
        "object" => object(argument, diagnostics),
        "optional" => refuse(
            expr,
            "optional(…) may stand only as the type of an object's attribute.",
            diagnostics,
        ),
        _ => refuse(expr, format!("There is no type {name}(…)."), diagnostics),
    }
}

fn object(argument: &Expr, diagnostics: &mut Diagnostics) -> Option<Type> {
    let ExprKind::Object(items) = &argument.kind else {
        return refuse(
            argument,
            "object takes attribute types in braces: object({name = string}).",
            diagnostics,
        );
    };
    let mut fields = BTreeMap::new();
    let mut complete = true;
    for (key, ty) in items {
        let name = match key {
            ObjectKey::Name(name) => name.text.clone(),
            ObjectKey::Expr(Expr {
                kind: ExprKind::Literal(value),
                ..
            }) if value.as_str().is_some() => value.as_str().unwrap_or("").to_owned(),
            ObjectKey::Expr(key) => {
                refuse(key, "An attribute's name must be plain.", diagnostics);
                complete = false;
                continue;
            }
        };
        match field(ty, diagnostics) {
            Some(field) => {
                fields.insert(name, field);
            }
            None => complete = false,
        }
    }
    complete.then(|| Type::Object(Arc::new(fields)))
}

fn field(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Field> {
    let ExprKind::Call(call) = &expr.kind else {
        return parse(expr, diagnostics).map(Field::required);
    };
    if call.name.text != "optional" {
        return parse(expr, diagnostics).map(Field::required);
    }
    let (ty, default) = match call.args.as_slice() {
        [ty] => (ty, None),
        [ty, default] => (ty, Some(default)),
        _ => {
            refuse(
                expr,
                "optional takes a type and, if need be, a default.",
                diagnostics,
            );
            return None;
        }
    };
    let ty = parse(ty, diagnostics)?;
    let default = match default {
        None => None,
        Some(default) => {
            // A default is a constant: there is nothing it could refer to yet.
            let env = Env::new("", jiff::Timestamp::UNIX_EPOCH);
            let value = evaluate(default, &Scope::new(&NoNames, &env), diagnostics);
            match convert(&value, &ty) {
                Ok(value) => Some(value),
                Err(cause) => {
                    refuse(
                        default,
                        format!("The default does not have the type {ty}: {cause}."),
                        diagnostics,
                    );
                    return None;
                }
            }
        }
    };
    Some(Field {
        ty,
        optional: true,
        default,
    })
}
