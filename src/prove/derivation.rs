//! Why each copy of an asset is left in a disaster, or is not: down to the documents that were read, and when.

use super::attack::graph::{Certainty, Node, Step};
use crate::model::Address;
use serde::Serialize;

/// One asset in one disaster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Derivation {
    /// The asset.
    pub address: Address,
    /// The disaster.
    pub scenario: String,
    /// In the order of the asset's copies.
    pub copies: Vec<Derived>,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Derived {
    /// Its id.
    pub copy: String,
    /// Why it outlives what the disaster destroys, attackers apart; absent when it does not for certain.
    pub outlives: Option<String>,
    /// What an attacker comes to, by each state of the copy that it meets; empty where there is none, or nothing is left anyway.
    pub attacked: Vec<Attacked>,
}

/// What an attacker can do to a copy, or cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Attacked {
    /// The copy's id; with `/unlocked` what of it has outlasted its lock.
    pub state: String,
    /// Ways that are nobody's, by how it is kept.
    pub closed: Vec<Closed>,
    /// How it is destroyed, when it can be.
    pub taken: Option<Taken>,
    /// Why it cannot be, when it cannot: for all attackers together, or where that would be too much, for each kind of them.
    pub refuted: Vec<Refuted>,
}

/// Ways that would destroy the copy if it were kept otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Closed {
    /// What closes them.
    pub by: String,
    /// What would be done.
    pub ways: Vec<String>,
    /// Where that was read.
    pub rests_on: Vec<Source>,
}

/// How an attacker destroys a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Taken {
    /// What that attacker holds at first.
    pub holding: Vec<Node>,
    /// How many more attackers of this disaster destroy it too.
    pub others: usize,
    /// Step by step, premises first.
    pub steps: Vec<Done>,
}

/// A step, with where the documents that it rests on were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Done {
    /// What is done.
    #[serde(flatten)]
    pub step: Step,
    /// Where the documents that decide it were read.
    pub rests_on: Vec<Source>,
}

/// Why something is out of an attacker's reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Refuted {
    /// What the attacker holds at first; of several attackers, what all of them hold together.
    pub holding: Vec<Node>,
    /// The copy's end, and all that would have to be reached before it: each once, with every way to it.
    pub missing: Vec<Missing>,
    /// How many identities were asked about.
    pub identities: usize,
    /// Of how many accounts these are.
    pub accounts: usize,
}

/// Something that is out of reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Missing {
    /// What.
    pub node: Node,
    /// Every way to it that was asked about.
    pub ways: Vec<Way>,
}

/// One way to something. Whoever is not named is allowed nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Way {
    /// What is done.
    pub does: String,
    /// Who may, if only what is lacking were there.
    pub could: Vec<Could>,
    /// Whom something forbids what would be allowed.
    pub refused: Vec<Refused>,
}

/// A step that is not taken for want of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Could {
    /// Who; absent where it follows by itself.
    pub who: Option<String>,
    /// The statements that allow it; empty where none has to.
    pub by: String,
    /// Whether it could be taken then.
    #[serde(flatten)]
    pub certainty: Certainty,
    /// What is out of reach: each has its own entry.
    pub lacks: Vec<Node>,
    /// Where the documents were read.
    pub rests_on: Vec<Source>,
}

/// Somebody whom something forbids it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Refused {
    /// Who.
    pub who: String,
    /// By which statements, or by what does not allow it.
    pub by: Vec<String>,
    /// Where the documents were read.
    pub rests_on: Vec<Source>,
}

/// Something that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Source {
    /// The resource that was asked, or the call that told of an account.
    pub what: String,
    /// When, RFC 3339.
    pub read_at: String,
}
