//! Differences between desired and live, and how each is judged.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Whether a change moves protection up or down.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is recoverable, or for longer, or from more disasters.
    Strengthens,
    /// Protection is neither more nor less.
    Neutral,
    /// Something that could be recovered no longer can. Needs approval by name.
    Weakens,
}

/// What a change of one attribute means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Up, down or neither. What cannot be compared counts as weakening.
    pub direction: Direction,
    /// Why, in a sentence for the user; always present when it weakens.
    pub reason: Option<String>,
    /// Set where the way back would take something away too, so that what is there may protect less all the same.
    pub incomparable: bool,
    /// Why it can never be undone, when it can't. Needs approval by name.
    pub irreversible: Option<String>,
    /// Days from the change on in which nobody, the account's root included, can take it back or remove
    /// what it protects.
    pub final_for: Option<u32>,
    /// What it interrupts, when it does (a reboot, a gap in protection).
    pub disruptive: Option<String>,
}

impl Judgement {
    /// More protection.
    pub fn strengthens() -> Self {
        Self::of(Direction::Strengthens, None)
    }

    /// Neither more nor less protection.
    pub fn neutral() -> Self {
        Self::of(Direction::Neutral, None)
    }

    /// Less protection, and why.
    pub fn weakens(reason: impl Into<String>) -> Self {
        Self::of(Direction::Weakens, Some(reason.into()))
    }

    fn of(direction: Direction, reason: Option<String>) -> Self {
        Self {
            direction,
            reason,
            incomparable: false,
            irreversible: None,
            final_for: None,
            disruptive: None,
        }
    }

    /// Less protection in one way and more in another, or nobody can tell: it weakens, and so might the way back.
    pub fn incomparable(reason: impl Into<String>) -> Self {
        Self::weakens(reason).or_more(true)
    }

    /// The same, which may take nothing away after all, or give something too, where `so`.
    #[must_use]
    pub fn or_more(mut self, so: bool) -> Self {
        self.incomparable = so;
        self
    }

    /// It can never be undone, and why.
    #[must_use]
    pub fn irreversible(mut self, why: impl Into<String>) -> Self {
        self.irreversible = Some(why.into());
        self
    }

    /// Nobody can take it back, or remove what it protects, for so many days.
    #[must_use]
    pub fn final_for(mut self, days: u32) -> Self {
        self.final_for = Some(days);
        self
    }

    /// It interrupts something, and what.
    #[must_use]
    pub fn disruptive(mut self, what: impl Into<String>) -> Self {
        self.disruptive = Some(what.into());
        self
    }
}

/// How one attribute is judged: declared beside the attribute, so that a comparison
/// cannot be written without one. `None` means absent or switched off.
pub type Order<T> = fn(before: Option<&T>, after: Option<&T>) -> Judgement;

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AttributeChange {
    /// As in HCL: `pitr.retention`, `rule["archive"].after`.
    pub path: String,
    /// The live value; null when absent.
    pub before: Json,
    /// The declared value; null when it is to be absent.
    pub after: Json,
    /// Whether protection goes up or down.
    pub direction: Direction,
    /// Why, when there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Set where the way back would take something away too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomparable: bool,
    /// Set when it can never be undone: why.
    #[serde(default)]
    pub irreversible: Option<String>,
    /// Days from the apply on in which nobody can remove what it protects, when it is so final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_for: Option<u32>,
    /// Set when it interrupts something: what.
    #[serde(default)]
    pub disruptive: Option<String>,
}

impl AttributeChange {
    /// The change from `before` to `after`, judged by `order`; `None` when they are equal.
    pub fn compare<T: PartialEq + Serialize>(
        path: impl Into<String>,
        before: Option<&T>,
        after: Option<&T>,
        order: Order<T>,
    ) -> Option<Self> {
        if before == after {
            return None;
        }
        Some(Self::judged(
            path,
            shown(before),
            shown(after),
            order(before, after),
        ))
    }

    /// A change whose judgement needs more than the two values.
    pub fn judged(path: impl Into<String>, before: Json, after: Json, judgement: Judgement) -> Self {
        Self {
            path: path.into(),
            before,
            after,
            direction: judgement.direction,
            reason: judgement.reason,
            incomparable: judgement.incomparable,
            irreversible: judgement.irreversible,
            final_for: judgement.final_for,
            disruptive: judgement.disruptive,
        }
    }
}

fn shown<T: Serialize>(value: Option<&T>) -> Json {
    value.map_or(Json::Null, |v| serde_json::to_value(v).unwrap_or(Json::Null))
}

/// What happens to a resource as a whole.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is as declared.
    NoOp,
    /// It does not exist yet.
    Create,
    /// It exists and differs.
    Update,
    /// backstay created it, it holds no data, and no block declares it any more.
    Remove,
    /// No block declares it any more, and it holds data: it is untagged and left alone.
    Release,
}

/// When a write may run, after the order in which protection has to be built:
/// a step runs after every earlier-staged step of what its resource depends on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Encryption keys.
    Key,
    /// Policies and roles.
    Identity,
    /// Containers: buckets, vaults.
    Create,
    /// Versioning, encryption, public access, retention.
    Protect,
    /// Lifecycle rules: they delete, so they come after what protects.
    Expire,
    /// Resource policies: they can lock out.
    Access,
    /// Replication: its destination has to be ready.
    Replicate,
    /// Alerts on the above.
    Alert,
    /// Locks that can't be taken back: last, after everything else of the component succeeded.
    Lock,
    /// What is no longer declared.
    Remove,
}

/// One write that a kind wants, with the attributes it settles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<Op> {
    /// The write, as data.
    pub op: Op,
    /// When it may run.
    pub stage: Stage,
    /// What it changes, judged.
    pub attributes: Vec<AttributeChange>,
}

/// All that a kind says of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff<Op> {
    /// What happens to the resource as a whole.
    pub action: Action,
    /// Writes in the order in which they have to run.
    pub changes: Vec<Change<Op>>,
    /// Declared settings that could not be compared.
    pub unreadable: Vec<super::Unreadable>,
    /// Declared settings that no write can bring about.
    pub findings: Vec<super::Finding>,
    /// Set when the resource must exist, doesn't, and is never created by backstay: what to do.
    pub missing: Option<String>,
    /// Whether the findings say that it is not the thing that is meant at all, so that no plan
    /// that holds it can be applied.
    pub out_of_reach: bool,
}

impl<Op> Diff<Op> {
    /// Nothing to say yet.
    pub fn new() -> Self {
        Self {
            action: Action::NoOp,
            changes: Vec::new(),
            unreadable: Vec::new(),
            findings: Vec::new(),
            missing: None,
            out_of_reach: false,
        }
    }

    /// Adds a write when it has at least one attribute to settle.
    pub fn push(&mut self, stage: Stage, op: Op, attributes: impl IntoIterator<Item = AttributeChange>) {
        let attributes: Vec<_> = attributes.into_iter().collect();
        if !attributes.is_empty() {
            self.changes.push(Change {
                op,
                stage,
                attributes,
            });
        }
    }
}

impl<Op> Default for Diff<Op> {
    fn default() -> Self {
        Self::new()
    }
}
