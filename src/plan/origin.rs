//! Which posture a saved plan is of.
//!
//! A plan says itself where its lease lies, where its record goes, which policies it keeps to and what is wanted of each
//! resource. Whoever can write the file could make it say something else, digest included, so that all of it is held
//! against the posture.

use super::witness::judged_by_others;
use super::{Plan, ResourceChange, order};
use crate::diag::{Diagnostic, code};
use crate::graph::Graph;
use crate::kinds;
use crate::model::approval::ApprovalPolicy;
use crate::model::{Account, Address, BucketPlace, Desired, Lock, Place};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What of a posture decides what an apply meets, beside its resources.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Its project.
    pub project: &'a str,
    /// How its accounts are entered.
    pub accounts: &'a [Account],
    /// Its lock.
    pub lock: Option<&'a Lock>,
    /// Where its records go, and its policy in force.
    pub evidence: Option<&'a BucketPlace>,
    /// The policy that it declares.
    pub policy: Option<&'a ApprovalPolicy>,
    /// Everything that it declares, sorted by address.
    pub desired: &'a [Desired],
    /// What depends on what.
    pub graph: &'a Graph,
    /// Its outputs.
    pub outputs: &'a BTreeMap<String, Json>,
    /// Where what nobody declares any more is looked for.
    pub places: &'a [Place],
    /// The same for kinds that know no regions.
    pub homes: &'a [Place],
}

impl Plan {
    /// Whether the plan is of this posture, which `folder` holds: in its settings, and in each resource that the plan is
    /// about. What it leaves out may have been edited.
    ///
    /// # Errors
    /// What differs.
    pub fn is_of(&self, origin: Origin<'_>, folder: &str) -> Result<(), Diagnostic> {
        let project = self.project == origin.project;
        let parts = [
            (project, "the project"),
            (self.entrances == origin.accounts, "the account blocks"),
            (self.lock.as_ref() == origin.lock, "the lock block"),
            (self.evidence.as_ref() == origin.evidence, "the evidence block"),
            (
                self.policies.declared.as_ref() == origin.policy,
                "the policy block",
            ),
            (self.outputs == *origin.outputs, "the outputs"),
        ];
        let differ: Vec<&str> = parts
            .iter()
            .filter(|(same, _)| !same)
            .map(|(_, what)| *what)
            .collect();
        if differ.is_empty() {
            return self.fits(origin).map_err(|why| another(folder, &why));
        }
        let whose = match project {
            true => String::new(),
            false => format!(
                " The plan is of the project \"{}\", the posture is \"{}\".",
                self.project, origin.project
            ),
        };
        Err(another(
            folder,
            &format!("they differ in {}.{whose}", differ.join(", ")),
        ))
    }

    /// What the resources that it changes depend on in the posture, beside what it is about itself. When it was made all of that
    /// was as declared: a selection takes in what its targets depend on, and leaves out what depends on what it excludes.
    pub fn needs(&self, origin: Origin<'_>) -> Vec<Desired> {
        let changed = self.changes.iter().map(|c| &c.address);
        let about: BTreeSet<&Address> = changed.clone().collect();
        let needs: BTreeSet<Address> = changed.flat_map(|address| origin.graph.needs(address)).collect();
        let beside = |d: &&Desired| needs.contains(&d.address) && !about.contains(&d.address);
        origin.desired.iter().filter(beside).cloned().collect()
    }

    /// Whether its resources are those of the posture, judged by all that they have to be judged by, in an order that the
    /// posture allows.
    ///
    /// # Errors
    /// A sentence.
    fn fits(&self, origin: Origin<'_>) -> Result<(), String> {
        for change in &self.changes {
            match &change.desired {
                Some(desired) => declared_so(desired, origin)?,
                None => forgotten(change, origin)?,
            }
        }
        if judged_by_others(&self.steps) {
            let seen = |d: &Desired| self.witnesses.iter().any(|w| d.is(&w.kind, &w.place, &w.ident));
            let selects = |d: &&Desired| kinds::find(&d.kind).is_some_and(kinds::AnyKind::selects);
            if let Some(unseen) = origin.desired.iter().filter(selects).find(|d| !seen(d)) {
                return Err(format!(
                    "its changes of tags have to be judged by {}, of which it says nothing.",
                    unseen.address
                ));
            }
        }
        order::check(&self.steps, origin.graph)
            .map_err(|address| format!("{address} would not wait for what it depends on there."))
    }
}

/// Whether a resource is declared as the plan says. Where in the text may differ.
fn declared_so(desired: &Desired, origin: Origin<'_>) -> Result<(), String> {
    let found = origin.desired.iter().find(|d| d.address == desired.address);
    let Some(found) = found else {
        return Err(format!("{} is not declared there.", desired.address));
    };
    let there = Desired {
        span: desired.span,
        location: desired.location.clone(),
        ..found.clone()
    };
    match there == *desired {
        true => Ok(()),
        false => Err(format!("{} is declared otherwise there.", desired.address)),
    }
}

