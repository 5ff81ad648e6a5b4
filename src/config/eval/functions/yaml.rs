//! `yamlencode` and `yamldecode`.

use super::encoding::write_json_text;
use super::{CallError, Context, Function, Kind, Outcome, Returns, arg, blame, function, param, text_of};
use crate::model::number::Number;
use crate::model::value::{Value, View};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "yamldecode",
        &[param("src", Kind::String)],
        Returns::Any,
        yamldecode,
    ),
    function(
        "yamlencode",
        &[param("value", Kind::Any).null()],
        Returns::String,
        |args, _| {
            let mut out = String::new();
            let value = arg(args, 0);
            write(&value, 0, Place::Top, &mut out);
            // A bare scalar is followed by the end-of-document mark.
            if matches!(value.view(), View::Null(_) | View::Bool(_) | View::Number(_)) {
                out.push_str("...\n");
            }
            Ok(Value::string(out))
        },
    ),
];

fn yamldecode(args: &[Value], _: &Context<'_>) -> Outcome {
    let text = text_of(args, 0);
    let yaml: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(text).map_err(|error| blame(0, format!("not YAML: {error}")))?;
    read(yaml)
}

fn read(yaml: serde_yaml_ng::Value) -> Outcome {
    use serde_yaml_ng::Value as Yaml;
    Ok(match yaml {
        Yaml::Null => Value::null(),
        Yaml::Bool(b) => Value::bool(b),
        Yaml::Number(n) => {
            let text = n.to_string();
            let number = Number::parse(&text).or_else(|| n.as_f64().and_then(Number::from_f64));
            Value::number(number.ok_or_else(|| CallError::from(format!("{text} is not a finite number")))?)
        }
        Yaml::String(text) => Value::string(text),
        Yaml::Sequence(elements) => Value::tuple(elements.into_iter().map(read).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut attributes: BTreeMap<String, Value> = BTreeMap::new();
            let mut merged: BTreeMap<String, Value> = BTreeMap::new();
            for (key, value) in entries {
                let value = read(value)?;
                match read(key)? {
                    key if key.as_str() == Some("<<") => {
                        merged.extend(value.entries().map(|(k, v)| (k.to_owned(), v.clone())));
                    }
                    key => {
                        let text = crate::model::convert::convert(&key, &crate::model::types::Type::String);
                        let text = text.ok().and_then(|t| t.as_str().map(str::to_owned));
                        attributes.insert(text.ok_or_else(|| CallError::from("a key must be text"))?, value);
                    }
                }
            }
            merged.extend(attributes);
            Value::object(merged)
        }
        Yaml::Tagged(tagged) => return Err(blame(0, format!("the tag {} is not supported", tagged.tag))),
    })
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    AfterKey,
    AfterDash,
}

/// Block style with quoted text, as Terraform prints it.
fn write(value: &Value, indent: usize, place: Place, out: &mut String) {
    match value.view() {
        View::Map(_, entries) | View::Object(entries) if !entries.is_empty() => {
            if place == Place::AfterKey {
                out.push('\n');
            }
            for (position, (key, element)) in entries.iter().enumerate() {
                if !(position == 0 && place == Place::AfterDash) {
                    out.push_str(&" ".repeat(indent));
                }
                write_json_text_plain(key, out);
                out.push(':');
                // A list stands at the indentation of its key.
                let deeper = if element.as_sequence().is_some() {
                    indent
                } else {
                    indent + 2
                };
                write(element, deeper, Place::AfterKey, out);
            }
        }
        View::List(_, e) | View::Set(_, e) | View::Tuple(e) if !e.is_empty() => {
            if place == Place::AfterKey {
                out.push('\n');
            }
            for (position, element) in e.iter().enumerate() {
                if !(position == 0 && place == Place::AfterDash) {
                    out.push_str(&" ".repeat(indent));
                }
                out.push('-');
                let scalar = element.as_sequence().is_none_or(<[Value]>::is_empty)
                    && element.as_entries().is_none_or(BTreeMap::is_empty);
                if !scalar {
                    out.push(' ');
                }
                write(element, indent + 2, Place::AfterDash, out);
            }
        }
        _ => {
            if place != Place::Top {
                out.push(' ');
            }
            write_scalar(value, indent, out);
            out.push('\n');
        }
    }
}

fn write_scalar(value: &Value, indent: usize, out: &mut String) {
    match value.view() {
        View::Null(_) | View::Unknown(_) => out.push_str("null"),
        View::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        View::Number(n) => out.push_str(&n.to_string()),
        View::String(text) => write_text(text, indent, out),
        View::List(..) | View::Set(..) | View::Tuple(_) => out.push_str("[]"),
        View::Map(..) | View::Object(_) => out.push_str("{}"),
    }
}

/// Text of several lines is a literal block, when a literal block can hold it.
fn write_text(text: &str, indent: usize, out: &mut String) {
    let literal = text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control())
        && text.lines().all(|line| !line.ends_with(' '));
    if !literal {
        return write_json_text_plain(text, out);
    }
    let chomp = if !text.ends_with('\n') {
        "-"
    } else if text.ends_with("\n\n") {
        "+"
    } else {
        ""
    };
    out.push('|');
    out.push_str(chomp);
    let pad = " ".repeat(indent.max(2));
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&pad);
            out.push_str(line);
        }
    }
}

/// Double quotes; unlike JSON for browsers, `<`, `>` and `&` stand as they are.
fn write_json_text_plain(text: &str, out: &mut String) {
    let mut quoted = String::new();
    write_json_text(text, &mut quoted);
    out.push_str(
        &quoted
            .replace("\\u003c", "<")
            .replace("\\u003e", ">")
            .replace("\\u0026", "&"),
    );
}
