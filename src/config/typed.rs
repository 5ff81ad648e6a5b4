//! Values with their types as JSON: `{"type": ["list", "string"], "value": [...]}`.
//!
//! The form of `console --batch`: types as Terraform's own JSON writes them, numbers as
//! decimal text, `unknown` and `sensitive` beside the type.

use crate::model::number::Number;
use crate::model::types::{Field, Type};
use crate::model::value::{Value, View};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A type as JSON: `"string"`, `["list", "number"]`, `["object", {…}]`; any type is `"dynamic"`.
pub fn type_to_json(ty: &Type) -> Json {
    match ty {
        Type::Any => json!("dynamic"),
        Type::String => json!("string"),
        Type::Number => json!("number"),
        Type::Bool => json!("bool"),
        Type::List(e) => json!(["list", type_to_json(e)]),
        Type::Set(e) => json!(["set", type_to_json(e)]),
        Type::Map(e) => json!(["map", type_to_json(e)]),
        Type::Tuple(elements) => json!(["tuple", elements.iter().map(type_to_json).collect::<Vec<_>>()]),
        Type::Object(fields) => {
            let fields: Map<String, Json> = fields
                .iter()
                .map(|(name, field)| (name.clone(), type_to_json(&field.ty)))
                .collect();
            json!(["object", fields])
        }
    }
}

/// Reads what [`type_to_json`] writes; `None` for anything else.
pub fn type_from_json(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "dynamic" => Some(Type::Any),
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            _ => None,
        };
    }
    let [kind, inner] = json.as_array()?.as_slice() else {
        return None;
    };
    match kind.as_str()? {
        "list" => type_from_json(inner).map(Type::list),
        "set" => type_from_json(inner).map(Type::set),
        "map" => type_from_json(inner).map(Type::map),
        "tuple" => {
            let types: Option<Vec<_>> = inner.as_array()?.iter().map(type_from_json).collect();
            types.map(Type::tuple)
        }
        "object" => {
            let fields: Option<BTreeMap<String, Field>> = inner
                .as_object()?
                .iter()
                .map(|(name, ty)| Some((name.clone(), Field::required(type_from_json(ty)?))))
                .collect();
            fields.map(|fields| Type::Object(Arc::new(fields)))
        }
        _ => None,
    }
}

/// A value with its type.
pub fn to_json(value: &Value) -> Json {
    let mut out = Map::new();
    out.insert("type".into(), type_to_json(&value.ty()));
    if value.is_sensitive() {
        out.insert("sensitive".into(), Json::Bool(true));
    }
    let held = match value.view() {
        View::Unknown(_) => {
            out.insert("unknown".into(), Json::Bool(true));
            return Json::Object(out);
        }
        View::Null(_) => Json::Null,
        View::Bool(b) => Json::Bool(b),
        View::Number(n) => Json::String(n.to_string()),
        View::String(text) => Json::String(text.to_owned()),
        View::List(_, e) | View::Set(_, e) | View::Tuple(e) => Json::Array(e.iter().map(to_json).collect()),
        View::Map(_, e) | View::Object(e) => {
            Json::Object(e.iter().map(|(k, v)| (k.clone(), to_json(v))).collect())
        }
    };
    out.insert("value".into(), held);
    Json::Object(out)
}

/// Reads what [`to_json`] writes; `None` for anything else. A value that does not have the
/// type it claims is refused.
pub fn from_json(json: &Json) -> Option<Value> {
    let object = json.as_object()?;
    let ty = type_from_json(object.get("type")?)?;
    let sensitive = object.get("sensitive").and_then(Json::as_bool).unwrap_or(false);
    if object.get("unknown").and_then(Json::as_bool) == Some(true) {
        return Some(Value::unknown(ty).marked_if(sensitive));
    }
    let held = object.get("value")?;
    if held.is_null() {
        return Some(Value::null_of(ty).marked_if(sensitive));
    }
    let list = || -> Option<Vec<Value>> { held.as_array()?.iter().map(from_json).collect() };
    let entries = || -> Option<BTreeMap<String, Value>> {
        held.as_object()?
            .iter()
            .map(|(k, v)| Some((k.clone(), from_json(v)?)))
            .collect()
    };
    let value = match ty {
        Type::Any => return None,
        Type::String => Value::string(held.as_str()?),
        Type::Bool => Value::bool(held.as_bool()?),
        Type::Number => Value::number(Number::parse(held.as_str()?)?),
        Type::List(e) => Value::list_of(Type::clone(&e), list()?),
        Type::Set(e) => Value::set_of(Type::clone(&e), list()?),
        Type::Map(e) => Value::map_of(Type::clone(&e), entries()?),
        Type::Tuple(_) => Value::tuple(list()?),
        Type::Object(_) => Value::object(entries()?),
    };
    Some(value.marked_if(sensitive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in [
            r#"{"type":"number","value":"18446744073709551616"}"#,
            r#"{"type":["list","string"],"value":[{"type":"string","value":"a","sensitive":true}]}"#,
            r#"{"type":["map","bool"],"unknown":true,"sensitive":true}"#,
            r#"{"type":["object",{"a":"dynamic"}],"value":{"a":{"type":"dynamic","value":null}}}"#,
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(to_json(&from_json(&json).unwrap()), json);
        }
        assert!(from_json(&json!({"type": "number", "value": 1})).is_none());
    }
}
