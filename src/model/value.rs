//! Evaluated values: data, what is not known yet, and the sensitive mark.

use super::number::Number;
use super::types::{Field, Mode, Type, unify};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

/// One value of the language. Cloning is cheap whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    data: Data,
    sensitive: bool,
    /// Levels below; what holds nothing has 0.
    depth: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data {
    Null(Type),
    Unknown(Type),
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    List(Type, Arc<[Value]>),
    /// Sorted and without duplicates.
    Set(Type, Arc<[Value]>),
    Map(Type, Arc<BTreeMap<String, Value>>),
    Tuple(Arc<[Value]>),
    Object(Arc<BTreeMap<String, Value>>),
}

/// A borrowed look at what a value holds, to match on.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    /// Nothing, with the type it would have.
    Null(&'a Type),
    /// Not known until an apply.
    Unknown(&'a Type),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// Text.
    String(&'a str),
    /// A sequence of one type, which comes first.
    List(&'a Type, &'a [Value]),
    /// Unique values of one type, in order.
    Set(&'a Type, &'a [Value]),
    /// Keys to values of one type.
    Map(&'a Type, &'a BTreeMap<String, Value>),
    /// A sequence of mixed types.
    Tuple(&'a [Value]),
    /// Named attributes.
    Object(&'a BTreeMap<String, Value>),
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        let below = match &data {
            Data::List(_, e) | Data::Set(_, e) | Data::Tuple(e) => e.iter().map(Value::depth_above).max(),
            Data::Map(_, e) | Data::Object(e) => e.values().map(Value::depth_above).max(),
            _ => None,
        };
        Value {
            data,
            sensitive: false,
            depth: below.unwrap_or(0),
        }
    }
}

/// Text in Unicode normal form C, as every string of the language is.
pub fn normalized(text: &str) -> String {
    if is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn normalize_keys(entries: BTreeMap<String, Value>) -> Arc<BTreeMap<String, Value>> {
    if entries.keys().all(|k| k.is_ascii()) {
        Arc::new(entries)
    } else {
        Arc::new(entries.into_iter().map(|(k, v)| (normalized(&k), v)).collect())
    }
}

impl Value {
    /// Null of no particular type.
    pub fn null() -> Value {
        Data::Null(Type::Any).into()
    }

    /// Null of a type.
    pub fn null_of(ty: Type) -> Value {
        Data::Null(ty).into()
    }

    /// A boolean.
    pub fn bool(value: bool) -> Value {
        Data::Bool(value).into()
    }

    /// Text; it is normalised to NFC.
    pub fn string(text: impl AsRef<str>) -> Value {
        Data::String(normalized(text.as_ref()).into()).into()
    }

    /// A whole number.
    pub fn int(value: i64) -> Value {
        Data::Number(Number::from(value)).into()
    }

    /// A number.
    pub fn number(value: Number) -> Value {
        Data::Number(value).into()
    }

    /// A length as a number.
    pub fn count(value: usize) -> Value {
        Value::int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A list whose element type is that of its elements, unified.
    /// Elements that do not unify stay as they are, in a list of any type.
    pub fn list(elements: Vec<Value>) -> Value {
        let (ty, elements) = unified(elements);
        Value::list_of(ty, elements)
    }

    /// A list of elements that already have the type `ty`.
    pub fn list_of(ty: Type, elements: Vec<Value>) -> Value {
        Data::List(ty, elements.into()).into()
    }

    /// A set whose element type is that of its elements, unified.
    pub fn set(elements: Vec<Value>) -> Value {
        let (ty, elements) = unified(elements);
        Value::set_of(ty, elements)
    }

    /// A set of elements that already have the type `ty`. A sensitive element makes
    /// the whole set sensitive, since its place in the order would tell of it.
    pub fn set_of(ty: Type, elements: Vec<Value>) -> Value {
        let sensitive = elements.iter().any(Value::contains_sensitive);
        let mut elements: Vec<Value> = if sensitive {
            elements.iter().map(Value::without_marks).collect()
        } else {
            elements
        };
        elements.sort_by(Value::order);
        elements.dedup();
        Value::from(Data::Set(ty, elements.into())).marked_if(sensitive)
    }

    /// A map whose element type is that of its values, unified.
    pub fn map(entries: BTreeMap<String, Value>) -> Value {
        let (keys, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let (ty, values) = unified(values);
        Value::map_of(ty, keys.into_iter().zip(values).collect())
    }

    /// A map of values that already have the type `ty`.
    pub fn map_of(ty: Type, entries: BTreeMap<String, Value>) -> Value {
        Data::Map(ty, normalize_keys(entries)).into()
    }

    /// A sequence of mixed types, as `[…]` makes it.
    pub fn tuple(elements: Vec<Value>) -> Value {
        Data::Tuple(elements.into()).into()
    }

    /// Named attributes of mixed types, as `{…}` makes it.
    pub fn object(attributes: BTreeMap<String, Value>) -> Value {
        Data::Object(normalize_keys(attributes)).into()
    }

    /// A value of a type that only an apply can decide.
    pub fn unknown(ty: Type) -> Value {
        Data::Unknown(ty).into()
    }

    /// What it holds.
    pub fn view(&self) -> View<'_> {
        match &self.data {
            Data::Null(ty) => View::Null(ty),
            Data::Unknown(ty) => View::Unknown(ty),
            Data::Bool(b) => View::Bool(*b),
            Data::Number(n) => View::Number(n),
            Data::String(s) => View::String(s),
            Data::List(ty, e) => View::List(ty, e),
            Data::Set(ty, e) => View::Set(ty, e),
            Data::Map(ty, e) => View::Map(ty, e),
            Data::Tuple(e) => View::Tuple(e),
            Data::Object(e) => View::Object(e),
        }
    }

    /// True for null of any type.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// True when this value itself is unknown; what it holds is not looked at.
    pub fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown(_))
    }

    /// True when neither it nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        !self.is_unknown() && self.children().all(Value::is_wholly_known)
    }

    /// True when this value itself is sensitive; what it holds is not looked at.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// True when it or anything in it is sensitive.
    pub fn contains_sensitive(&self) -> bool {
        self.sensitive || self.children().any(Value::contains_sensitive)
    }

    /// The same value, marked sensitive.
    #[must_use]
    pub fn mark_sensitive(mut self) -> Value {
        self.sensitive = true;
        self
    }

    /// The same value, sensitive when it was or when `sensitive` is true.
    #[must_use]
    pub fn marked_if(mut self, sensitive: bool) -> Value {
        self.sensitive |= sensitive;
        self
    }

    /// The same value without its own mark; marks inside stay.
    #[must_use]
    pub fn unmarked(&self) -> Value {
        Value {
            sensitive: false,
            ..self.clone()
        }
    }

    /// The same value without any mark, at any depth.
    #[must_use]
    pub fn without_marks(&self) -> Value {
        if !self.contains_sensitive() {
            return self.clone();
        }
        let list = |elements: &Arc<[Value]>| elements.iter().map(Value::without_marks).collect();
        let map = |entries: &Arc<BTreeMap<String, Value>>| {
            Arc::new(
                entries
                    .iter()
                    .map(|(k, v)| (k.clone(), v.without_marks()))
                    .collect(),
            )
        };
        match &self.data {
            Data::List(ty, e) => Data::List(ty.clone(), list(e)),
            Data::Set(ty, e) => Data::Set(ty.clone(), list(e)),
            Data::Tuple(e) => Data::Tuple(list(e)),
            Data::Map(ty, e) => Data::Map(ty.clone(), map(e)),
            Data::Object(e) => Data::Object(map(e)),
            other => other.clone(),
        }
        .into()
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        match &self.data {
            Data::Null(ty) | Data::Unknown(ty) => ty.clone(),
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) => Type::String,
            Data::List(ty, _) => Type::list(ty.clone()),
            Data::Set(ty, _) => Type::set(ty.clone()),
            Data::Map(ty, _) => Type::map(ty.clone()),
            Data::Tuple(elements) => Type::tuple(elements.iter().map(Value::ty).collect::<Vec<_>>()),
            Data::Object(attributes) => Type::Object(Arc::new(
                attributes
                    .iter()
                    .map(|(k, v)| (k.clone(), Field::required(v.ty())))
                    .collect(),
            )),
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.data {
            Data::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub fn as_sequence(&self) -> Option<&[Value]> {
        match &self.data {
            Data::List(_, e) | Data::Set(_, e) | Data::Tuple(e) => Some(e),
            _ => None,
        }
    }

    /// The entries of a map or object.
    pub fn as_entries(&self) -> Option<&BTreeMap<String, Value>> {
        match &self.data {
            Data::Map(_, e) | Data::Object(e) => Some(e),
            _ => None,
        }
    }

    /// An attribute of an object or an element of a map.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_entries()?.get(name)
    }

    /// The entries of a map or object in key order; nothing for other values.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.as_entries()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.as_str(), v))
    }

    /// How many levels of lists, maps and the like are below it.
    pub fn depth(&self) -> u16 {
        self.depth
    }

    fn depth_above(&self) -> u16 {
        self.depth.saturating_add(1)
    }

    /// What it holds, one level down.
    pub fn children(&self) -> impl Iterator<Item = &Value> {
        let elements = self.as_sequence().unwrap_or(&[]);
        elements
            .iter()
            .chain(self.as_entries().into_iter().flat_map(BTreeMap::values))
    }

    /// As JSON. Unknown values become null: ask [`Value::is_wholly_known`] first where it matters.
    /// Numbers beyond 64 bits keep the precision of a 64-bit float.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.data {
            Data::Null(_) | Data::Unknown(_) => Json::Null,
            Data::Bool(b) => Json::Bool(*b),
            Data::Number(n) => match n.to_i64() {
                Some(n) => Json::from(n),
                None => Json::from(n.to_f64()),
            },
            Data::String(s) => Json::String(s.to_string()),
            Data::List(_, e) | Data::Set(_, e) | Data::Tuple(e) => {
                Json::Array(e.iter().map(Value::to_json).collect())
            }
            Data::Map(_, e) | Data::Object(e) => {
                Json::Object(e.iter().map(|(k, v)| (k.clone(), v.to_json())).collect())
            }
        }
    }

    /// From JSON: arrays become tuples, objects become objects.
    pub fn from_json(json: &serde_json::Value) -> Value {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::null(),
            Json::Bool(b) => Value::bool(*b),
            Json::Number(n) => Number::parse(&n.to_string()).map_or_else(Value::null, Value::number),
            Json::String(s) => Value::string(s),
            Json::Array(elements) => Value::tuple(elements.iter().map(Value::from_json).collect()),
            Json::Object(entries) => Value::object(
                entries
                    .iter()
                    .map(|(k, v)| (k.clone(), Value::from_json(v)))
                    .collect(),
            ),
        }
    }

    /// The order of a set's elements: text by code point, numbers by size, false before true,
    /// everything else by what it holds; unknown values last, nulls before them.
    pub fn order(&self, other: &Value) -> Ordering {
        fn rank(data: &Data) -> u8 {
            match data {
                Data::Bool(_) => 0,
                Data::Number(_) => 1,
                Data::String(_) => 2,
                Data::List(..) => 3,
                Data::Set(..) => 4,
                Data::Map(..) => 5,
                Data::Tuple(_) => 6,
                Data::Object(_) => 7,
                Data::Null(_) => 8,
                Data::Unknown(_) => 9,
            }
        }
        fn by_elements(a: &[Value], b: &[Value]) -> Ordering {
            a.iter()
                .zip(b)
                .map(|(a, b)| a.order(b))
                .find(|o| o.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        fn by_entries(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Ordering {
            a.iter()
                .zip(b)
                .map(|((ak, av), (bk, bv))| ak.cmp(bk).then_with(|| av.order(bv)))
                .find(|o| o.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        match (&self.data, &other.data) {
            (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
            (Data::Number(a), Data::Number(b)) => a.cmp(b),
            (Data::String(a), Data::String(b)) => a.cmp(b),
            (Data::List(_, a), Data::List(_, b))
            | (Data::Set(_, a), Data::Set(_, b))
            | (Data::Tuple(a), Data::Tuple(b)) => by_elements(a, b),
            (Data::Map(_, a), Data::Map(_, b)) | (Data::Object(a), Data::Object(b)) => by_entries(a, b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

/// The elements converted to their unified type.
fn unified(elements: Vec<Value>) -> (Type, Vec<Value>) {
    let types: Vec<Type> = elements.iter().map(Value::ty).collect();
    let Some(ty) = unify(&types, Mode::Safe) else {
        return (Type::Any, elements);
    };
    let converted: Result<Vec<_>, _> = elements.iter().map(|e| super::convert::convert(e, &ty)).collect();
    match converted {
        Ok(elements) => (ty, elements),
        Err(_) => (Type::Any, elements),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalised() {
        assert_eq!(Value::string("e\u{301}").as_str(), Some("é"));
    }

    #[test]
    fn sets_are_sorted_unique_and_take_marks() {
        let set = Value::set(vec![Value::int(2), Value::int(1), Value::int(2).mark_sensitive()]);
        assert_eq!(set.as_sequence().map(<[Value]>::len), Some(2));
        assert!(set.is_sensitive());
        assert!(set.children().all(|v| !v.is_sensitive()));
    }

    #[test]
    fn json_there_and_back() {
        let json = serde_json::json!({"a": [1, 2.5, "x", null, true], "b": {"c": 1e30}});
        assert_eq!(Value::from_json(&json).to_json(), json);
    }

    #[test]
    fn known_and_sensitive_look_inside() {
        let value = Value::tuple(vec![Value::unknown(Type::String), Value::int(1).mark_sensitive()]);
        assert!(!value.is_unknown() && !value.is_wholly_known());
        assert!(!value.is_sensitive() && value.contains_sensitive());
        assert!(!value.without_marks().contains_sensitive());
    }
}
