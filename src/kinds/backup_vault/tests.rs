mod locks;
mod properties;
mod world;

use super::BackupVault;
use super::live::{LiveLock, LiveVault};
use super::policy;
use super::spec::Spec;
use super::write::Op;
use crate::kinds::keys::Resolved;
use crate::kinds::testing::{Written, place};
use crate::kinds::{Kind, Purpose};
use crate::model::Observed;
use crate::model::change::{Action, Direction, Stage};
use crate::model::fact::{Facts, KeyState, LockMode};
use crate::model::policy::Effect;
use serde_json::json;
use std::collections::BTreeMap;
use world::{NOW, at};

const ALIAS: &str = "arn:aws:kms:us-east-1:111111111111:alias/acme";
const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";

fn written() -> Written {
    Written::new()
        .set("name", "acme")
        .set("kms_key", ALIAS)
        .set("receives_from", json!(["222222222222"]))
        .set("deny_delete", true)
}

fn locked(mode: &str, min: &str) -> Written {
    let lock = Written::new()
        .set("mode", mode)
        .set("min", min)
        .set("max", "400d");
    let lock = if mode == "compliance" {
        lock.set("grace", "7d")
    } else {
        lock
    };
    written().nest("lock", lock)
}

fn vault(spoil: impl FnOnce(&mut LiveVault)) -> LiveVault {
    let key = || Resolved {
        arn: KEY.parse().unwrap(),
        service_managed: false,
        state: KeyState::Enabled,
        deletion_date: None,
    };
    let mut live = LiveVault {
        name: "acme".into(),
        arn: "arn:aws:backup:us-east-1:111111111111:backup-vault:acme"
            .parse()
            .unwrap(),
        air_gapped: false,
        key: Some(KEY.parse().unwrap()),
        key_seen: Some(Observed::Present(key())),
        key_wanted: Some(Observed::Present(key())),
        lock: None,
        policy: Observed::Present(policy::wanted(&written().spec::<BackupVault>(), "aws").unwrap()),
        points: Some(3),
        holds: None,
        tags: Observed::Present(BTreeMap::from([("backstay:project".into(), "acme".into())])),
    };
    spoil(&mut live);
    live
}

fn lock(date: Option<&str>, closed: bool, min: u32) -> Option<LiveLock> {
    Some(LiveLock {
        closes: date.map(at),
        closed,
        seen: Some(at(NOW)),
        min: Some(min),
        max: Some(400),
    })
}

#[test]
fn an_alias_is_the_key_that_it_points_to() {
    let want = written().spec::<BackupVault>();
    let diff = BackupVault::diff(&want, Some(&vault(|_| {})), &place());
    assert_eq!(diff.action, Action::NoOp);
    assert!(diff.findings.is_empty() && diff.unreadable.is_empty());
    let other = vault(|v| v.key_seen = Some(Observed::Absent));
    let other = LiveVault {
        key: Some("arn:aws:kms:us-east-1:111111111111:key/other".parse().unwrap()),
        ..other
    };
    let diff = BackupVault::diff(&want, Some(&other), &place());
    assert_eq!(diff.findings[0].path, "kms_key");
    assert!(diff.changes.is_empty());
}

#[test]
fn others_copy_in_and_take_nothing_away() {
    let document = policy::wanted(&written().spec::<BackupVault>(), "aws").unwrap();
    let allowed: Vec<_> = document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow)
        .collect();
    assert_eq!(allowed.len(), 1);
    assert!(format!("{:?}", allowed[0].actions).contains("CopyIntoBackupVault"));
    let denied = &document.statements[1];
    assert_eq!(denied.effect, Effect::Deny);
    assert!(!format!("{:?}", denied.actions).contains("PutBackupVaultAccessPolicy"));
    let guarded = written().set("guardians", json!(["arn:aws:iam::111111111111:role/guard"]));
    let document = policy::wanted(&guarded.spec::<BackupVault>(), "aws").unwrap();
    assert!(format!("{:?}", document.statements[1].actions).contains("PutBackupVaultAccessPolicy"));
    assert!(document.statements[1].conditions.contains_key("ArnNotEquals"));
}

