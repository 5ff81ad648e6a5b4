//! One pass and every fail of each control, side by side.

use crate::check::Status;
use crate::check::testing::{Case, backup_replica, database, denied, run, status};
use crate::model::Observed::{Absent, Present};
use crate::model::fact::{BackupReplica, Database, Evidence, Held};

fn db(spoil: impl FnOnce(&mut Database)) -> Vec<Evidence> {
    vec![database(spoil)]
}

fn copied(spoil: impl FnOnce(&mut BackupReplica)) -> Vec<Evidence> {
    let copy = backup_replica(spoil);
    db(|d| d.replicas = Present(vec![copy]))
}

fn unreadable_copies() -> Vec<Evidence> {
    db(|d| d.replicas = denied("rds:DescribeDBInstanceAutomatedBackups"))
}

pub(in crate::check::rules) fn all() -> Vec<Case> {
    let mut all = retention();
    all.extend(instance());
    all.extend(copies());
    all
}

fn retention() -> Vec<Case> {
    vec![
        Case {
            id: "BKS-RDS-001",
            pass: db(|d| d.retention_days = 1),
            fail: vec![db(|d| d.retention_days = 0)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-002",
            pass: db(|d| d.retention_days = 2),
            fail: vec![db(|d| d.retention_days = 1)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-003",
            pass: db(|d| d.retention_days = 7),
            fail: vec![db(|d| d.retention_days = 2), db(|d| d.retention_days = 6)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-004",
            pass: db(|d| d.latest_restorable = Some("2026-03-01T11:45:00Z".into())),
            fail: vec![
                db(|d| d.latest_restorable = Some("2026-03-01T11:44:00Z".into())),
                db(|d| d.latest_restorable = None),
            ],
            unknown: vec![db(|d| d.latest_restorable = Some("yesterday".into()))],
        },
    ]
}

fn instance() -> Vec<Case> {
    let key = |name: &str| {
        Some(
            format!("arn:aws:kms:us-east-1:111111111111:{name}")
                .parse()
                .unwrap(),
        )
    };
    vec![
        Case {
            id: "BKS-RDS-010",
            pass: db(|_| {}),
            fail: vec![db(|d| d.deletion_protection = false)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-011",
            pass: db(|_| {}),
            fail: vec![db(|d| d.encrypted = false)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-012",
            pass: db(|_| {}),
            fail: vec![db(|d| d.multi_az = false)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-013",
            pass: db(|_| {}),
            fail: vec![db(|d| d.copy_tags = false)],
            unknown: Vec::new(),
        },
        Case {
            id: "BKS-RDS-014",
            pass: db(|_| {}),
            fail: vec![db(|d| d.key = key("alias/aws/rds"))],
            unknown: Vec::new(),
        },
    ]
}

fn copies() -> Vec<Case> {
    vec![
        Case {
            id: "BKS-RDS-020",
            pass: db(|_| {}),
            fail: vec![
                db(|d| d.replicas = Absent),
                db(|d| d.replicas = Present(Vec::new())),
            ],
            unknown: vec![unreadable_copies()],
        },
        Case {
            id: "BKS-RDS-021",
            pass: copied(|c| c.retention_days = Some(7)),
            fail: vec![copied(|c| c.retention_days = Some(6))],
            unknown: vec![unreadable_copies(), copied(|c| c.retention_days = None)],
        },
        Case {
            id: "BKS-RDS-022",
            pass: copied(|c| c.retention_days = Some(14)),
            fail: vec![copied(|c| c.retention_days = Some(13))],
            unknown: vec![unreadable_copies(), copied(|c| c.retention_days = None)],
        },
        Case {
            id: "BKS-RDS-023",
            pass: db(|_| {}),
            fail: vec![copied(|c| c.region = "us-east-1".parse().unwrap())],
            unknown: vec![unreadable_copies()],
        },
        Case {
            id: "BKS-RDS-024",
            pass: copied(|c| c.status = "Active".into()),
            fail: vec![
                copied(|c| c.status = "retained".into()),
                copied(|c| c.status = "creating".into()),
            ],
            unknown: vec![unreadable_copies()],
        },
    ]
}

#[test]
fn cases() {
    run(all());
}

#[test]
fn each_length_of_retention_has_one_control() {
    assert_eq!(status("BKS-RDS-002", &db(|d| d.retention_days = 0)), None);
    assert_eq!(status("BKS-RDS-003", &db(|d| d.retention_days = 1)), None);
    assert_eq!(status("BKS-RDS-004", &db(|d| d.retention_days = 0)), None);
}

/// A vault elsewhere that holds recovery points of the database is a copy in another region; an empty one is none.
#[test]
fn recovery_points_in_another_region_are_a_copy_there() {
    let estate = |region: &str, points: u32, unread: bool| {
        let mut all = db(|d| d.replicas = Present(Vec::new()));
        let resource = all[0].arn.clone().unwrap();
        let mut vault = crate::check::rules::backup::cases::vault(|v| {
            v.region = region.parse().unwrap();
            let held = Held {
                resource,
                points,
                unusable: 1,
                newest: None,
                oldest: None,
                kept_for_ever: 0,
                keys: Default::default(),
                spread: Vec::new(),
            };
            v.holds = match unread {
                true => denied("backup:ListRecoveryPointsByBackupVault"),
                false => Present(vec![held]),
            };
        });
        all.append(&mut vault);
        all
    };
    for (region, points, unread, expected) in [
        ("us-west-2", 2, false, Status::Pass),
        ("us-west-2", 0, false, Status::Fail),
        ("us-east-1", 2, false, Status::Fail),
        ("us-west-2", 2, true, Status::Unknown),
    ] {
        let got = status("BKS-RDS-020", &estate(region, points, unread));
        assert_eq!(got, Some(expected), "{region}, {points}, {unread}");
    }
}

#[test]
fn a_key_that_does_not_say_who_manages_it_is_not_judged() {
    let plain = db(|d| d.key = Some("arn:aws:kms:us-east-1:111111111111:key/1".parse().unwrap()));
    assert_eq!(status("BKS-RDS-014", &plain), None);
}
