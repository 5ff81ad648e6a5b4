//! An answer, and the statements that it rests on.

use super::truth::{Answer, Mode, Truth};
use crate::model::policy::Effect;
use std::fmt;
use std::sync::Arc;

/// The kinds of documents that bear on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What is attached to the caller.
    Identity,
    /// The caller's permission boundary.
    Boundary,
    /// What the session was narrowed to.
    Session,
    /// The resource's own policy.
    Resource,
    /// Service control policies.
    Scp,
    /// Resource control policies.
    Rcp,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity policies",
            Self::Boundary => "the permission boundary",
            Self::Session => "the session policy",
            Self::Resource => "the resource's policy",
            Self::Scp => "service control policies",
            Self::Rcp => "resource control policies",
        })
    }
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// In every case.
    Allow,
    /// In no case.
    Deny,
    /// It hangs on what is not known.
    Depends,
}

/// What is not known and decides whether a statement applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// The question takes in several actions, of which the statement means some.
    Actions,
    /// The question takes in several resources, of which the statement means some.
    Resources,
    /// The statement may or may not mean the caller.
    Caller,
    /// A condition, as the policy writes it.
    Condition {
        /// `StringEquals`.
        operator: String,
        /// `aws:SourceVpc`.
        key: String,
        /// What it is compared with.
        values: Vec<String>,
    },
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actions => f.write_str("which of the actions"),
            Self::Resources => f.write_str("which of the resources"),
            Self::Caller => f.write_str("who exactly asks"),
            Self::Condition { operator, key, .. } => write!(f, "{operator} {key}"),
        }
    }
}

/// A statement that bears on the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The kind of document it is in.
    pub layer: Layer,
    /// The document's name.
    pub document: Arc<str>,
    /// Its place there, from 1.
    pub statement: usize,
    /// Its name.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whether it applies.
    pub applies: Truth,
    /// On what that hangs.
    pub open: Vec<Open>,
}

impl Reason {
    /// Document and statement, by its `Sid` or place.
    pub fn place(&self) -> String {
        let place = self.statement.to_string();
        format!(
            "{}, statement {}",
            self.document,
            self.sid.as_deref().unwrap_or(&place)
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self.effect {
            Effect::Allow => "allows",
            Effect::Deny => "denies",
        };
        write!(f, "{}, statement {}", self.document, self.statement)?;
        if let Some(sid) = &self.sid {
            write!(f, " ({sid})")?;
        }
        write!(f, ", {does}")?;
        if !self.open.is_empty() {
            let open: Vec<String> = self.open.iter().map(ToString::to_string).collect();
            write!(f, ", depending on {}", open.join(", "))?;
        }
        Ok(())
    }
}

/// The answer to a request, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is granted.
    pub granted: Truth,
    /// Whether a statement denies it.
    pub denied: Truth,
    /// Every statement that applies or may apply.
    pub reasons: Vec<Reason>,
    /// What was not read or not understood.
    pub notes: Vec<String>,
    /// Layers that would have to allow and do not, or not in every case.
    pub lacking: Vec<Layer>,
    /// Documents that nobody could read, by name; each may allow and may deny.
    pub unread: Vec<String>,
}

impl Decision {
    /// Whether it is allowed, in three values.
    pub fn allowed(&self) -> Truth {
        self.granted.and(!self.denied)
    }

    /// The same, by name.
    pub fn verdict(&self) -> Verdict {
        match self.allowed() {
            Truth::Yes => Verdict::Allow,
            Truth::Maybe => Verdict::Depends,
            Truth::No => Verdict::Deny,
        }
    }

    /// Whether it hangs on which of the resources is meant.
    pub fn is_partial(&self) -> bool {
        let partial = |r: &Reason| r.open.contains(&Open::Resources);
        self.allowed() == Truth::Maybe && self.reasons.iter().any(partial)
    }

    /// Whether it is allowed, read one way: [`super::Over`] to prove that something is impossible,
    /// [`super::Under`] to prove that it works.
    pub fn read<M: Mode>(&self) -> Answer<M> {
        Answer::of(self.allowed())
    }

    /// The statements that decide: the certain denials where there is one, else what allows where nothing
    /// is open, else everything that is open. Empty when nothing allows it.
    pub fn deciding(&self) -> Vec<&Reason> {
        let pick = |effect, applies| -> Vec<&Reason> {
            let is = |r: &&Reason| r.effect == effect && r.applies == applies;
            self.reasons.iter().filter(is).collect()
        };
        match self.verdict() {
            Verdict::Deny if self.denied == Truth::Yes => pick(Effect::Deny, Truth::Yes),
            Verdict::Deny => Vec::new(),
            Verdict::Allow => pick(Effect::Allow, Truth::Yes),
            Verdict::Depends => {
                let open: Vec<_> = self
                    .reasons
                    .iter()
                    .filter(|r| r.applies == Truth::Maybe)
                    .collect();
                if open.is_empty() {
                    pick(Effect::Allow, Truth::Yes)
                } else {
                    open
                }
            }
        }
    }

    /// Why, in one line.
    pub fn explain(&self) -> String {
        let mut lines: Vec<String> = self.deciding().iter().map(ToString::to_string).collect();
        if lines.is_empty() && !self.lacking.is_empty() {
            let layers: Vec<_> = self.lacking.iter().map(ToString::to_string).collect();
            lines.push(format!("not allowed by {}", layers.join(", ")));
        }
        lines.extend(self.notes.iter().cloned());
        lines.join("; ")
    }
}