#[test]
fn a_new_vault_is_created_then_closed_off_then_locked() {
    let want = locked("compliance", "14d").spec::<BackupVault>();
    let diff = BackupVault::diff(&want, None, &place());
    assert_eq!(diff.action, Action::Create);
    let stages: Vec<_> = diff.changes.iter().map(|c| c.stage).collect();
    assert_eq!(stages, [Stage::Create, Stage::Access, Stage::Lock]);
    let mode = &diff.changes[2].attributes[0];
    assert_eq!(mode.path, "lock.mode");
    assert!(
        mode.irreversible
            .as_ref()
            .unwrap()
            .contains("7 days after the apply")
    );
    assert!(
        diff.changes
            .iter()
            .flat_map(|c| &c.attributes)
            .all(|a| a.direction != Direction::Weakens)
    );
}

#[test]
fn a_lower_maximum_weakens_a_vault_that_holds_nothing_yet() {
    let want = locked("governance", "14d").spec::<BackupVault>();
    for (before, direction) in [
        (Some(Some(500)), Direction::Weakens),
        (Some(None), Direction::Weakens),
        (Some(Some(300)), Direction::Neutral),
        // A creation that was cut off.
        (None, Direction::Neutral),
    ] {
        let live = vault(|v| {
            v.points = Some(0);
            v.lock = before.and_then(|max| {
                Some(LiveLock {
                    max,
                    ..lock(None, false, 14)?
                })
            });
        });
        let diff = BackupVault::diff(&want, Some(&live), &place());
        let mut all = diff.changes.iter().flat_map(|c| &c.attributes);
        let max = all.find(|a| a.path == "lock.max").unwrap();
        assert_eq!(max.direction, direction, "{before:?}");
    }
}

#[test]
fn locks_are_judged() {
    // (live, wanted mode, wanted min) to the first change's direction; none when it cannot be written.
    type Row<'a> = (Option<LiveLock>, &'a str, &'a str, Option<(Direction, bool)>);
    let table: [Row<'_>; 6] = [
        (None, "governance", "14d", Some((Direction::Strengthens, false))),
        (
            lock(None, false, 14),
            "compliance",
            "14d",
            Some((Direction::Strengthens, true)),
        ),
        (
            lock(None, false, 30),
            "governance",
            "14d",
            Some((Direction::Weakens, false)),
        ),
        (
            lock(Some("2026-11-27T12:00:00Z"), false, 30),
            "compliance",
            "14d",
            Some((Direction::Weakens, true)),
        ),
        (
            lock(Some("2026-12-01T00:00:00Z"), false, 14),
            "governance",
            "14d",
            None,
        ),
        (
            lock(Some("2025-12-01T00:00:00Z"), true, 14),
            "compliance",
            "30d",
            None,
        ),
    ];
    for (n, (live, mode, min, wanted)) in table.into_iter().enumerate() {
        let want = locked(mode, min).spec::<BackupVault>();
        let diff = BackupVault::diff(&want, Some(&vault(|v| v.lock = live)), &place());
        let change = diff.changes.first().map(|c| {
            assert_eq!(c.stage, Stage::Lock);
            (c.attributes[0].direction, c.attributes[0].irreversible.is_some())
        });
        assert_eq!(change, wanted, "{n}");
        assert_eq!(diff.findings.is_empty(), wanted.is_some(), "{n}");
    }
    let same = locked("compliance", "14d").spec::<BackupVault>();
    let have = vault(|v| v.lock = lock(Some("2026-11-27T12:00:00Z"), false, 14));
    assert_eq!(
        BackupVault::diff(&same, Some(&have), &place()).action,
        Action::NoOp
    );
}

#[test]
fn what_is_there_already_is_not_covered_and_that_is_said() {
    let want = locked("governance", "30d").spec::<BackupVault>();
    let diff = BackupVault::diff(&want, Some(&vault(|v| v.lock = lock(None, false, 14))), &place());
    assert!(
        diff.changes[0].attributes[0]
            .reason
            .as_ref()
            .unwrap()
            .contains("not covered")
    );
}

