//! Which of two policies is weaker. What asks for less in any way is weaker, whatever it asks for more
//! elsewhere: nobody has to weigh three strangers against two colleagues.

use super::{ApprovalPolicy, ApprovalRule, Danger};
use crate::model::{AttributeChange, Judgement};
use serde_json::Value as Json;
use std::collections::BTreeSet;

impl ApprovalRule {
    /// Why this rule lets something happen that `before` would not, one sentence for each way; none when it
    /// is as strict in every way.
    fn loosens(&self, before: &ApprovalRule) -> Vec<(&'static str, String)> {
        let mut ways = Vec::new();
        if self.approvals < before.approvals {
            ways.push((
                "approvals",
                format!("{} instead of {} approvals", self.approvals, before.approvals),
            ));
        }
        // Whose keys they are only matters where some are asked for.
        if before.approvals > 0 && self.approvals > 0 {
            let strangers: Vec<String> = new_keys(before, self);
            if !strangers.is_empty() {
                ways.push((
                    "from",
                    format!("{} could not approve before", strangers.join(", ")),
                ));
            }
        }
        if !before.window.cover(&self.window) {
            let why = if self.window.is_always() {
                format!("at any time instead of {}", before.window)
            } else {
                format!("at times that are not in {}", before.window)
            };
            ways.push(("window", why));
        }
        ways
    }

    fn differs(&self, before: &ApprovalRule) -> [bool; 3] {
        let keys = |rule: &ApprovalRule| -> BTreeSet<_> { rule.from.iter().cloned().collect() };
        [
            self.approvals != before.approvals,
            keys(self) != keys(before),
            !(self.window.cover(&before.window) && before.window.cover(&self.window)),
        ]
    }
}

fn new_keys(before: &ApprovalRule, after: &ApprovalRule) -> Vec<String> {
    let strangers = after.from.iter().filter(|key| !before.from.contains(key));
    strangers
        .map(super::SshKey::shown)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

impl ApprovalPolicy {
    /// Whether everything that this policy lets happen, the other one lets happen too.
    pub fn is_as_strict_as(&self, other: &ApprovalPolicy) -> bool {
        let strict = |d: &Danger| self.rule(*d).loosens(other.rule(*d)).is_empty();
        Danger::ALL.iter().all(strict)
    }

    /// What changes from `before` to this policy, judged. What only reads differently is no change.
    pub fn changes(&self, before: &ApprovalPolicy) -> Vec<AttributeChange> {
        Danger::ALL
            .into_iter()
            .flat_map(|danger| rule_changes(danger, before.rule(danger), self.rule(danger)))
            .collect()
    }
}

fn rule_changes(danger: Danger, before: &ApprovalRule, after: &ApprovalRule) -> Vec<AttributeChange> {
    let loosened = after.loosens(before);
    let values = [
        ("approvals", count(before), count(after)),
        ("from", keys(before), keys(after)),
        ("window", windows(before), windows(after)),
    ];
    values
        .into_iter()
        .zip(after.differs(before))
        .filter(|(_, differs)| *differs)
        .map(|((name, old, new), _)| {
            let way = loosened.iter().find(|(way, _)| *way == name);
            let judgement = match way {
                Some((_, why)) => Judgement::weakens(why.clone()),
                // A list that goes with its rule says nothing more than the number does.
                None if name == "from" && after.approvals == 0 => Judgement::neutral(),
                None => Judgement::strengthens(),
            };
            AttributeChange::judged(format!("{}.{name}", danger.as_str()), old, new, judgement)
        })
        .collect()
}

fn count(rule: &ApprovalRule) -> Json {
    match rule.approvals {
        0 => Json::Null,
        n => n.into(),
    }
}

fn keys(rule: &ApprovalRule) -> Json {
    let keys: BTreeSet<String> = rule.from.iter().map(super::SshKey::shown).collect();
    if keys.is_empty() {
        Json::Null
    } else {
        keys.into_iter().collect::<Vec<_>>().join(", ").into()
    }
}

fn windows(rule: &ApprovalRule) -> Json {
    if rule.window.is_always() {
        Json::Null
    } else {
        rule.window.to_string().into()
    }
}
