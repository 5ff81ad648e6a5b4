//! `{a = b}`, `[for …]` and `{for …}`.

use super::{Scope, evaluate, evaluation_error, failed};
use crate::diag::{Diagnostics, Span};
use crate::model::convert::{convert, with_article};
use crate::model::types::Type;
use crate::model::value::{Value, View, normalized};
use crate::syntax::ast::{Expr, For, ObjectKey};
use std::collections::BTreeMap;

pub(super) fn object(items: &[(ObjectKey, Expr)], scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    let mut attributes = BTreeMap::new();
    let mut known = true;
    let mut sensitive = false;
    for (key, expr) in items {
        let key = match key {
            ObjectKey::Name(name) => Key::Text(normalized(&name.text), false),
            ObjectKey::Expr(key) => {
                let value = evaluate(key, scope, diagnostics);
                text_key(&value, key.span, diagnostics)
            }
        };
        let value = evaluate(expr, scope, diagnostics);
        match key {
            Key::Text(text, marked) => {
                sensitive |= marked;
                attributes.insert(text, value);
            }
            Key::Unknown(marked) => {
                sensitive |= marked;
                known = false;
            }
        }
    }
    let value = if known {
        Value::object(attributes)
    } else {
        failed()
    };
    value.marked_if(sensitive)
}

/// A key as text, and whether it is sensitive.
enum Key {
    Text(String, bool),
    /// Not known, or not usable, which has then been reported.
    Unknown(bool),
}

fn text_key(value: &Value, span: Span, diagnostics: &mut Diagnostics) -> Key {
    let marked = value.is_sensitive();
    if value.is_null() {
        evaluation_error(diagnostics, span, "The key of an object must not be null.");
        return Key::Unknown(marked);
    }
    match convert(value, &Type::String) {
        Ok(key) => match key.as_str() {
            Some(text) => Key::Text(text.to_owned(), marked),
            None => Key::Unknown(marked),
        },
        Err(_) => {
            let detail = format!(
                "The key of an object must be text, but this is {}.",
                with_article(&value.ty())
            );
            evaluation_error(diagnostics, span, detail);
            Key::Unknown(marked)
        }
    }
}

/// What `for` walks: pairs of key and value.
pub(super) enum Walk {
    Pairs(Vec<(Value, Value)>),
    /// Unknown, or reported as not walkable.
    Nothing,
}

/// The pairs of a collection in its order; `span` is where to report what cannot be walked.
pub(super) fn walk(collection: &Value, span: Span, diagnostics: &mut Diagnostics) -> Walk {
    match collection.view() {
        View::Null(_) => {
            evaluation_error(diagnostics, span, "A null value cannot be iterated over.");
            Walk::Nothing
        }
        View::Unknown(
            Type::Any | Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Tuple(_) | Type::Object(_),
        ) => Walk::Nothing,
        View::List(_, elements) | View::Tuple(elements) => Walk::Pairs(
            elements
                .iter()
                .enumerate()
                .map(|(i, e)| (Value::count(i), e.clone()))
                .collect(),
        ),
        View::Set(_, elements) => Walk::Pairs(elements.iter().map(|e| (e.clone(), e.clone())).collect()),
        View::Map(_, entries) | View::Object(entries) => Walk::Pairs(
            entries
                .iter()
                .map(|(k, v)| (Value::string(k), v.clone()))
                .collect(),
        ),
        _ => {
            let detail = format!(
                "Only a list, set, tuple, map or object can be iterated over, but this is {}.",
                with_article(&collection.ty())
            );
            evaluation_error(diagnostics, span, detail);
            Walk::Nothing
        }
    }
}

/// The result of an `if` of a `for`.
enum Keep {
    Yes,
    No,
    /// Unknown, or reported.
    Undecided,
}

pub(super) fn for_expr(for_expr: &For, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Value {
    let collection = evaluate(&for_expr.collection, scope, diagnostics);
    let mut sensitive = collection.is_sensitive();
    let Walk::Pairs(pairs) = walk(&collection, for_expr.collection.span, diagnostics) else {
        return failed().marked_if(sensitive);
    };
    let mut known = true;
    let mut elements = Vec::new();
    let mut attributes: BTreeMap<String, Value> = BTreeMap::new();
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, value) in pairs {
        let first = for_expr.key_name.as_ref().map(|name| (name.text.as_str(), key));
        let second = Some((for_expr.value_name.text.as_str(), value));
        let before = diagnostics.iter().count();
        scope.with([first, second], |scope| {
            if let Some(condition) = &for_expr.condition {
                let value = evaluate(condition, scope, diagnostics);
                sensitive |= value.is_sensitive();
                match keep(&value, condition.span, diagnostics) {
                    Keep::Yes => {}
                    Keep::No => return,
                    Keep::Undecided => {
                        known = false;
                        return;
                    }
                }
            }
            let Some(key_expr) = &for_expr.key else {
                elements.push(evaluate(&for_expr.value, scope, diagnostics));
                return;
            };
            let key = evaluate(key_expr, scope, diagnostics);
            let key = text_key(&key, key_expr.span, diagnostics);
            let value = evaluate(&for_expr.value, scope, diagnostics);
            match key {
                Key::Unknown(marked) => {
                    sensitive |= marked;
                    known = false;
                }
                Key::Text(key, marked) => {
                    sensitive |= marked;
                    if for_expr.grouping {
                        groups.entry(key).or_default().push(value);
                        return;
                    }
                    // A sensitive key must not show in the message.
                    let shown = if marked { String::new() } else { format!(" \"{key}\"") };
                    if attributes.insert(key, value).is_some() {
                        let detail = format!(
                            "Two elements have the key{shown}. Use ... after the value to collect the values of one key."
                        );
                        evaluation_error(diagnostics, key_expr.span, detail);
                        known = false;
                    }
                }
            }
        });
        // The same mistake would be reported again for every element.
        if diagnostics
            .iter()
            .skip(before)
            .any(|d| d.severity == crate::diag::Severity::Error)
        {
            return failed().marked_if(sensitive);
        }
    }
    let value = if !known {
        failed()
    } else if for_expr.key.is_none() {
        Value::tuple(elements)
    } else if for_expr.grouping {
        Value::object(groups.into_iter().map(|(k, v)| (k, Value::tuple(v))).collect())
    } else {
        Value::object(attributes)
    };
    value.marked_if(sensitive)
}

fn keep(value: &Value, span: Span, diagnostics: &mut Diagnostics) -> Keep {
    if value.is_null() {
        evaluation_error(
            diagnostics,
            span,
            "The condition of a for is null; it must be true or false.",
        );
        return Keep::Undecided;
    }
    match convert(value, &Type::Bool) {
        Ok(converted) => match converted.as_bool() {
            Some(true) => Keep::Yes,
            Some(false) => Keep::No,
            None => Keep::Undecided,
        },
        Err(_) => {
            let detail = format!(
                "The condition of a for must be a bool, but this is {}.",
                with_article(&value.ty())
            );
            evaluation_error(diagnostics, span, detail);
            Keep::Undecided
        }
    }
}
