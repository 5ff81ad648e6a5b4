//! The types `duration` and `size`: text that has to be a quantity, wherever in a type they stand.
//!
//! Their values are the text as it was written, so that they can be used wherever an argument takes one.

use crate::model::value::{Value, View};
use crate::model::{Duration, Size};
use crate::syntax::ast::{Expr, ExprKind, ObjectKey};

/// What a text has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Duration,
    Size,
}

impl Quantity {
    /// The type of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "duration" => Some(Self::Duration),
            "size" => Some(Self::Size),
            _ => None,
        }
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Duration => "a duration",
            Self::Size => "a size",
        }
    }

    fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Duration => text.parse::<Duration>().map(drop).map_err(|e| e.to_string()),
            Self::Size => text.parse::<Size>().map(drop).map_err(|e| e.to_string()),
        }
    }
}

/// A way into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Every element.
    Each,
    /// The attribute of this name.
    Attribute(String),
    /// The element at this place.
    Element(usize),
}

/// A place in a type that has to be a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measured {
    path: Vec<Step>,
    quantity: Quantity,
}

impl Measured {
    /// What it has to be there.
    pub(super) fn quantity(&self) -> Quantity {
        self.quantity
    }
}

/// All such places of a type as it is written.
pub(super) fn places(ty: &Expr) -> Vec<Measured> {
    let mut out = Vec::new();
    walk(ty, &mut Vec::new(), &mut out);
    out
}

fn walk(ty: &Expr, path: &mut Vec<Step>, out: &mut Vec<Measured>) {
    match &ty.kind {
        ExprKind::Variable(name) => {
            out.extend(Quantity::named(name).map(|quantity| Measured {
                path: path.clone(),
                quantity,
            }));
        }
        ExprKind::Call(call) => {
            let Some(argument) = call.args.first() else { return };
            match (call.name.text.as_str(), &argument.kind) {
                ("optional", _) => walk(argument, path, out),
                ("object", ExprKind::Object(items)) => {
                    for (key, inner) in items {
                        let name = match key {
                            ObjectKey::Name(name) => name.text.clone(),
                            ObjectKey::Expr(Expr {
                                kind: ExprKind::Literal(value),
                                ..
                            }) => value.as_str().unwrap_or_default().to_owned(),
                            ObjectKey::Expr(_) => continue,
                        };
                        below(Step::Attribute(name), inner, path, out);
                    }
                }
                ("tuple", ExprKind::Tuple(elements)) => {
                    for (n, inner) in elements.iter().enumerate() {
                        below(Step::Element(n), inner, path, out);
                    }
                }
                _ => below(Step::Each, argument, path, out),
            }
        }
        _ => {}
    }
}

fn below(step: Step, ty: &Expr, path: &mut Vec<Step>, out: &mut Vec<Measured>) {
    path.push(step);
    walk(ty, path, out);
    path.pop();
}

/// What is wrong with a value that has its type already.
pub(super) fn check(value: &Value, places: &[Measured]) -> Result<(), String> {
    places
        .iter()
        .try_for_each(|place| at(value, &place.path, place.quantity))
}

fn at(value: &Value, path: &[Step], quantity: Quantity) -> Result<(), String> {
    let secret = value.is_sensitive();
    let Some((step, rest)) = path.split_first() else {
        return match value.as_str() {
            // Null and unknown are settled elsewhere.
            None => Ok(()),
            Some(text) => quantity.check(text).map_err(|why| {
                if secret {
                    "a sensitive text is none".to_owned()
                } else {
                    why
                }
            }),
        };
    };
    match (step, value.view()) {
        (Step::Each, View::List(_, items) | View::Set(_, items)) => {
            items.iter().try_for_each(|item| at(item, rest, quantity))
        }
        (Step::Each, View::Map(_, entries)) => entries.values().try_for_each(|item| at(item, rest, quantity)),
        (Step::Attribute(name), View::Object(entries)) => {
            entries.get(name).map_or(Ok(()), |item| at(item, rest, quantity))
        }
        (Step::Element(n), View::Tuple(items)) => {
            items.get(*n).map_or(Ok(()), |item| at(item, rest, quantity))
        }
        _ => Ok(()),
    }
}
