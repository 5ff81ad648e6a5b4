//! Regular expressions and replacement.

use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param, text_of};
use crate::model::types::Type;
use crate::model::value::Value;
use regex::{Captures, Regex, RegexBuilder};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "regex",
        &[param("pattern", Kind::String), param("string", Kind::String)],
        Returns::Any,
        regex,
    ),
    function(
        "regexall",
        &[param("pattern", Kind::String), param("string", Kind::String)],
        Returns::Any,
        regexall,
    ),
    function(
        "replace",
        &[
            param("str", Kind::String),
            param("substr", Kind::String),
            param("replace", Kind::String),
        ],
        Returns::String,
        replace,
    ),
];

/// Bytes of a compiled pattern; the engine's time is linear, its memory is not.
const MAX_PATTERN: usize = 10 << 20;

fn compile(pattern: &str, argument: usize) -> Result<Regex, CallError> {
    RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN)
        .build()
        .map_err(|error| {
            let reason = error.to_string();
            let last = reason
                .lines()
                .last()
                .unwrap_or("")
                .trim()
                .trim_start_matches("error: ")
                .to_owned();
            blame(argument, format!("the pattern is not valid: {last}"))
        })
}

/// The whole match, a list of unnamed groups, or an object of named ones.
fn shape(regex: &Regex, captures: &Captures<'_>, argument: usize) -> Outcome {
    let group = |m: Option<regex::Match<'_>>| match m {
        Some(m) => Value::string(m.as_str()),
        None => Value::null_of(Type::String),
    };
    let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(group(captures.get(0)));
    }
    let named = names.iter().flatten().count();
    if named == 0 {
        return Ok(Value::tuple(
            (1..=names.len()).map(|i| group(captures.get(i))).collect(),
        ));
    }
    if named != names.len() {
        return Err(blame(argument, "either all groups have names or none"));
    }
    let attributes: BTreeMap<String, Value> = names
        .iter()
        .flatten()
        .map(|name| ((*name).to_owned(), group(captures.name(name))))
        .collect();
    Ok(Value::object(attributes))
}

fn regex(args: &[Value], _: &Context<'_>) -> Outcome {
    let pattern = compile(text_of(args, 0), 0)?;
    match pattern.captures(text_of(args, 1)) {
        Some(captures) => shape(&pattern, &captures, 0),
        None => Err(blame(1, "the pattern does not match")),
    }
}

fn regexall(args: &[Value], _: &Context<'_>) -> Outcome {
    let pattern = compile(text_of(args, 0), 0)?;
    let matches: Result<Vec<_>, _> = pattern
        .captures_iter(text_of(args, 1))
        .map(|c| shape(&pattern, &c, 0))
        .collect();
    let matches = matches?;
    if matches.is_empty() {
        return Ok(Value::list_of(shape_type(&pattern), matches));
    }
    let ty = shape_type(&pattern);
    Ok(Value::list_of(ty, matches))
}

fn shape_type(regex: &Regex) -> Type {
    let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    if names.is_empty() {
        Type::String
    } else if names.iter().flatten().count() == 0 {
        Type::tuple(vec![Type::String; names.len()])
    } else {
        Type::object(
            names
                .iter()
                .flatten()
                .map(|name| ((*name).to_owned(), Type::String)),
        )
    }
}

/// A text between slashes is a pattern, and then `$1` and `${name}` stand for groups.
fn replace(args: &[Value], _: &Context<'_>) -> Outcome {
    let (text, search, with) = (text_of(args, 0), text_of(args, 1), text_of(args, 2));
    let pattern = search
        .strip_prefix('/')
        .and_then(|s| s.strip_suffix('/'))
        .filter(|_| search.len() > 1);
    match pattern {
        Some(pattern) => Ok(Value::string(compile(pattern, 1)?.replace_all(text, with))),
        None => Ok(Value::string(text.replace(search, with))),
    }
}
