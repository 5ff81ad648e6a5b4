mod astray;
mod outside;
mod properties;
mod world;

use super::live::{LiveKey, LiveReplica};
use super::spec::Spec;
use super::write::Op;
use super::{KmsKey, policy};
use crate::kinds::testing::{Written, place};
use crate::kinds::{Kind, Permission, Purpose};
use crate::model::change::{Action, Direction, Stage};
use crate::model::fact::KeyState;
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Observed, Unreadable};
use serde_json::json;
use std::collections::BTreeMap;

const ADMIN: &str = "arn:aws:iam::111111111111:role/admin";
const USER: &str = "arn:aws:iam::111111111111:role/backup";

fn written() -> Written {
    Written::new()
        .set("name", "acme")
        .set("administrators", json!([ADMIN]))
        .set("users", json!([USER]))
        .set("rotation", "365d")
}

fn wanted() -> Spec {
    written().spec::<KmsKey>()
}

fn key(spoil: impl FnOnce(&mut LiveKey)) -> LiveKey {
    let mut live = LiveKey {
        alias: "acme".into(),
        aliased: true,
        displaces: Observed::Absent,
        arn: "arn:aws:kms:us-east-1:111111111111:key/k".parse().unwrap(),
        state: KeyState::Enabled,
        deletion_date: None,
        material_expires: None,
        service_managed: false,
        can_rotate: true,
        multi_region: false,
        replica_of: None,
        description: String::new(),
        policy: Observed::Present(policy::wanted(&wanted(), &place()).unwrap()),
        rotation: Observed::Present(365),
        replicas: BTreeMap::new(),
        tags: Observed::Present(BTreeMap::from([("backstay:project".into(), "acme".into())])),
    };
    spoil(&mut live);
    live
}

#[test]
fn a_key_that_is_as_declared_has_nothing_to_do() {
    let diff = KmsKey::diff(&wanted(), Some(&key(|_| {})), &place());
    assert_eq!(diff.action, Action::NoOp);
    assert!(diff.changes.is_empty() && diff.findings.is_empty() && diff.unreadable.is_empty());
}

#[test]
fn administration_and_use_are_apart() {
    let document = policy::wanted(&wanted(), &place()).unwrap();
    let of = |arn: &str| -> Vec<&Statement> {
        let about = |s: &&Statement| format!("{:?}", s.principals).contains(arn);
        document.statements.iter().filter(about).collect()
    };
    let text = |all: &[&Statement]| format!("{:?}", all.iter().map(|s| &s.actions).collect::<Vec<_>>());
    for action in [
        "Decrypt",
        "CreateGrant",
        "ScheduleKeyDeletion",
        "DisableKey\"",
        "kms:*",
    ] {
        assert!(!text(&of(ADMIN)).contains(action), "{action}");
    }
    for action in ["PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey", "kms:*"] {
        assert!(!text(&of(USER)).contains(action), "{action}");
    }
    let grants = document
        .statements
        .iter()
        .find(|s| text(&[s]).contains("CreateGrant"))
        .unwrap();
    assert!(grants.conditions["Bool"]["kms:GrantIsForAWSResource"].contains("true"));
}

#[test]
fn the_account_can_repair_the_policy_without_delegating() {
    let root = |spec: &Spec| policy::wanted(spec, &place()).unwrap().statements[0].clone();
    let only_user = root(&wanted());
    assert!(only_user.conditions["StringEquals"]["aws:PrincipalType"].contains("Account"));
    let delegated = root(&written().set("delegate_to_iam", true).spec::<KmsKey>());
    assert!(delegated.conditions.is_empty());
}

#[test]
fn one_that_is_going_away_is_brought_back_first() {
    for (state, was) in [
        (KeyState::Disabled, json!("disabled")),
        (KeyState::PendingDeletion, json!("pending deletion on 2026-12-24")),
    ] {
        let live = key(|k| {
            k.state = state;
            k.deletion_date = Some("2026-12-24".into());
        });
        let diff = KmsKey::diff(&wanted(), Some(&live), &place());
        assert_eq!(diff.action, Action::Update);
        let change = &diff.changes[0];
        assert_eq!(
            (&change.op, change.stage),
            (&Op::Enable { region: None }, Stage::Key)
        );
        assert_eq!(change.attributes[0].before, was);
        assert_eq!(change.attributes[0].direction, Direction::Strengthens);
    }
    let live = key(|k| k.state = KeyState::Other("PendingImport".into()));
    let diff = KmsKey::diff(&wanted(), Some(&live), &place());
    assert!(diff.changes.is_empty());
    assert_eq!(diff.findings[0].path, "enabled");
}

