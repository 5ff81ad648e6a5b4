//! The policies that a plan is under: the one in force, the one that is declared, and what changing
//! from one to the other means. Both are kept to, so that no policy is edited away by the very change
//! that it forbids.

use super::Plan;
use crate::diag::{Diagnostic, code};
use crate::kinds;
use crate::model::approval::{ApprovalPolicy, ApprovalRule, Danger, SshKey};
use crate::model::change::Judgement;
use crate::model::{Address, AttributeChange, Direction, Observed, PolicyPlace};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The policy that the last apply put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct InForce {
    /// The SHA-256 of the object that holds it.
    pub digest: String,
    /// What it says.
    pub policy: ApprovalPolicy,
    /// Where it is kept; in a folder of this machine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PolicyPlace>,
}

/// Both policies of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Policies {
    /// In force when the plan was made; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<InForce>,
    /// As the posture declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<ApprovalPolicy>,
    /// Where the posture keeps its own; in a folder of this machine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PolicyPlace>,
}

/// The places of policies that what was seen says it stands under.
///
/// # Errors
/// When a mark cannot be read.
pub fn marks<'a>(
    seen: impl IntoIterator<Item = (&'a str, &'a Observed<Json>)>,
) -> Result<BTreeSet<PolicyPlace>, Diagnostic> {
    let mut places = BTreeSet::new();
    for (kind, seen) in seen {
        let (Some(kind), Observed::Present(have)) = (kinds::find(kind), seen) else {
            continue;
        };
        places.extend(kinds::governed::place(kind, have)?);
    }
    Ok(places)
}

/// Whose rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Of the policy in force.
    InForce,
    /// Of the policy that the posture declares.
    Declared,
}

/// What a plan needs because it holds a kind of dangerous change.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand<'a> {
    /// The kind of change.
    pub danger: Danger,
    /// How many such changes there are.
    pub changes: usize,
    /// The rule.
    pub rule: &'a ApprovalRule,
    /// Whose rule it is; that in force when both say the same.
    pub source: Source,
}

impl Policies {
    /// Whether there is neither.
    pub fn is_none(&self) -> bool {
        self.in_force.is_none() && self.declared.is_none()
    }

    /// How an approval by name refers to the policy: `backstay.policy`.
    pub fn address() -> Address {
        Address::new("backstay", "policy")
    }

    /// What changes from the policy in force to the declared one. To declare none is to ask for nothing, and to keep it
    /// elsewhere is to leave the one in force behind.
    pub fn changes(&self) -> Vec<AttributeChange> {
        let nothing = ApprovalPolicy::default();
        let before = self.in_force.as_ref().map_or(&nothing, |f| &f.policy);
        let mut changes = self.declared.as_ref().unwrap_or(&nothing).changes(before);
        changes.extend(self.moved().map(|(from, to)| {
            let judgement =
                Judgement::weakens("another bucket decides from then on which policy is in force");
            let [from, to] = [from, to].map(|place| place.to_string().into());
            AttributeChange::judged("evidence", from, to, judgement)
        }));
        changes
    }

    /// From where to where the policy moves, when the posture keeps it in another bucket than the one in force is in. A
    /// posture that names none leaves it where it is.
    pub fn moved(&self) -> Option<(&PolicyPlace, &PolicyPlace)> {
        let from = self.in_force.as_ref()?.place.as_ref()?;
        let to = self.place.as_ref()?;
        (from != to).then_some((from, to))
    }

    /// The rules for one kind of change; a plan keeps to each of them.
    pub fn rules(&self, danger: Danger) -> Vec<(Source, &ApprovalRule)> {
        let in_force = self.in_force.as_ref().map(|f| f.policy.rule(danger));
        let declared = self.declared.as_ref().map(|p| p.rule(danger));
        let mut rules = Vec::new();
        rules.extend(in_force.map(|rule| (Source::InForce, rule)));
        rules.extend(
            declared
                .filter(|rule| Some(*rule) != in_force)
                .map(|rule| (Source::Declared, rule)),
        );
        rules.retain(|(_, rule)| !rule.demands_nothing());
        rules
    }

    /// Whether signatures take the place of the approval by name.
    pub fn asks_for_signatures(&self, danger: Danger) -> bool {
        self.rules(danger).iter().any(|(_, rule)| rule.approvals > 0)
    }

    /// Whether the policy in force is still the one that the plan was made under.
    ///
    /// # Errors
    /// When it is another one by now.
    pub fn still(&self, in_force: Option<&InForce>) -> Result<(), Diagnostic> {
        if self.in_force.as_ref() == in_force {
            return Ok(());
        }
        Err(Diagnostic::error(
            code::STALE_PLAN,
            "The policy of approvals in force is not the one that the plan was made under.",
        )
        .remedy("Nothing was changed. Make a new plan, look at it and have it approved."))
    }

    /// Whether the policy in force asks for signatures before it is weakened itself.
    pub fn in_force_asks(&self) -> bool {
        self.in_force
            .as_ref()
            .is_some_and(|f| f.policy.weaken.approvals > 0)
    }

    /// Every key that some rule lists, with the comment of its first listing.
    pub fn keys(&self) -> Vec<SshKey> {
        let rules = Danger::ALL.into_iter().flat_map(|d| self.rules(d));
        let mut keys: Vec<SshKey> = Vec::new();
        for key in rules.flat_map(|(_, rule)| &rule.from) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }
}

impl Plan {
    /// The places of policies under which this plan may stand: those that what it changes says itself, which an apply
    /// compares with what is live, and that of the policy that it was made under.
    ///
    /// # Errors
    /// When a mark cannot be read.
    pub fn marks(&self) -> Result<BTreeSet<PolicyPlace>, Diagnostic> {
        let mut places = marks(self.changes.iter().map(|c| (c.kind.as_str(), &c.saw)))?;
        places.extend(self.policies.in_force.iter().filter_map(|f| f.place.clone()));
        Ok(places)
    }

    /// How many changes of resources are dangerous in this way.
    pub fn count(&self, danger: Danger) -> usize {
        let is = |a: &AttributeChange| match danger {
            Danger::Weaken => a.direction == Direction::Weakens,
            Danger::Irreversible => a.irreversible.is_some(),
            Danger::Disruptive => a.disruptive.is_some(),
        };
        let own = self.steps.iter().flat_map(|s| &s.attributes);
        own.filter(|a| is(a)).count()
    }

    /// What the policies ask for because of what the plan holds. A weaker policy is a change that
    /// weakens, and is up to the one in force alone.
    pub fn demands(&self) -> Vec<Demand<'_>> {
        let mut demands = Vec::new();
        let weaker = self.policies.changes();
        let weaker = weaker
            .iter()
            .filter(|c| c.direction == Direction::Weakens)
            .count();
        for danger in Danger::ALL {
            let own = self.count(danger);
            for (source, rule) in self.policies.rules(danger) {
                let changes = match (danger, source) {
                    (Danger::Weaken, Source::InForce) => own + weaker,
                    _ => own,
                };
                if changes == 0 {
                    continue;
                }
                demands.push(Demand {
                    danger,
                    changes,
                    rule,
                    source,
                });
            }
        }
        demands
    }
}
