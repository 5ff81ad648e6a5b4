//! The values of variables: where they come from, and what type they get.

use super::declarations::{Declarations, Variable};
use super::eval::{Env, NoNames, Scope, did_you_mean, evaluate};
use super::inputs::Inputs;
use super::{files, json, quantity};
use crate::diag::{Diagnostic, Diagnostics, FileId, Sources, Span, code};
use crate::model::convert::convert;
use crate::model::types::Type;
use crate::model::value::Value;
use crate::syntax;
use crate::syntax::ast::Body;
use std::collections::BTreeMap;
use std::path::Path;

/// A value that was given, and where.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub value: Value,
    pub span: Option<Span>,
}

/// The prefix of environment variables that give values.
const PREFIX: &str = "BACKSTAY_VAR_";

/// What was given for the root's variables. From weak to strong: the environment,
/// `*.auto.bsvars` by name, `-var-file`, `-var`.
pub(super) fn given(
    inputs: &Inputs,
    declarations: &Declarations,
    env: &Env,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Given> {
    let mut out = BTreeMap::new();
    for (name, text) in &inputs.env {
        // Others' variables may be there too: an undeclared name is no mistake.
        if let Some(name) = name.strip_prefix(PREFIX)
            && let Some(variable) = declarations.variables.get(name)
        {
            let shown = format!("{PREFIX}{name}");
            let given = from_text(&shown, text, variable, sources, diagnostics);
            out.extend(given.map(|given| (name.to_owned(), given)));
        }
    }
    let automatic = files::list(
        &inputs.dir,
        &[".auto.bsvars", ".auto.bsvars.json"],
        &mut Diagnostics::new(),
    );
    for path in automatic.unwrap_or_default().iter().chain(&inputs.var_files) {
        from_file(path, inputs, declarations, env, sources, &mut out, diagnostics);
    }
    for (name, text) in &inputs.vars {
        let Some(variable) = declarations.variables.get(name) else {
            diagnostics.push(undeclared(name, "-var", declarations));
            continue;
        };
        let given = from_text(&format!("-var {name}"), text, variable, sources, diagnostics);
        out.extend(given.map(|given| (name.clone(), given)));
    }
    out
}

fn undeclared(name: &str, by: &str, declarations: &Declarations) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(
        code::UNDECLARED_VARIABLE,
        format!("{by} gives a value for \"{name}\", but no variable of this name is declared."),
    );
    diagnostic.remedy = did_you_mean(name, declarations.variables.keys().map(String::as_str)).or_else(|| {
        Some(format!(
            "Declare it: variable \"{name}\" {{ }}, or leave the value away."
        ))
    });
    diagnostic
}

