//! One pass and every fail of each control, side by side.

use crate::check::testing::{Case, PROD, denied, evidence, run, status};
use crate::model::Observed::{Absent, Present};
use crate::model::fact::{Evidence, Facts, KeyFacts, KeyReplica, KeyState};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Address, Observed};

fn statement(actions: &[&str], who: &str) -> Statement {
    Statement::new(Effect::Allow, actions.iter().copied(), ["*"]).principal("AWS", who)
}

fn root() -> String {
    format!("arn:aws:iam::{PROD}:root")
}

fn key(spoil: impl FnOnce(&mut KeyFacts)) -> Vec<Evidence> {
    let arn = format!("arn:aws:kms:us-east-1:{PROD}:key/k");
    let mut key = KeyFacts {
        alias: "app".into(),
        arn: arn.parse().unwrap(),
        account: PROD.parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        service_managed: false,
        state: KeyState::Enabled,
        deletion_date: None,
        material_expires: None,
        rotation_days: Present(365),
        can_rotate: true,
        policy: Present(Document::new([
            statement(&["kms:*"], &root()).when("StringEquals", "aws:PrincipalType", ["Account"]),
            statement(&["kms:PutKeyPolicy"], "arn:aws:iam::111111111111:role/admin"),
            statement(&["kms:Decrypt"], "arn:aws:iam::111111111111:role/app"),
        ])),
        multi_region: true,
        replicas: vec![replica(Present(KeyState::Enabled))],
    };
    spoil(&mut key);
    let address = Address::new("kms_key", "app");
    vec![evidence(
        address,
        ("prod", "us-east-1"),
        &arn,
        Facts::Key(Box::new(key)),
    )]
}

fn replica(state: Observed<KeyState>) -> KeyReplica {
    KeyReplica {
        arn: format!("arn:aws:kms:us-west-2:{PROD}:key/k").parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        state,
    }
}

fn with(statement: Statement) -> Vec<Evidence> {
    key(|k| k.policy = Present(Document::new([statement])))
}

pub(in crate::check::rules) fn all() -> Vec<Case> {
    vec![
        Case {
            id: "BKS-KMS-001",
            pass: key(|_| {}),
            fail: vec![
                key(|k| k.state = KeyState::Disabled),
                key(|k| k.state = KeyState::PendingDeletion),
                key(|k| k.state = KeyState::Other("PendingImport".into())),
                key(|k| k.replicas = vec![replica(Present(KeyState::PendingDeletion))]),
                key(|k| k.replicas = vec![replica(Absent)]),
            ],
            unknown: vec![key(|k| k.replicas = vec![replica(denied("kms:DescribeKey"))])],
        },
        Case {
            id: "BKS-KMS-010",
            pass: key(|_| {}),
            fail: vec![
                with(statement(&["kms:*"], &root())),
                with(statement(
                    &["kms:PutKeyPolicy", "kms:Decrypt"],
                    "arn:aws:iam::111111111111:role/app",
                )),
            ],
            unknown: vec![key(|k| k.policy = denied("kms:GetKeyPolicy"))],
        },
        Case {
            id: "BKS-KMS-020",
            pass: key(|_| {}),
            fail: vec![key(|k| k.rotation_days = Absent)],
            unknown: vec![key(|k| k.rotation_days = denied("kms:GetKeyRotationStatus"))],
        },
    ]
}

#[test]
fn cases() {
    run(all());
}

#[test]
fn what_a_service_manages_is_not_judged() {
    let managed = key(|k| k.service_managed = true);
    assert_eq!(status("BKS-KMS-010", &managed), None);
    assert_eq!(status("BKS-KMS-020", &managed), None);
}
