//! What `console` does with a line: an expression to a value.

use super::eval::{Env, Scope, evaluate};
use super::typed;
use crate::diag::{Diagnostics, FileId};
use crate::model::value::Value;
use crate::syntax;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// How a source text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One expression.
    Expression,
    /// A template without quotes.
    Template,
    /// Arguments and blocks; they are parsed, not evaluated.
    Body,
}

#[derive(serde::Deserialize)]
struct Request {
    id: String,
    mode: Mode,
    src: String,
    #[serde(default)]
    vars: HashMap<String, Json>,
}

/// Evaluates a text with `vars` as its root names.
///
/// # Errors
/// Everything that was wrong with it.
pub fn run(mode: Mode, src: &str, vars: &HashMap<String, Value>, env: &Env) -> Result<Value, Diagnostics> {
    let work = || {
        let (value, diagnostics) = match mode {
            Mode::Body => (Value::null(), syntax::parse_body(src, FileId::NONE).1),
            Mode::Expression | Mode::Template => {
                let (expr, mut diagnostics) = if mode == Mode::Expression {
                    syntax::parse_expression(src, FileId::NONE)
                } else {
                    syntax::parse_template(src, FileId::NONE)
                };
                if diagnostics.has_errors() {
                    return Err(diagnostics);
                }
                (
                    evaluate(&expr, &Scope::new(vars, env), &mut diagnostics),
                    diagnostics,
                )
            }
        };
        if diagnostics.has_errors() {
            Err(diagnostics)
        } else {
            Ok(value)
        }
    };
    syntax::on_deep_stack(work).unwrap_or_else(|diagnostic| Err((*diagnostic).into()))
}

/// Whether a text can be parsed; nothing is evaluated.
pub fn parses(mode: Mode, src: &str) -> bool {
    let parse = || match mode {
        Mode::Body => syntax::parse_body(src, FileId::NONE).1,
        Mode::Expression => syntax::parse_expression(src, FileId::NONE).1,
        Mode::Template => syntax::parse_template(src, FileId::NONE).1,
    };
    syntax::on_deep_stack(parse).is_ok_and(|said| !said.has_errors())
}

/// Answers one line of `console --batch`: `{"id", "mode", "src", "vars"}` gives
/// `{"id", "type", "value"}` (see [`typed`]) or `{"id", "error"}`.
pub fn answer(line: &str, env: &Env) -> String {
    let request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return json!({"id": null, "error": format!("not a request: {error}")}).to_string(),
    };
    let mut vars = HashMap::new();
    for (name, json) in &request.vars {
        let Some(value) = typed::from_json(json) else {
            let error = format!("the variable \"{name}\" is not a typed value");
            return json!({"id": request.id, "error": error}).to_string();
        };
        vars.insert(name.clone(), value);
    }
    match run(request.mode, &request.src, &vars, env) {
        Ok(value) => {
            let mut answer = typed::to_json(&value);
            if let Some(object) = answer.as_object_mut() {
                object.insert("id".into(), Json::String(request.id));
            }
            answer.to_string()
        }
        Err(diagnostics) => {
            let said: Vec<&str> = diagnostics.iter().map(|d| d.detail.as_str()).collect();
            json!({"id": request.id, "error": said.join(" ")}).to_string()
        }
    }
}
