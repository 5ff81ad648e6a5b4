//! One pass and every fail of each control, side by side.

use crate::check::Status;
use crate::check::testing::{Case, PROD, VAULT, copy, denied, github, run, status, writer};
use crate::model::fact::{Evidence, Identity};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Observed::Present, Unreadable};

const STRANGER: &str = "333333333333";

fn role(spoil: impl FnOnce(&mut Identity)) -> Vec<Evidence> {
    vec![writer(spoil), copy(|_| {})]
}

/// The writer with one more grant, which its boundary lets through.
fn granted(statement: Statement) -> Vec<Evidence> {
    role(|i| {
        i.policies.push(("more".into(), Document::new([statement])));
        i.boundary = Some(Document::new([Statement::new(Effect::Allow, ["*"], ["*"])]));
    })
}

fn may(action: &str) -> Vec<Evidence> {
    granted(Statement::new(Effect::Allow, [action], ["*"]))
}

fn trusting(statement: Statement) -> Vec<Evidence> {
    role(|i| i.trust = Some(Document::new([statement])))
}

fn trusted_by(principal: impl Into<String>) -> Statement {
    Statement::new(Effect::Allow, ["sts:AssumeRole"], [""; 0]).principal("AWS", principal)
}

fn unreadable(action: &str) -> Unreadable {
    Unreadable {
        action: action.into(),
        why: "AccessDenied".into(),
        denied: true,
    }
}

/// A document of the role, or the policy of the bucket it writes to, was not read.
fn unreadable_policies() -> Vec<Vec<Evidence>> {
    vec![
        role(|i| i.unknown.push(unreadable("iam:GetRolePolicy"))),
        vec![writer(|_| {}), copy(|s| s.policy = denied("s3:GetBucketPolicy"))],
        vec![writer(|_| {})],
    ]
}

pub(in crate::check::rules) fn all() -> Vec<Case> {
    let mut all = abilities();
    all.extend(writing());
    all.extend(trust());
    all
}

