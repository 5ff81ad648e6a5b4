//! Which posture a saved plan is of.
//!
//! A plan says itself where its lease lies, where its record goes and which policies it keeps to. Whoever can write the
//! file could make it say something else, digest included, so that all of it is held against the posture.

use super::Plan;
use crate::diag::{Diagnostic, code};
use crate::model::approval::ApprovalPolicy;
use crate::model::{Account, BucketPlace, Lock};

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
}

impl Plan {
    /// Whether the plan is of this posture, which `folder` holds. Its resources are not compared: a plan is of what they
    /// were, and the live ones decide whether it still fits.
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
        ];
        let differ: Vec<&str> = parts
            .iter()
            .filter(|(same, _)| !same)
            .map(|(_, what)| *what)
            .collect();
        if differ.is_empty() {
            return Ok(());
        }
        let whose = match project {
            true => String::new(),
            false => format!(
                " The plan is of the project \"{}\", the posture is \"{}\".",
                self.project, origin.project
            ),
        };
        Err(Diagnostic::error(
            code::BAD_PLAN,
            format!(
                "It is not a plan of the posture in {folder} as that is now: they differ in {}.{whose}",
                differ.join(", ")
            ),
        )
        .remedy(
            "Nothing was changed. Run it where its posture is, or name the folder with -posture, with the same variables. If \
             the posture has changed, make a new plan. If neither is so, the file was altered.",
        ))
    }
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
