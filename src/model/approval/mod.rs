//! The policy of approvals: who has to agree to dangerous changes, and when they may be made.

mod key;
mod order;
#[cfg(test)]
pub(crate) mod tests;

pub use key::SshKey;

use super::window::Windows;
use serde::{Deserialize, Serialize};

crate::word! {
    /// Why a change needs more than a look.
    pub enum Danger {
        /// It takes protection away.
        Weaken = "weaken",
        /// It can never be undone.
        Irreversible = "irreversible",
        /// It interrupts something.
        Disruptive = "disruptive",
    }
}

impl Danger {
    /// All of them.
    pub const ALL: [Danger; 3] = [Danger::Weaken, Danger::Irreversible, Danger::Disruptive];
}

/// What one kind of change needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApprovalRule {
    /// How many different keys have to sign the plan; none when 0.
    #[serde(default)]
    pub approvals: u32,
    /// The keys that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<SshKey>,
    /// When it may be made.
    #[serde(default, skip_serializing_if = "Windows::is_always")]
    pub window: Windows,
}

/// What dangerous changes need. A rule that is not there demands nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApprovalPolicy {
    /// Of what weakens protection.
    #[serde(default, skip_serializing_if = "ApprovalRule::demands_nothing")]
    pub weaken: ApprovalRule,
    /// Of what can never be undone.
    #[serde(default, skip_serializing_if = "ApprovalRule::demands_nothing")]
    pub irreversible: ApprovalRule,
    /// Of what interrupts something.
    #[serde(default, skip_serializing_if = "ApprovalRule::demands_nothing")]
    pub disruptive: ApprovalRule,
}

impl ApprovalRule {
    /// Whether it is as good as none.
    pub fn demands_nothing(&self) -> bool {
        self.approvals == 0 && self.window.is_always()
    }

    /// Those of the signers whose keys count, each once.
    pub fn counted<'a>(&'a self, signers: &[SshKey]) -> Vec<&'a SshKey> {
        let mut counted: Vec<&SshKey> = self.from.iter().filter(|key| signers.contains(key)).collect();
        counted.sort_unstable();
        counted.dedup();
        counted
    }
}

impl ApprovalPolicy {
    /// The rule for one kind of change.
    pub fn rule(&self, danger: Danger) -> &ApprovalRule {
        match danger {
            Danger::Weaken => &self.weaken,
            Danger::Irreversible => &self.irreversible,
            Danger::Disruptive => &self.disruptive,
        }
    }

    /// Whether it is as good as none.
    pub fn demands_nothing(&self) -> bool {
        Danger::ALL.iter().all(|d| self.rule(*d).demands_nothing())
    }
}
