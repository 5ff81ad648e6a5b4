//! The types of HCL values, and how several types become one.

use super::value::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The type of a value, or a constraint that values are converted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Any type; the type of an untyped null and of a wholly unknown value.
    Any,
    /// Unicode text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A sequence of one type.
    List(Arc<Type>),
    /// Unique values of one type.
    Set(Arc<Type>),
    /// Text keys to values of one type.
    Map(Arc<Type>),
    /// A sequence where each place has its own type.
    Tuple(Arc<[Type]>),
    /// Named attributes, each with its own type.
    Object(Arc<BTreeMap<String, Field>>),
}

/// One attribute of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// True for `optional(…)`: a missing attribute becomes the default or null.
    pub optional: bool,
    /// The second argument of `optional`; it also replaces null.
    pub default: Option<Value>,
}

impl Field {
    /// An attribute that must be there.
    pub fn required(ty: Type) -> Self {
        Self {
            ty,
            optional: false,
            default: None,
        }
    }
}

impl Type {
    /// `list(element)`.
    pub fn list(element: Type) -> Self {
        Type::List(Arc::new(element))
    }

    /// `set(element)`.
    pub fn set(element: Type) -> Self {
        Type::Set(Arc::new(element))
    }

    /// `map(element)`.
    pub fn map(element: Type) -> Self {
        Type::Map(Arc::new(element))
    }

    /// `tuple([…])`.
    pub fn tuple(elements: impl Into<Arc<[Type]>>) -> Self {
        Type::Tuple(elements.into())
    }

    /// `object({…})` of required attributes.
    pub fn object(attributes: impl IntoIterator<Item = (String, Type)>) -> Self {
        Type::Object(Arc::new(
            attributes
                .into_iter()
                .map(|(name, ty)| (name, Field::required(ty)))
                .collect(),
        ))
    }

    /// How to name it in a sentence: `string`, `list of number`, `object`.
    pub fn friendly_name(&self) -> String {
        match self {
            Type::Any => "any type".into(),
            Type::String => "string".into(),
            Type::Number => "number".into(),
            Type::Bool => "bool".into(),
            Type::List(element) => format!("list of {}", element.friendly_name()),
            Type::Set(element) => format!("set of {}", element.friendly_name()),
            Type::Map(element) => format!("map of {}", element.friendly_name()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    /// True when `Any` occurs nowhere in it.
    pub fn is_concrete(&self) -> bool {
        match self {
            Type::Any => false,
            Type::String | Type::Number | Type::Bool => true,
            Type::List(e) | Type::Set(e) | Type::Map(e) => e.is_concrete(),
            Type::Tuple(elements) => elements.iter().all(Type::is_concrete),
            Type::Object(fields) => fields.values().all(|f| f.ty.is_concrete()),
        }
    }

    /// True for string, number and bool.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::String | Type::Number | Type::Bool)
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(e) | Type::Set(e) | Type::Map(e) => Some(e),
            _ => None,
        }
    }
}

/// The syntax of a type constraint, as `variable` blocks write it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::String => f.write_str("string"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::List(e) => write!(f, "list({e})"),
            Type::Set(e) => write!(f, "set({e})"),
            Type::Map(e) => write!(f, "map({e})"),
            Type::Tuple(elements) => {
                let parts: Vec<_> = elements.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", parts.join(", "))
            }
            Type::Object(fields) => {
                let parts: Vec<_> = fields
                    .iter()
                    .map(|(name, field)| match field.optional {
                        true => format!("{name} = optional({})", field.ty),
                        false => format!("{name} = {}", field.ty),
                    })
                    .collect();
                write!(f, "object({{{}}})", parts.join(", "))
            }
        }
    }
}

/// Which conversions a unification may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only those that cannot fail whatever the value is.
    Safe,
    /// Also those that depend on the value, such as text to number.
    Unsafe,
}

/// True when values of type `from` can, as far as types tell, be converted to `to`.
pub fn convertible(from: &Type, to: &Type, mode: Mode) -> bool {
    match (from, to) {
        (_, Type::Any) | (Type::Any, _) => true,
        (Type::Number | Type::Bool, Type::String) => true,
        (Type::String, Type::Number | Type::Bool) => mode == Mode::Unsafe,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            convertible(a, b, mode)
        }
        (Type::Tuple(elements), Type::List(b) | Type::Set(b)) => {
            elements.iter().all(|a| convertible(a, b, mode))
        }
        (Type::Object(fields), Type::Map(b)) => fields.values().all(|a| convertible(&a.ty, b, mode)),
        (Type::Map(a), Type::Object(fields)) => {
            mode == Mode::Unsafe && fields.values().all(|b| convertible(a, &b.ty, mode))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| convertible(a, b, mode))
        }
        (Type::Object(a), Type::Object(b)) => b.iter().all(|(name, b)| match a.get(name) {
            Some(a) => convertible(&a.ty, &b.ty, mode),
            None => b.optional,
        }),
        _ => from == to,
    }
}