#[test]
fn a_compliance_lock_in_facts_has_its_date() {
    let facts = |live: &LiveVault| match BackupVault::facts(None, live, &place()) {
        Facts::Vault(vault) => vault,
        other => panic!("{other:?}"),
    };
    let seen = facts(&vault(|v| v.lock = lock(Some("2026-12-01T00:00:00Z"), false, 14)));
    let lock = seen.lock.present().unwrap();
    assert_eq!(
        (lock.mode, lock.locked_from.as_deref()),
        (LockMode::Compliance, Some("2026-12-01T00:00:00Z"))
    );
    assert_eq!(facts(&vault(|_| {})).lock, Observed::Absent);
    assert_eq!(seen.service_key, Some(false));
}

#[test]
fn it_is_released_and_no_write_takes_away() {
    let diff = BackupVault::release("acme", &vault(|_| {}), &place());
    assert_eq!(diff.action, Action::Release);
    assert!(matches!(diff.changes[0].op, Op::Untag { .. }));
    let all = BackupVault::permissions(
        &locked("governance", "14d").spec::<BackupVault>(),
        &place(),
        Purpose::Apply,
    );
    assert!(!all.iter().any(|p| p.action.starts_with("backup:Delete")));
}

#[test]
fn an_air_gapped_vault_is_locked_from_birth() {
    let lock = Written::new()
        .set("mode", "compliance")
        .set("min", "7d")
        .set("max", "30d");
    let block = Written::new()
        .set("name", "acme")
        .set("air_gapped", true)
        .nest("lock", lock);
    let spec: Spec = block.spec::<BackupVault>();
    let diff = BackupVault::diff(&spec, None, &place());
    assert_eq!(diff.changes.len(), 1);
    assert!(matches!(
        diff.changes[0].op,
        Op::Create {
            air_gap: Some((7, 30)),
            ..
        }
    ));
    assert!(
        diff.changes[0]
            .attributes
            .iter()
            .any(|a| a.irreversible.is_some())
    );
}

#[test]
fn what_cannot_be_is_said() {
    let said = |block: Written| block.decode::<BackupVault>().1.join("\n");
    let lock = |mode: &str| Written::new().set("mode", mode).set("min", "14d");
    for (block, part) in [
        (written().set("name", "a"), "2 to 50"),
        (written().set("kms_key", "arn:aws:s3:::b"), "not a key"),
        (
            written().set("kms_key", "arn:aws:kms:eu-west-1:111111111111:key/k"),
            "another region",
        ),
        (
            written().set("receives_from", json!(["acme"])),
            "neither an account",
        ),
        (
            Written::new()
                .set("name", "acme")
                .set("receives_from", json!(["222222222222"])),
            "own key",
        ),
        (written().nest("lock", lock("compliance")), "taken back"),
        (
            written().nest("lock", lock("compliance").set("grace", "2d")),
            "3d",
        ),
        (
            written().nest("lock", lock("governance").set("grace", "3d")),
            "no grace time",
        ),
        (
            written().nest("lock", lock("governance").set("max", "7d")),
            "is more than max",
        ),
        (written().set("air_gapped", true), "locked from birth"),
        (
            Written::new()
                .set("name", "acme")
                .set("guardians", json!(["arn:aws:iam::111111111111:role/g"])),
            "not set",
        ),
    ] {
        let said = said(block);
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_is_declared_off_is_taken_off() {
    for (block, declares) in [
        (Written::new().set("deny_delete", false), true),
        (Written::new().set("receives_from", json!([])), true),
        (Written::new(), false),
    ] {
        let want = block.set("name", "acme").spec::<BackupVault>();
        let refusing = vault(|_| {});
        let diff = BackupVault::diff(&want, Some(&refusing), &place());
        let ops: Vec<_> = diff.changes.iter().map(|c| &c.op).collect();
        let expected: &[&Op] = if declares { &[&Op::RemovePolicy] } else { &[] };
        assert_eq!(ops, expected);
        if declares {
            assert_eq!(diff.changes[0].attributes[0].direction, Direction::Weakens);
        }
        let bare = vault(|v| v.policy = Observed::Absent);
        let diff = BackupVault::diff(&want, Some(&bare), &place());
        assert!(diff.changes.is_empty(), "{:?}", diff.changes);
    }
    // A vault that is made has none to remove.
    let want = Written::new().set("name", "acme").set("deny_delete", false);
    let made = BackupVault::diff(&want.spec::<BackupVault>(), None, &place());
    assert_eq!(made.changes.len(), 1);
}