#[test]
fn changes_are_judged() {
    let direction = |want: &Spec, live: &LiveKey| {
        let diff = KmsKey::diff(want, Some(live), &place());
        diff.changes[0].attributes[0].direction
    };
    let rotates = |days: Observed<u32>| key(|k| k.rotation = days);
    assert_eq!(
        direction(&wanted(), &rotates(Observed::Absent)),
        Direction::Strengthens
    );
    assert_eq!(
        direction(&wanted(), &rotates(Observed::Present(730))),
        Direction::Strengthens
    );
    assert_eq!(
        direction(&wanted(), &rotates(Observed::Present(90))),
        Direction::Weakens
    );
    // From one that IAM can do anything with to one that keeps roles apart, and back.
    let default =
        Document::new([Statement::new(Effect::Allow, ["kms:*"], ["*"])
            .principal("AWS", "arn:aws:iam::111111111111:root")]);
    let delegated = written().set("delegate_to_iam", true).spec::<KmsKey>();
    assert_eq!(direction(&delegated, &key(|_| {})), Direction::Weakens);
    let narrowed = key(|k| {
        let mut document = policy::wanted(&wanted(), &place()).unwrap();
        document.statements.extend(default.statements);
        k.policy = Observed::Present(document);
    });
    // Who used it by the account's policies alone, as AWS Backup may, no longer can.
    assert_eq!(direction(&wanted(), &narrowed), Direction::Weakens);
}

#[test]
fn only_what_is_written_is_managed() {
    let bare = Written::new().set("name", "acme").spec::<KmsKey>();
    let live = key(|k| {
        k.policy = Observed::Absent;
        k.rotation = Observed::Absent;
        k.description = "theirs".into();
    });
    let diff = KmsKey::diff(&bare, Some(&live), &place());
    assert!(diff.changes.is_empty() && diff.findings.is_empty());
}

#[test]
fn what_was_not_read_is_not_compared() {
    let why = Unreadable {
        action: "kms:GetKeyPolicy".into(),
        why: "AccessDenied".into(),
        denied: true,
    };
    let live = key(|k| k.policy = Observed::Unreadable(why.clone()));
    let diff = KmsKey::diff(&wanted(), Some(&live), &place());
    assert_eq!(diff.unreadable, [why]);
    assert!(diff.changes.is_empty());
}

#[test]
fn replicas_are_made_brought_back_and_never_removed() {
    let replica = Written::new().set("region", "us-west-2");
    let want = written().nest("replica", replica).spec::<KmsKey>();
    assert_eq!(
        KmsKey::diff(&want, Some(&key(|_| {})), &place()).findings[0].path,
        "multi_region"
    );
    let many = |state: Option<KeyState>, region: &str| {
        key(|k| {
            k.multi_region = true;
            let policy = k.policy.clone();
            k.replicas.extend(state.map(|state| {
                let replica = LiveReplica {
                    arn: format!("arn:aws:kms:{region}:111111111111:key/k")
                        .parse()
                        .unwrap(),
                    state: Observed::Present(state),
                    policy,
                };
                (region.parse().unwrap(), replica)
            }));
        })
    };
    let ops = |live: &LiveKey| -> Vec<String> {
        let diff = KmsKey::diff(&want, Some(live), &place());
        diff.changes.iter().map(|c| KmsKey::describe(&c.op)).collect()
    };
    assert_eq!(ops(&many(None, "us-west-2")), ["replicate the key to us-west-2"]);
    assert_eq!(
        ops(&many(Some(KeyState::Disabled), "us-west-2")),
        ["bring the replica in us-west-2 back"]
    );
    assert_eq!(ops(&many(Some(KeyState::Enabled), "us-west-2")), [""; 0]);
    assert_eq!(
        ops(&many(Some(KeyState::Enabled), "eu-west-1")),
        ["replicate the key to us-west-2"]
    );
}

#[test]
fn a_key_is_released_and_no_write_ends_it() {
    let diff = KmsKey::release("acme", &key(|_| {}), &place());
    assert_eq!(diff.action, Action::Release);
    assert!(matches!(diff.changes[0].op, Op::Untag { .. }));
    let theirs = key(|k| k.tags = Observed::Present(BTreeMap::new()));
    assert!(KmsKey::release("acme", &theirs, &place()).changes.is_empty());
    let all = KmsKey::permissions(&wanted(), &place(), Purpose::Apply);
    let ends =
        |p: &Permission| ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:DeleteAlias"].contains(&p.action);
    assert!(!all.iter().any(ends));
}

#[test]
fn what_cannot_be_is_said() {
    let said = |block: Written| block.decode::<KmsKey>().1.join("\n");
    for (block, part) in [
        (written().set("name", "aws/rds"), "AWS manages"),
        (written().set("name", "alias/x"), "without alias/"),
        (written().set("name", "ö"), "letters"),
        (written().set("rotation", "30d"), "90d"),
        (written().set("users", json!([ADMIN])), "both administer and use"),
        (written().set("users", json!(["arn:aws:s3:::b"])), "no role"),
        (
            Written::new().set("name", "a").set("users", json!([USER])),
            "nobody who could change it",
        ),
        (
            Written::new().set("name", "a").set("delegate_to_iam", true),
            "declares none",
        ),
        (
            written().nest("replica", Written::new().set("region", "us-east-1")),
            "itself is in",
        ),
        (
            written()
                .set("multi_region", false)
                .nest("replica", Written::new().set("region", "us-west-2")),
            "multi_region = true",
        ),
        (
            written().set("tags", json!({"backstay:project": "x"})),
            "reserved",
        ),
    ] {
        let said = said(block);
        assert!(said.contains(part), "{part}: {said}");
    }
}
