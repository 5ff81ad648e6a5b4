//! `for_each` and `count`: which instances a block has.

use super::eval::{Scope, evaluate};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::Key;
use crate::model::convert::{convert, with_article};
use crate::model::types::Type;
use crate::model::value::{Value, View};
use crate::syntax::ast::Body;

/// Most instances of one block.
const MAX_COUNT: usize = 100_000;

/// The instances of a block.
#[derive(Debug)]
pub(super) enum Repetition {
    /// Neither `for_each` nor `count`.
    Single,
    /// `count`.
    Count(usize),
    /// `for_each`: key and value of each.
    Each(Vec<(String, Value)>),
    /// Wrong, which has been reported.
    Bad,
}

/// The keys and values that something is repeated for.
pub(super) enum Instances {
    /// Pairs of key and value.
    Known(Vec<(Value, Value)>),
    /// Reported.
    Bad,
}

/// Reads `for_each` and `count` of a block.
pub(super) fn repetition(body: &Body, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Repetition {
    match (body.attribute("for_each"), body.attribute("count")) {
        (None, None) => Repetition::Single,
        (Some(each), Some(count)) => {
            diagnostics.push(
                Diagnostic::error(
                    code::INVALID_FOR_EACH,
                    "A block has either for_each or count, not both.",
                )
                .at(each.name.span)
                .related(count.name.span, "count is here"),
            );
            Repetition::Bad
        }
        (Some(each), None) => {
            let value = evaluate(&each.expr, scope, diagnostics);
            match each_of(&value, each.expr.span, true, diagnostics) {
                Instances::Bad => Repetition::Bad,
                Instances::Known(pairs) => Repetition::Each(
                    pairs
                        .into_iter()
                        .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v)))
                        .collect(),
                ),
            }
        }
        (None, Some(count)) => {
            let value = evaluate(&count.expr, scope, diagnostics);
            count_of(&value, count.expr.span, diagnostics)
        }
    }
}

fn bad(diagnostics: &mut Diagnostics, span: Span, detail: String, remedy: &'static str) {
    diagnostics.push(
        Diagnostic::error(code::INVALID_FOR_EACH, detail)
            .at(span)
            .remedy(remedy),
    );
}

fn count_of(value: &Value, span: Span, diagnostics: &mut Diagnostics) -> Repetition {
    let detail = if value.is_null() {
        "The count is null.".to_owned()
    } else if value.is_unknown() {
        // A failed expression has been reported already.
        if diagnostics.has_errors() {
            return Repetition::Bad;
        }
        "The count depends on something that only an apply decides.".to_owned()
    } else if value.is_sensitive() {
        "The count is sensitive, but the number of instances shows in every plan.".to_owned()
    } else {
        let number = convert(value, &Type::Number)
            .ok()
            .and_then(|n| n.as_number().cloned());
        match number
            .as_ref()
            .and_then(|n| n.to_usize())
            .filter(|n| *n <= MAX_COUNT)
        {
            Some(count) => return Repetition::Count(count),
            None => match number {
                Some(number) => format!("The count is {number}."),
                None => format!("The count is {}.", with_article(&value.ty())),
            },
        }
    };
    bad(
        diagnostics,
        span,
        detail,
        "count takes a whole number from 0 to 100000 that is known when planning.",
    );
    Repetition::Bad
}

/// The pairs that `for_each` repeats for. `strict`: only maps and sets of text, since the keys
/// become part of addresses.
pub(super) fn each_of(value: &Value, span: Span, strict: bool, diagnostics: &mut Diagnostics) -> Instances {
    const REMEDY: &str = "for_each takes a map, an object or a set of text; make a list a set with toset().";
    let detail = if value.is_null() {
        "The value of for_each is null.".to_owned()
    } else if value.is_sensitive() {
        "The value of for_each is sensitive, but its keys and how many there are show in every plan."
            .to_owned()
    } else {
        match value.view() {
            View::Unknown(_) => {
                if diagnostics.has_errors() {
                    return Instances::Bad;
                }
                "The value of for_each depends on something that only an apply decides.".to_owned()
            }
            View::Map(_, entries) | View::Object(entries) => {
                return Instances::Known(
                    entries
                        .iter()
                        .map(|(k, v)| (Value::string(k), v.clone()))
                        .collect(),
                );
            }
            View::Set(_, elements) => match elements.iter().find(|e| e.as_str().is_none()) {
                Some(_) if !strict => {
                    return Instances::Known(elements.iter().map(|e| (e.clone(), e.clone())).collect());
                }
                None => return Instances::Known(elements.iter().map(|e| (e.clone(), e.clone())).collect()),
                Some(other) if other.is_unknown() => {
                    "The set holds something that only an apply decides.".to_owned()
                }
                Some(other) if other.is_null() => "The set holds a null.".to_owned(),
                Some(other) => format!("The set holds {}, not text.", with_article(&other.ty())),
            },
            View::List(_, elements) | View::Tuple(elements) if !strict => {
                let pairs = elements
                    .iter()
                    .enumerate()
                    .map(|(i, e)| (Value::count(i), e.clone()));
                return Instances::Known(pairs.collect());
            }
            _ => format!("The value of for_each is {}.", with_article(&value.ty())),
        }
    };
    bad(diagnostics, span, detail, REMEDY);
    Instances::Bad
}

/// The instance keys with what `each` and `count` stand for in each.
pub(super) fn keys(repetition: &Repetition) -> Vec<(Option<Key>, Option<Value>)> {
    match repetition {
        Repetition::Single => vec![(None, None)],
        Repetition::Bad => Vec::new(),
        Repetition::Count(count) => (0..*count)
            .map(|i| (Some(Key::Index(i as u64)), Some(Value::count(i))))
            .collect(),
        Repetition::Each(pairs) => pairs
            .iter()
            .map(|(key, value)| (Some(Key::Name(key.clone())), Some(value.clone())))
            .collect(),
    }
}