/// The one type that all of `types` convert to, chosen as HCL does; `None` when there is none.
pub fn unify(types: &[Type], mode: Mode) -> Option<Type> {
    let first = types.first()?;
    if types.iter().all(|t| t == first) {
        return Some(first.clone());
    }
    let count = |matches: fn(&Type) -> bool| types.iter().filter(|t| matches(t)).count();
    let dynamic = count(|t| matches!(t, Type::Any));
    let lists = count(|t| matches!(t, Type::List(_)));
    let sets = count(|t| matches!(t, Type::Set(_)));
    let maps = count(|t| matches!(t, Type::Map(_)));
    let tuples = count(|t| matches!(t, Type::Tuple(_)));
    let objects = count(|t| matches!(t, Type::Object(_)));
    let all = |n: usize| n > 0 && n + dynamic == types.len();

    if all(maps) || all(lists) || all(sets) || all(objects) || all(tuples) {
        if dynamic > 0 {
            return Some(Type::Any);
        }
        return match first {
            Type::Map(_) => unify_elements(types, mode).map(Type::map),
            Type::List(_) => unify_elements(types, mode).map(Type::list),
            Type::Set(_) => unify_elements(types, mode).map(Type::set),
            Type::Object(_) => unify_objects(types, mode),
            _ => unify_tuples(types, mode),
        };
    }
    if maps > 0 && all(maps + objects) {
        let found = unify_elements(types, mode).map(Type::map);
        if found.is_some() {
            return found;
        }
    }
    if lists > 0 && all(lists + tuples) {
        let found = unify_elements(types, mode).map(Type::list);
        if found.is_some() {
            return found;
        }
    }
    if objects > 0 && tuples > 0 {
        return None;
    }
    by_preference(types)
        .into_iter()
        .find(|want| types.iter().all(|t| t == *want || convertible(t, want, mode)))
        .cloned()
}

/// The types with those that others convert to first, otherwise in order.
fn by_preference(types: &[Type]) -> Vec<&Type> {
    let mut ordered: Vec<&Type> = types.iter().collect();
    ordered.sort_by_key(|t| match t {
        Type::Any => 0,
        Type::String => 1,
        Type::List(_) => 2,
        Type::Set(_) | Type::Map(_) => 3,
        _ => 4,
    });
    ordered
}

/// Unifies what the types hold, be they collections, tuples or objects.
fn unify_elements(types: &[Type], mode: Mode) -> Option<Type> {
    let mut held = Vec::new();
    for ty in types {
        match ty {
            Type::List(e) | Type::Set(e) | Type::Map(e) => held.push(Type::clone(e)),
            Type::Tuple(elements) => held.extend(elements.iter().cloned()),
            Type::Object(fields) => held.extend(fields.values().map(|f| f.ty.clone())),
            _ => {}
        }
    }
    if held.is_empty() {
        Some(Type::Any)
    } else {
        unify(&held, mode)
    }
}

fn unify_objects(types: &[Type], mode: Mode) -> Option<Type> {
    let fields: Vec<_> = types
        .iter()
        .filter_map(|t| {
            if let Type::Object(fields) = t {
                Some(fields)
            } else {
                None
            }
        })
        .collect();
    let first = fields.first()?;
    if fields.iter().any(|f| !f.keys().eq(first.keys())) {
        return unify_elements(types, mode).map(Type::map);
    }
    let mut unified = BTreeMap::new();
    for name in first.keys() {
        let across: Vec<Type> = fields
            .iter()
            .filter_map(|f| f.get(name).map(|f| f.ty.clone()))
            .collect();
        unified.insert(name.clone(), Field::required(unify(&across, mode)?));
    }
    Some(Type::Object(Arc::new(unified)))
}

fn unify_tuples(types: &[Type], mode: Mode) -> Option<Type> {
    let tuples: Vec<_> = types
        .iter()
        .filter_map(|t| if let Type::Tuple(e) = t { Some(e) } else { None })
        .collect();
    let first = tuples.first()?;
    if tuples.iter().any(|t| t.len() != first.len()) {
        return unify_elements(types, mode).map(Type::list);
    }
    let mut unified = Vec::new();
    for place in 0..first.len() {
        let across: Vec<Type> = tuples.iter().filter_map(|t| t.get(place).cloned()).collect();
        unified.push(unify(&across, mode)?);
    }
    Some(Type::tuple(unified))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unification_prefers_text() {
        use Type::{Bool, Number, String};
        assert_eq!(unify(&[Number, String], Mode::Safe), Some(String));
        assert_eq!(unify(&[Number, Bool], Mode::Unsafe), None);
        assert_eq!(
            unify(
                &[Type::tuple([Number]), Type::tuple([Number, String])],
                Mode::Safe
            ),
            Some(Type::list(String))
        );
        let object = |name: &str, ty| Type::object([(name.to_owned(), ty)]);
        assert_eq!(
            unify(&[object("a", Number), object("b", String)], Mode::Safe),
            Some(Type::map(String))
        );
        assert_eq!(
            unify(&[object("a", Number), object("a", String)], Mode::Safe),
            Some(object("a", String))
        );
        assert_eq!(
            unify(&[Type::list(Number), Type::set(String)], Mode::Unsafe),
            Some(Type::list(Number))
        );
    }

    #[test]
    fn types_print_as_constraints() {
        let ty = Type::object([
            ("a".to_owned(), Type::list(Type::Any)),
            ("b".to_owned(), Type::Bool),
        ]);
        assert_eq!(ty.to_string(), "object({a = list(any), b = bool})");
        assert_eq!(Type::list(Type::String).friendly_name(), "list of string");
    }
}