/// Whether something that the plan lets go is nobody's there, and would have been found.
fn forgotten(change: &ResourceChange, origin: Origin<'_>) -> Result<(), String> {
    let ResourceChange {
        kind, place, ident, ..
    } = change;
    if let Some(declared) = origin.desired.iter().find(|d| d.is(kind, place, ident)) {
        return Err(format!(
            "{} is declared there, and the plan lets it go.",
            declared.address
        ));
    }
    let global = kinds::find(kind).is_some_and(kinds::AnyKind::is_global);
    let places = if global { origin.homes } else { origin.places };
    match places.contains(place) {
        true => Ok(()),
        false => Err(format!(
            "the plan lets {} go in {}, where nothing is declared.",
            change.address,
            place.scope()
        )),
    }
}

fn another(folder: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        code::BAD_PLAN,
        format!("It is not a plan of the posture in {folder} as that is now: {why}"),
    )
    .remedy(
        "Nothing was changed. Run it where its posture is, or name the folder with -posture, with the same variables. If \
         the posture has changed, make a new plan. If neither is so, the file was altered.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role: Option<&str>) -> Account {
        serde_json::from_value(serde_json::json!({
            "label": "prod", "id": "111111111111", "region": "us-east-1", "profile": null,
            "assume_role": role.map(|r| serde_json::json!({ "role": r, "external_id": null }))
        }))
        .unwrap()
    }

    fn place(bucket: &str, prefix: &str) -> BucketPlace {
        BucketPlace {
            account: "prod".into(),
            bucket: bucket.into(),
            prefix: prefix.into(),
        }
    }

    /// Each part that decides what an apply meets, changed alone.
    #[test]
    fn a_plan_is_of_one_posture_and_of_no_other() {
        let accounts = [account(None)];
        let evidence = place("keep", "e/");
        let lock = Lock {
            place: place("keep", ""),
            key: "lock/p.json".into(),
            ttl: crate::model::Duration::from_secs(300),
        };
        let policy = ApprovalPolicy::default();
        let origin = Origin {
            project: "p",
            accounts: &accounts,
            lock: Some(&lock),
            evidence: Some(&evidence),
            policy: Some(&policy),
            desired: &[],
            graph: &Graph::default(),
            outputs: &BTreeMap::new(),
            places: &[],
            homes: &[],
        };
        let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "project": "p", "read_at": "2026-03-01T12:00:00Z", "accounts": {}, "entrances": [],
            "changes": [], "steps": [], "unchanged": 0, "outputs": {}
        }))
        .unwrap();
        plan.entrances = accounts.to_vec();
        plan.lock = Some(lock.clone());
        plan.evidence = Some(evidence.clone());
        plan.policies.declared = Some(policy.clone());
        assert!(plan.is_of(origin, ".").is_ok());

        let longer = Lock {
            ttl: crate::model::Duration::from_secs(600),
            ..lock.clone()
        };
        let moved = place("keep", "other/");
        let outputs = BTreeMap::from([("a".to_owned(), Json::from(1))]);
        let mut strict = ApprovalPolicy::default();
        strict.weaken.approvals = 2;
        let others = [account(Some("arn:aws:iam::111111111111:role/other"))];
        for (what, other) in [
            (
                "the project",
                Origin {
                    project: "q",
                    ..origin
                },
            ),
            (
                "the account blocks",
                Origin {
                    accounts: &others,
                    ..origin
                },
            ),
            (
                "the account blocks",
                Origin {
                    accounts: &[],
                    ..origin
                },
            ),
            ("the lock block", Origin { lock: None, ..origin }),
            (
                "the lock block",
                Origin {
                    lock: Some(&longer),
                    ..origin
                },
            ),
            (
                "the evidence block",
                Origin {
                    evidence: None,
                    ..origin
                },
            ),
            (
                "the evidence block",
                Origin {
                    evidence: Some(&moved),
                    ..origin
                },
            ),
            (
                "the outputs",
                Origin {
                    outputs: &outputs,
                    ..origin
                },
            ),
            (
                "the policy block",
                Origin {
                    policy: None,
                    ..origin
                },
            ),
            (
                "the policy block",
                Origin {
                    policy: Some(&strict),
                    ..origin
                },
            ),
        ] {
            let said = plan.is_of(other, "here").unwrap_err();
            assert_eq!(said.code, code::BAD_PLAN);
            assert!(
                said.detail.contains(&format!("they differ in {what}.")),
                "{}",
                said.detail
            );
        }
    }
}
