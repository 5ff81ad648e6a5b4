//! The plan: what has to change, judged, in steps that leave no choice to `apply`.
//!
//! Everything here is pure: desired, graph and snapshot in, [`Plan`] out.

mod file;
mod guard;
mod order;
mod origin;
mod planner;
pub mod policy;
mod select;
mod validity;
mod witness;

pub use file::{digest, load, load_with_digest, store};
pub use guard::{Approvals, needless, refusals, unmatched};
pub use origin::Origin;
pub use planner::{Context, is_settled, make};
pub use policy::{InForce, Policies};
pub use select::Selection;
pub use validity::{Validity, timely};

use crate::live::{Entry, Timestamp};
use crate::model::change::Stage;
use crate::model::{
    Account, AccountId, Action, Address, AttributeChange, BucketPlace, Desired, Direction, Finding, Lock,
    Observed, Place, Unreadable,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The name, in an address, of what no block declares any more; its key is how the cloud names it.
pub const UNDECLARED: &str = "undeclared";

/// A step's number in its plan.
pub type StepId = usize;

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The resource it writes.
    pub address: Address,
    /// What it does, in a few words.
    pub what: String,
    /// When it may run.
    pub stage: Stage,
    /// The write, as its kind's data.
    pub op: Json,
    /// The steps that must have succeeded first.
    pub after: Vec<StepId>,
    /// What it settles.
    pub attributes: Vec<AttributeChange>,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceChange {
    /// Its address; for what no block declares any more, one that names its kind and identity.
    pub address: Address,
    /// Its kind.
    pub kind: String,
    /// Where it lives.
    pub place: Place,
    /// How the cloud names it.
    pub ident: String,
    /// What happens to it as a whole.
    pub action: Action,
    /// As declared; absent for what no block declares any more.
    pub desired: Option<Desired>,
    /// What was seen, without what changes by itself: an apply of a saved plan compares with it.
    pub saw: Observed<Json>,
    /// Declared settings that differ and that no write can change.
    pub findings: Vec<Finding>,
    /// Declared settings that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Set when it must exist, doesn't, and is never created by backstay: what to do.
    pub missing: Option<String>,
}

/// A kind of resource in one place, of which nobody knows whether the project owns any that no block declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undiscovered {
    /// The kind.
    pub kind: String,
    /// The place.
    pub place: Place,
    /// Why it could not be looked for.
    pub why: Unreadable,
}

/// What an apply will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The posture's project.
    pub project: String,
    /// When the live state was read.
    pub read_at: Timestamp,
    /// How long it may be applied; set when it is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// The number of each account.
    pub accounts: BTreeMap<String, AccountId>,
    /// How each account is entered.
    pub entrances: Vec<Account>,
    /// Where the lease lies that its apply takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Where the record of its apply goes; a local folder when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<BucketPlace>,
    /// The policies that its apply keeps to.
    #[serde(default, skip_serializing_if = "Policies::is_none")]
    pub policies: Policies,
    /// Resources that differ or could not be compared, sorted by address.
    pub changes: Vec<ResourceChange>,
    /// What was seen of everything that the changes were judged by besides themselves; an apply of a saved plan
    /// compares with it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Entry>,
    /// The writes, sorted by address and within a resource by stage; a step's id is its place here.
    pub steps: Vec<Step>,
    /// How many resources were compared and are as declared.
    pub unchanged: usize,
    /// Where what no block declares any more could not be looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undiscovered: Vec<Undiscovered>,
    /// Outputs of the posture, as shown after an apply; sensitive ones as null.
    pub outputs: BTreeMap<String, Json>,
}

/// Numbers of a plan; they decide the exit code and the summary line alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Resources to create.
    pub add: usize,
    /// Resources to change in place.
    pub change: usize,
    /// Resources to remove (they hold no data).
    pub remove: usize,
    /// Resources to leave alone from now on.
    pub release: usize,
    /// Attributes that weaken protection.
    pub weakens: usize,
    /// Attributes that can never be undone.
    pub irreversible: usize,
    /// Attributes whose change interrupts something.
    pub disruptive: usize,
    /// Declared settings that differ and that no write can change.
    pub by_hand: usize,
    /// Declared settings or resources that could not be read.
    pub unreadable: usize,
    /// Kinds in a place whose undeclared resources could not be looked for.
    #[serde(default)]
    pub undiscovered: usize,
    /// Settings of the policy of approvals that change.
    #[serde(default)]
    pub policy: usize,
}

impl Summary {
    /// True when live is as declared, as far as everything could be read.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// True when something could not be read, so that nobody knows whether it differs.
    pub fn is_incomplete(&self) -> bool {
        self.unreadable + self.undiscovered > 0
    }

    /// True when something differs, whether or not a write can change it.
    pub fn differs(&self) -> bool {
        self.add + self.change + self.remove + self.release + self.by_hand + self.policy > 0
    }
}

impl Plan {
    /// Counts.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for change in &self.changes {
            match change.action {
                Action::NoOp => {}
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Remove => summary.remove += 1,
                Action::Release => summary.release += 1,
            }
            summary.by_hand += change.findings.len();
            summary.unreadable += change.unreadable.len();
            if matches!(change.saw, Observed::Unreadable(_)) {
                summary.unreadable += 1;
            }
        }
        summary.undiscovered = self.undiscovered.len();
        let policy = self.policies.changes();
        summary.policy = policy.len();
        for attribute in self.steps.iter().flat_map(|s| &s.attributes).chain(&policy) {
            summary.weakens += usize::from(attribute.direction == Direction::Weakens);
            summary.irreversible += usize::from(attribute.irreversible.is_some());
            summary.disruptive += usize::from(attribute.disruptive.is_some());
        }
        summary
    }

    /// The steps of one resource, in order.
    pub fn steps_of<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = (StepId, &'a Step)> {
        let first = self.steps.partition_point(|s| s.address < *address);
        self.steps
            .iter()
            .enumerate()
            .skip(first)
            .take_while(move |(_, s)| s.address == *address)
    }

    /// The attributes of one resource that change.
    pub fn attributes_of<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = &'a AttributeChange> {
        self.steps_of(address).flat_map(|(_, s)| &s.attributes)
    }
}
