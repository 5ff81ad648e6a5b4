//! Conversion of values to a type, by Terraform's rules.

use super::number::Number;
use super::types::{Field, Mode, Type, unify};
use super::value::{Value, View};
use std::collections::BTreeMap;
use std::fmt;

/// Why a value does not have, and cannot be given, the type that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertError {
    /// Where inside the value; empty for the value itself.
    pub path: Vec<Step>,
    /// What is wrong there, as a clause: `a number is required`.
    pub message: String,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The element at this place, from 0.
    Index(usize),
    /// The attribute or element of this name.
    Key(String),
}

impl ConvertError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            message: message.into(),
        }
    }

    fn inside(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }

    /// The path as it would be written after the value's name: `.rules[2].days`.
    pub fn path_text(&self) -> String {
        self.path
            .iter()
            .map(|step| match step {
                Step::Index(index) => format!("[{index}]"),
                Step::Key(key) => format!(".{key}"),
            })
            .collect()
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at {}: {}", self.path_text(), self.message)
        }
    }
}

impl std::error::Error for ConvertError {}

/// Gives `value` the type `ty`. Marks stay where they are, unknown values stay unknown.
///
/// # Errors
/// When no conversion exists, or the value does not allow it (`"x"` as a number).
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    let converted = match (value.view(), ty) {
        (_, Type::Any) => return Ok(value.clone()),
        (View::Null(_), _) => Value::null_of(without_optionals(ty)),
        (View::Unknown(from), _) => {
            if !super::types::convertible(from, ty, Mode::Unsafe) {
                return Err(mismatch(value, ty));
            }
            Value::unknown(without_optionals(ty))
        }
        (View::Bool(_), Type::Bool) | (View::Number(_), Type::Number) | (View::String(_), Type::String) => {
            return Ok(value.clone());
        }
        (View::Bool(b), Type::String) => Value::string(if b { "true" } else { "false" }),
        (View::Number(n), Type::String) => Value::string(n.to_string()),
        (View::String(text), Type::Number) => match Number::parse(text) {
            Some(number) => Value::number(number),
            None => return Err(ConvertError::new("a number is required")),
        },
        (View::String(text), Type::Bool) => match text {
            "true" | "1" => Value::bool(true),
            "false" | "0" => Value::bool(false),
            "True" | "TRUE" => {
                return Err(ConvertError::new(
                    "a bool is required; to convert from string, use lowercase \"true\"",
                ));
            }
            "False" | "FALSE" => {
                return Err(ConvertError::new(
                    "a bool is required; to convert from string, use lowercase \"false\"",
                ));
            }
            _ => return Err(ConvertError::new("a bool is required")),
        },
        (View::List(_, e) | View::Set(_, e) | View::Tuple(e), Type::List(element)) => {
            let (element, elements) = elements(e, element)?;
            Value::list_of(element, elements)
        }
        (View::List(_, e) | View::Set(_, e) | View::Tuple(e), Type::Set(element)) => {
            let (element, elements) = elements_of_set(e, element)?;
            Value::set_of(element, elements)
        }
        (View::Tuple(e), Type::Tuple(types)) => {
            if e.len() != types.len() {
                return Err(ConvertError::new(format!(
                    "a tuple of {} elements is required, this has {}",
                    types.len(),
                    e.len()
                )));
            }
            let converted: Result<Vec<_>, _> = e
                .iter()
                .zip(types.iter())
                .enumerate()
                .map(|(i, (e, ty))| convert(e, ty).map_err(|error| error.inside(Step::Index(i))))
                .collect();
            Value::tuple(converted?)
        }
        (View::Map(_, entries) | View::Object(entries), Type::Map(element)) => {
            let (element, entries) = entries_of_map(entries, element)?;
            Value::map_of(element, entries)
        }
        (View::Map(_, entries) | View::Object(entries), Type::Object(fields)) => {
            Value::object(attributes(entries, fields)?)
        }
        _ => return Err(mismatch(value, ty)),
    };
    // An empty collection has nothing to decide an open element type but its own.
    let converted = match (converted.view(), value.ty().element()) {
        (View::List(Type::Any, []), Some(own)) => Value::list_of(own.clone(), Vec::new()),
        (View::Set(Type::Any, []), Some(own)) => Value::set_of(own.clone(), Vec::new()),
        (View::Map(Type::Any, entries), Some(own)) if entries.is_empty() => {
            Value::map_of(own.clone(), BTreeMap::new())
        }
        _ => converted,
    };
    Ok(converted.marked_if(value.is_sensitive()))
}

/// The type of what a constraint makes: optional attributes are then always there.
pub fn without_optionals(ty: &Type) -> Type {
    match ty {
        Type::List(e) => Type::list(without_optionals(e)),
        Type::Set(e) => Type::set(without_optionals(e)),
        Type::Map(e) => Type::map(without_optionals(e)),
        Type::Tuple(elements) => Type::tuple(elements.iter().map(without_optionals).collect::<Vec<_>>()),
        Type::Object(fields) => Type::object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), without_optionals(&field.ty))),
        ),
        other => other.clone(),
    }
}

/// "a list of string is required, but this is a number".
fn mismatch(value: &Value, ty: &Type) -> ConvertError {
    ConvertError::new(format!(
        "{} is required, but this is {}",
        with_article(ty),
        with_article(&value.ty())
    ))
}

/// `a string`, `an object`.
pub fn with_article(ty: &Type) -> String {
    let name = ty.friendly_name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    if matches!(ty, Type::Any) {
        name
    } else {
        format!("{article} {name}")
    }
}

