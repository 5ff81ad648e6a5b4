//! An answer to the question whether somebody may do something, as attack paths need it.

use crate::access::Layer;

/// What forbids something that a grant would allow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Denial {
    pub layer: Layer,
    /// The statement, or that nothing there allows it.
    pub says: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing grants it, or these forbid it; none is told unless somebody wants to know.
    No(Vec<Denial>),
    /// By this statement.
    Yes(String),
    /// Under this condition, by this statement.
    If(String, String),
    /// This could not be read.
    Unknown(String),
}

impl Answer {
    pub(super) const NO: Self = Self::No(Vec::new());

    pub(super) fn is_no(&self) -> bool {
        matches!(self, Self::No(_))
    }

    fn rank(&self) -> u8 {
        match self {
            Answer::Yes(_) => 0,
            Answer::If(..) => 1,
            Answer::Unknown(_) => 2,
            Answer::No(_) => 3,
        }
    }

    /// Either is enough: the surer one.
    pub(super) fn or(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::No(mut these), Answer::No(those)) => {
                these.extend(those);
                these.dedup();
                Answer::No(these)
            }
            (a, b) if a.rank() <= b.rank() => a,
            (_, b) => b,
        }
    }

    /// Only when this is so too, if anything has to be.
    pub(super) fn only_if<'c>(self, condition: impl Into<Option<&'c str>>) -> Answer {
        match (self, condition.into()) {
            (answer, None) => answer,
            (Answer::Yes(by), Some(condition)) => Answer::If(condition.to_owned(), by),
            (other, Some(condition)) => other.and(Answer::If(condition.to_owned(), String::new())),
        }
    }

    /// Both are needed.
    pub(super) fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::If(a, by), Answer::If(b, _)) if a != b => Answer::If(format!("{a} and {b}"), by),
            (a, b) if a.rank() >= b.rank() => a,
            (_, b) => b,
        }
    }
}