/// Text is the value where the type is a primitive or not said; otherwise it is an expression.
fn from_text(
    origin: &str,
    text: &str,
    variable: &Variable,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Given> {
    if variable.ty.is_primitive() || variable.ty == Type::Any {
        return Some(Given {
            value: Value::string(text),
            span: None,
        });
    }
    let file = sources.add(origin, text);
    let (expr, mut said) = syntax::parse_expression(text, file);
    let mut value = None;
    if !said.has_errors() {
        let env = Env::new("", jiff::Timestamp::UNIX_EPOCH);
        value = Some(evaluate(&expr, &Scope::new(&NoNames, &env), &mut said));
    }
    if variable.sensitive && said.has_errors() {
        // What was wrong would be shown with the text around it.
        let detail = format!(
            "{origin} is no value of the type {}; as the variable is sensitive, the text is not shown.",
            variable.ty
        );
        diagnostics.push(Diagnostic::error(code::SYNTAX, detail).at(variable.name.span));
        return None;
    }
    diagnostics.append(said);
    let value = value?;
    Some(Given {
        value,
        span: Some(expr.span),
    })
}

fn from_file(
    path: &Path,
    inputs: &Inputs,
    declarations: &Declarations,
    env: &Env,
    sources: &mut Sources,
    out: &mut BTreeMap<String, Given>,
    diagnostics: &mut Diagnostics,
) {
    let Some((file, text)) = files::read(path, &inputs.unsaved, sources, diagnostics) else {
        return;
    };
    let is_json = path.extension().is_some_and(|e| e == "json");
    let (body, said) = parse(&text, file, is_json);
    diagnostics.append(said);
    for block in &body.blocks {
        let detail = "A file of variables holds only name = value.";
        diagnostics.push(Diagnostic::error(code::UNKNOWN_BLOCK, detail).at(block.header));
    }
    for attribute in &body.attributes {
        let name = &attribute.name.text;
        if !declarations.variables.contains_key(name) {
            diagnostics.push(undeclared(name, "This file", declarations).at(attribute.name.span));
            continue;
        }
        let value = evaluate(&attribute.expr, &Scope::new(&NoNames, env), diagnostics);
        out.insert(
            name.clone(),
            Given {
                value,
                span: Some(attribute.expr.span),
            },
        );
    }
}

fn parse(text: &str, file: FileId, is_json: bool) -> (Body, Diagnostics) {
    if is_json {
        json::values(text, file)
    } else {
        syntax::parse_body(text, file)
    }
}

/// The value that a variable has in its module. After an error it is unknown.
pub(super) fn settle(
    variable: &Variable,
    given: Option<&Given>,
    env: &Env,
    diagnostics: &mut Diagnostics,
) -> Value {
    let name = &variable.name.text;
    let default = |diagnostics: &mut Diagnostics| {
        variable.default.as_ref().map(|expr| {
            let value = evaluate(expr, &Scope::new(&NoNames, env), diagnostics);
            Given {
                value,
                span: Some(expr.span),
            }
        })
    };
    let source = match given {
        // Null asks for the default when null itself is not allowed.
        Some(given) if given.value.is_null() && !variable.nullable && variable.default.is_some() => {
            default(diagnostics)
        }
        Some(given) => Some(given.clone()),
        None => default(diagnostics),
    };
    let Some(source) = source else {
        diagnostics.push(
            Diagnostic::error(code::MISSING_VARIABLE, format!("The variable \"{name}\" has no value."))
                .at(variable.name.span)
                .remedy(format!(
                    "Give one with -var {name}=…, in a .auto.bsvars file or with {PREFIX}{name}, or add a default."
                )),
        );
        return Value::unknown(variable.ty.clone());
    };
    // What is said of a value is said with the text around it.
    let place = source.span.filter(|_| !variable.sensitive);
    let place = place.unwrap_or(variable.name.span);
    if source.value.is_null() && !variable.nullable {
        let detail = format!("The variable \"{name}\" must not be null.");
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(place));
        return Value::unknown(variable.ty.clone());
    }
    let converted = convert(&source.value, &variable.ty).map_err(|cause| cause.to_string());
    let measured = converted.and_then(|value| {
        let fits = quantity::check(&value, &variable.quantities);
        fits.map(|()| value).map_err(|why| {
            if variable.sensitive {
                "a duration or size in it is none".into()
            } else {
                why
            }
        })
    });
    match measured {
        Ok(value) => value.marked_if(variable.sensitive),
        Err(cause) => {
            let detail = format!(
                "The value of the variable \"{name}\" is not {}: {cause}.",
                described(variable)
            );
            diagnostics.push(
                Diagnostic::error(code::WRONG_TYPE, detail)
                    .at(place)
                    .related(variable.name.span, "the variable is declared here"),
            );
            Value::unknown(variable.ty.clone())
        }
    }
}

/// The type as the user knows it.
fn described(variable: &Variable) -> String {
    match variable.quantities.as_slice() {
        [only] if variable.ty == Type::String => only.quantity().name().to_owned(),
        _ => variable.ty.to_string(),
    }
}