fn abilities() -> Vec<Case> {
    let spots: [(&'static str, &[&str]); 12] = [
        ("BKS-IAM-001", &["s3:GetObject", "s3:Get*", "s3:*", "*"]),
        ("BKS-IAM-002", &["s3:ListBucket", "s3:ListBucketVersions"]),
        ("BKS-IAM-003", &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
        ("BKS-IAM-004", &["s3:BypassGovernanceRetention"]),
        ("BKS-IAM-005", &["s3:PutObjectRetention", "s3:PutObject*"]),
        ("BKS-IAM-006", &["s3:PutBucketVersioning", "s3:PutBucket*"]),
        ("BKS-IAM-007", &["s3:PutLifecycleConfiguration"]),
        ("BKS-IAM-008", &["s3:PutBucketPolicy", "s3:PutObjectAcl"]),
        (
            "BKS-IAM-009",
            &["s3:PutReplicationConfiguration", "s3:ReplicateDelete"],
        ),
        (
            "BKS-IAM-010",
            &[
                "iam:PassRole",
                "iam:PutRolePolicy",
                "iam:AttachRolePolicy",
                "iam:CreateAccessKey",
                "iam:DeleteRolePermissionsBoundary",
                "sts:AssumeRole",
            ],
        ),
        (
            "BKS-IAM-011",
            &["s3:CreateJob", "s3:CreateAccessPoint", "lambda:InvokeFunction"],
        ),
        ("BKS-IAM-012", &["kms:CreateGrant", "kms:ScheduleKeyDeletion"]),
    ];
    spots
        .into_iter()
        .map(|(id, actions)| Case {
            id,
            pass: role(|_| {}),
            fail: actions.iter().map(|action| may(action)).collect(),
            unknown: unreadable_policies(),
        })
        .collect()
}

fn writing() -> Vec<Case> {
    let put = |resource: &str| granted(Statement::new(Effect::Allow, ["s3:PutObject"], [resource]));
    let mut all_but_iam = Statement::new(Effect::Allow, ["iam:*"], ["*"]);
    all_but_iam.actions = crate::model::policy::Match::AllBut(["iam:*".to_owned()].into());
    vec![
        Case {
            id: "BKS-IAM-013",
            pass: role(|_| {}),
            fail: vec![
                may("s3:PutObject*"),
                may("s3:?utObject"),
                granted(all_but_iam.clone()),
            ],
            unknown: vec![role(|i| i.unknown.push(unreadable("iam:GetRolePolicy")))],
        },
        Case {
            id: "BKS-IAM-014",
            pass: role(|_| {}),
            fail: vec![
                put("arn:aws:s3:::copy/*"),
                put("arn:aws:s3:::other/pg/*"),
                put("*"),
                granted(all_but_iam.clone()),
            ],
            unknown: unreadable_policies(),
        },
        Case {
            id: "BKS-IAM-015",
            pass: role(|_| {}),
            fail: vec![may("dynamodb:DeleteTable"), granted(all_but_iam)],
            unknown: unreadable_policies(),
        },
        Case {
            id: "BKS-IAM-016",
            pass: role(|_| {}),
            fail: vec![role(|i| i.boundary = None)],
            unknown: vec![role(|i| {
                i.boundary = None;
                i.unknown.push(unreadable("iam:GetPolicyVersion"));
            })],
        },
    ]
}

fn trust() -> Vec<Case> {
    let unread = || {
        vec![role(|i| {
            i.trust = None;
            i.unknown.push(unreadable("iam:GetRole"));
        })]
    };
    vec![
        Case {
            id: "BKS-IAM-020",
            pass: trusting(trusted_by("*").when("StringEquals", "aws:PrincipalOrgID", ["o-1"])),
            fail: vec![
                trusting(trusted_by("*")),
                trusting(trusted_by("*").when("StringLike", "aws:PrincipalArn", ["*"])),
                trusting(trusted_by("*").when("StringNotEquals", "aws:PrincipalAccount", ["1"])),
                trusting(trusted_by("*").when("Bool", "aws:SecureTransport", ["true"])),
            ],
            unknown: unread(),
        },
        Case {
            id: "BKS-IAM-021",
            pass: role(|_| {}),
            fail: vec![
                trusting(github(&[])),
                trusting(github(&["repo:acme/*"])),
                trusting(github(&["repo:acme/app:ref:refs/heads/main", "*"])),
            ],
            unknown: unread(),
        },
        Case {
            id: "BKS-IAM-022",
            pass: trusting(trusted_by(format!("arn:aws:iam::{STRANGER}:role/r")).when(
                "StringEquals",
                "sts:ExternalId",
                ["x"],
            )),
            fail: vec![trusting(trusted_by(format!("arn:aws:iam::{STRANGER}:role/r")))],
            unknown: unread(),
        },
        Case {
            id: "BKS-IAM-023",
            pass: trusting(trusted_by(format!("arn:aws:iam::{PROD}:role/r"))),
            fail: vec![
                trusting(trusted_by(PROD)),
                trusting(trusted_by(format!("arn:aws:iam::{VAULT}:root"))),
            ],
            unknown: unread(),
        },
    ]
}

#[test]
fn cases() {
    run(all());
}

#[test]
fn only_writers_are_held_to_what_writers_may() {
    let recovery = |i: &mut Identity| {
        i.writer = None;
        i.policies = vec![(
            "read".into(),
            Document::new([Statement::new(Effect::Allow, ["s3:GetObject"], ["*"])]),
        )];
    };
    assert_eq!(status("BKS-IAM-001", &role(recovery)), None);
    assert_eq!(status("BKS-IAM-016", &role(recovery)), None);
}

#[test]
fn a_boundary_that_stops_it_makes_a_wide_policy_harmless() {
    let wide = role(|i| {
        let all = Statement::new(Effect::Allow, ["s3:*"], ["*"]);
        i.policies = vec![("wide".into(), Document::new([all]))];
    });
    for id in ["BKS-IAM-001", "BKS-IAM-003", "BKS-IAM-014", "BKS-IAM-015"] {
        assert_eq!(status(id, &wide), Some(Status::Pass), "{id}");
    }
    // The wildcard is a weak spot all the same: the boundary is all that is left.
    assert_eq!(status("BKS-IAM-013", &wide), Some(Status::Fail));
}

#[test]
fn the_bucket_policy_can_grant_what_the_role_lacks() {
    let read = Statement::new(Effect::Allow, ["s3:GetObject"], ["arn:aws:s3:::copy/*"]);
    let by_name = read
        .clone()
        .principal("AWS", format!("arn:aws:iam::{PROD}:role/pgdump"));
    let unbounded = || writer(|i| i.boundary = None);
    let with = |s: &Statement| {
        let policy = Document::new([s.clone()]);
        [
            unbounded(),
            copy(|c| {
                c.account = PROD.parse().unwrap();
                c.policy = Present(policy);
            }),
        ]
    };
    assert_eq!(status("BKS-IAM-001", &with(&by_name)), Some(Status::Fail));
    // A bucket of another account cannot give a role what its own account does not: both have to allow.
    let abroad = [
        unbounded(),
        copy(|c| c.policy = Present(Document::new([by_name.clone()]))),
    ];
    assert_eq!(status("BKS-IAM-001", &abroad), Some(Status::Pass));
    // By name it is limited by the boundary, by session it is not.
    let bounded = |s: &Statement| {
        let policy = Document::new([s.clone()]);
        [
            writer(|_| {}),
            copy(|c| {
                c.account = PROD.parse().unwrap();
                c.policy = Present(policy);
            }),
        ]
    };
    assert_eq!(status("BKS-IAM-001", &bounded(&by_name)), Some(Status::Pass));
    let by_session = read
        .clone()
        .principal("AWS", format!("arn:aws:sts::{PROD}:assumed-role/pgdump/night"));
    assert_eq!(status("BKS-IAM-001", &bounded(&by_session)), Some(Status::Fail));
    // An account's own policies still have to grant it.
    let by_account = read.principal("AWS", PROD);
    assert_eq!(status("BKS-IAM-001", &with(&by_account)), Some(Status::Pass));
}

#[test]
fn a_grant_that_was_read_fails_whatever_else_was_not() {
    let both = role(|i| {
        i.boundary = None;
        i.unknown.push(unreadable("iam:GetRolePolicy"));
        i.policies.push((
            "more".into(),
            Document::new([Statement::new(Effect::Allow, ["s3:DeleteObject"], ["*"])]),
        ));
    });
    assert_eq!(status("BKS-IAM-003", &both), Some(Status::Fail));
}