fn elements(elements: &[Value], element: &Type) -> Result<(Type, Vec<Value>), ConvertError> {
    let converted: Result<Vec<_>, _> = elements
        .iter()
        .enumerate()
        .map(|(i, e)| convert(e, element).map_err(|error| error.inside(Step::Index(i))))
        .collect();
    settle(converted?, element)
}

/// Places mean nothing in a set, so errors inside name no place.
fn elements_of_set(elements: &[Value], element: &Type) -> Result<(Type, Vec<Value>), ConvertError> {
    let converted: Result<Vec<_>, _> = elements.iter().map(|e| convert(e, element)).collect();
    settle(converted?, element)
}

fn entries_of_map(
    entries: &BTreeMap<String, Value>,
    element: &Type,
) -> Result<(Type, BTreeMap<String, Value>), ConvertError> {
    let mut keys = Vec::new();
    let mut values = Vec::new();
    for (key, value) in entries {
        values.push(convert(value, element).map_err(|error| error.inside(Step::Key(key.clone())))?);
        keys.push(key.clone());
    }
    let (element, values) = settle(values, element)?;
    Ok((element, keys.into_iter().zip(values).collect()))
}

/// Where the element type leaves a choice, the elements' own types decide it.
fn settle(values: Vec<Value>, element: &Type) -> Result<(Type, Vec<Value>), ConvertError> {
    let element = without_optionals(element);
    if element.is_concrete() || values.is_empty() {
        return Ok((element, values));
    }
    let types: Vec<Type> = values.iter().map(Value::ty).collect();
    let Some(ty) = unify(&types, Mode::Unsafe) else {
        return Err(ConvertError::new("all elements must have the same type"));
    };
    let values: Result<Vec<_>, _> = values.iter().map(|v| convert(v, &ty)).collect();
    Ok((ty, values?))
}

fn attributes(
    entries: &BTreeMap<String, Value>,
    fields: &BTreeMap<String, Field>,
) -> Result<BTreeMap<String, Value>, ConvertError> {
    let missing: Vec<String> = fields
        .iter()
        .filter(|(name, field)| !field.optional && !entries.contains_key(*name))
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(ConvertError::new(format!("the attribute {one} is required"))),
        several => {
            return Err(ConvertError::new(format!(
                "the attributes {} are required",
                several.join(", ")
            )));
        }
    }
    let mut converted = BTreeMap::new();
    for (name, field) in fields {
        let given = entries.get(name);
        let absent = given.is_none_or(Value::is_null);
        let source = match (&field.default, given) {
            (Some(default), _) if absent => default.clone(),
            (_, Some(given)) => given.clone(),
            (_, None) => Value::null_of(field.ty.clone()),
        };
        let value = convert(&source, &field.ty).map_err(|error| error.inside(Step::Key(name.clone())))?;
        converted.insert(name.clone(), value);
    }
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(pairs: &[(&str, Value)]) -> Value {
        Value::object(pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect())
    }

    #[test]
    fn primitives() {
        assert_eq!(
            convert(&Value::int(5), &Type::String).unwrap(),
            Value::string("5")
        );
        assert_eq!(
            convert(&Value::string("5"), &Type::Number).unwrap(),
            Value::int(5)
        );
        assert_eq!(
            convert(&Value::string("true"), &Type::Bool).unwrap(),
            Value::bool(true)
        );
        assert_eq!(
            convert(&Value::bool(true), &Type::String).unwrap(),
            Value::string("true")
        );
        assert!(convert(&Value::int(1), &Type::Bool).is_err());
        assert!(convert(&Value::bool(true), &Type::Number).is_err());
    }

    #[test]
    fn an_open_element_type_is_unified() {
        let tuple = Value::tuple(vec![Value::int(1), Value::string("a")]);
        let list = convert(&tuple, &Type::list(Type::Any)).unwrap();
        assert_eq!(list.ty(), Type::list(Type::String));
        let mixed = Value::tuple(vec![Value::int(1), Value::tuple(vec![])]);
        assert!(convert(&mixed, &Type::list(Type::Any)).is_err());
    }

    #[test]
    fn optional_attributes_take_defaults_also_for_null() {
        let field = Field {
            ty: Type::Number,
            optional: true,
            default: Some(Value::int(7)),
        };
        let ty = Type::Object(std::sync::Arc::new(BTreeMap::from([("n".to_owned(), field)])));
        assert_eq!(
            convert(&object(&[]), &ty).unwrap(),
            object(&[("n", Value::int(7))])
        );
        assert_eq!(
            convert(&object(&[("n", Value::null())]), &ty).unwrap(),
            object(&[("n", Value::int(7))])
        );
    }

    #[test]
    fn errors_say_where() {
        let ty = Type::object([("a".to_owned(), Type::list(Type::Number))]);
        let value = object(&[("a", Value::tuple(vec![Value::int(1), Value::string("x")]))]);
        assert_eq!(
            convert(&value, &ty).unwrap_err().to_string(),
            "at .a[1]: a number is required"
        );
        let missing = convert(&object(&[]), &ty).unwrap_err();
        assert_eq!(missing.to_string(), "the attribute \"a\" is required");
    }

    #[test]
    fn marks_stay() {
        let value = Value::tuple(vec![Value::int(1).mark_sensitive()]);
        let list = convert(&value, &Type::list(Type::String)).unwrap();
        assert!(!list.is_sensitive());
        assert!(list.as_sequence().unwrap()[0].is_sensitive());
    }
}
