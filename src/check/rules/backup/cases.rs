//! One pass and every fail of each control, side by side.

use crate::check::testing::{Case, PROD, VAULT, denied, evidence, run, status};
use crate::model::Address;
use crate::model::Observed::{Absent, Present};
use crate::model::fact::{
    Coverage, Evidence, Facts, LockMode, Schedule, ScheduledCopy, ScheduledRule, TagMatch, Vault, VaultLock,
};
use std::collections::BTreeMap;

fn vault_arn(region: &str, account: &str) -> String {
    format!("arn:aws:backup:{region}:{account}:backup-vault:v")
}

fn lock(spoil: impl FnOnce(&mut VaultLock)) -> VaultLock {
    let mut lock = VaultLock {
        mode: LockMode::Compliance,
        locked_from: Some("2026-01-01T00:00:00Z".into()),
        min_days: Some(14),
        max_days: None,
    };
    spoil(&mut lock);
    lock
}

/// A vault, and the plan of another account that copies to it.
pub(in crate::check::rules) fn vault(spoil: impl FnOnce(&mut Vault)) -> Vec<Evidence> {
    let arn = vault_arn("us-west-2", VAULT);
    let mut vault = Vault {
        name: "v".into(),
        arn: arn.parse().unwrap(),
        account: VAULT.parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        air_gapped: false,
        key: None,
        service_key: Some(false),
        policy: Absent,
        lock: Present(lock(|_| {})),
        points: Some(1),
        holds: Present(Vec::new()),
    };
    spoil(&mut vault);
    let address = Address::new("backup_vault", "v");
    let mut all = vec![evidence(
        address,
        ("vault", "us-west-2"),
        &arn,
        Facts::Vault(Box::new(vault)),
    )];
    all.extend(plan(|_| {}));
    all
}

fn plan(spoil: impl FnOnce(&mut Schedule)) -> Vec<Evidence> {
    let arn = format!("arn:aws:backup:us-east-1:{PROD}:backup-plan:p");
    let mut plan = Schedule {
        name: "p".into(),
        arn: arn.parse().unwrap(),
        account: PROD.parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        rules: vec![ScheduledRule {
            name: "daily".into(),
            vault: vault_arn("us-east-1", PROD).parse().unwrap(),
            schedule: "cron(0 5 ? * * *)".into(),
            timezone: "Etc/UTC".into(),
            longest_gap_minutes: Some(1440),
            start_window_minutes: 480,
            completion_window_minutes: 10080,
            continuous: false,
            delete_after_days: Some(35),
            cold_after_days: None,
            copies: vec![copy(&vault_arn("us-west-2", VAULT))],
        }],
        covers: Present(vec![Coverage {
            name: "tagged".into(),
            role: None,
            resources: Vec::new(),
            not_resources: Vec::new(),
            any_tag: vec![TagMatch {
                test: "StringEquals".into(),
                key: "backup".into(),
                value: "daily".into(),
            }],
            all_conditions: Vec::new(),
        }]),
        opted_in: Present(BTreeMap::from([("RDS".into(), true)])),
    };
    spoil(&mut plan);
    let address = Address::new("backup_plan", "p");
    vec![evidence(
        address,
        ("prod", "us-east-1"),
        &arn,
        Facts::Schedule(Box::new(plan)),
    )]
}

fn copy(vault: &str) -> ScheduledCopy {
    ScheduledCopy {
        vault: vault.parse().unwrap(),
        delete_after_days: Some(90),
        cold_after_days: None,
    }
}

fn opted_out() -> BTreeMap<String, bool> {
    BTreeMap::from([("RDS".into(), true), ("S3".into(), false)])
}

pub(in crate::check::rules) fn all() -> Vec<Case> {
    vec![
        Case {
            id: "BKS-BKP-001",
            pass: vault(|_| {}),
            fail: vec![
                vault(|v| v.lock = Absent),
                vault(|v| v.lock = Present(lock(|l| l.min_days = None))),
            ],
            unknown: vec![vault(|v| v.lock = denied("backup:ListBackupVaults"))],
        },
        Case {
            id: "BKS-BKP-002",
            pass: vault(|_| {}),
            fail: vec![vault(|v| {
                v.lock = Present(lock(|l| l.locked_from = Some("2026-03-02T00:00:00Z".into())));
            })],
            unknown: vec![vault(|v| {
                v.lock = Present(lock(|l| l.locked_from = Some("soon".into())))
            })],
        },
        Case {
            id: "BKS-BKP-003",
            pass: vault(|_| {}),
            fail: vec![vault(|v| v.service_key = Some(true))],
            unknown: vec![vault(|v| v.service_key = None)],
        },
        Case {
            id: "BKS-BKP-010",
            pass: plan(|_| {}),
            fail: vec![
                plan(|p| p.rules[0].copies.clear()),
                plan(|p| p.rules[0].copies = vec![copy(&vault_arn("us-east-1", PROD))]),
            ],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-BKP-011",
            pass: plan(|_| {}),
            fail: vec![plan(|p| p.opted_in = Present(opted_out()))],
            unknown: vec![plan(|p| p.opted_in = denied("backup:DescribeRegionSettings"))],
        },
        Case {
            id: "BKS-BKP-012",
            pass: plan(|_| {}),
            fail: vec![plan(|p| p.covers = Present(Vec::new()))],
            unknown: vec![plan(|p| p.covers = denied("backup:ListBackupSelections"))],
        },
    ]
}

#[test]
fn cases() {
    run(all());
}

#[test]
fn what_is_selected_by_name_is_never_left_out() {
    let named = plan(|p| {
        p.opted_in = Present(opted_out());
        if let Present(covers) = &mut p.covers {
            covers[0].any_tag.clear();
            covers[0].resources = vec!["arn:aws:s3:::b".into()];
        }
    });
    assert_eq!(status("BKS-BKP-011", &named), None);
}

#[test]
fn a_lock_that_can_always_be_taken_back_has_no_grace_time() {
    let governance = vault(|v| {
        v.lock = Present(lock(|l| {
            l.mode = LockMode::Governance;
            l.locked_from = None;
        }));
    });
    assert_eq!(status("BKS-BKP-002", &governance), None);
    let alone: Vec<Evidence> = vault(|v| v.service_key = Some(true))
        .into_iter()
        .take(1)
        .collect();
    assert_eq!(status("BKS-BKP-003", &alone), None);
}
