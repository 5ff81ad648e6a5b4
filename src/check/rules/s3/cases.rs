//! One pass and every fail of each control, side by side.

use crate::check::testing::{Case, PROD, bucket, copy, denied, replica, run, status, store, tls_only};
use crate::check::{Severity, Status, testing};
use crate::model::Observed::{self, Absent, Present};
use crate::model::fact::{
    Evidence, Expiry, LockMode, LockRetention, ObjectLock, ObjectStore, Replica, Versioning,
};
use crate::model::policy::{Document, Effect, Statement};

fn lock(mode: LockMode, days: u32) -> Observed<ObjectLock> {
    Present(ObjectLock {
        retention: Some(LockRetention { mode, days }),
    })
}

fn empty_lock() -> Observed<ObjectLock> {
    Present(ObjectLock { retention: None })
}

fn expiry(
    current: Option<u32>,
    noncurrent: Option<u32>,
    newer_noncurrent: Option<u32>,
) -> Observed<Vec<Expiry>> {
    Present(vec![Expiry {
        prefix: String::new(),
        narrowed: false,
        current_days: current,
        noncurrent_days: noncurrent,
        newer_noncurrent,
    }])
}

/// The bucket with one replica that is spoilt, and the destination beside it.
fn replicated(spoil: impl FnOnce(&mut Replica)) -> Vec<Evidence> {
    let spoilt = replica(spoil);
    vec![store(|s| s.replicas = Present(vec![spoilt])), copy(|_| {})]
}

fn alone(spoil: impl FnOnce(&mut ObjectStore)) -> Vec<Evidence> {
    vec![store(spoil)]
}

fn backups(spoil: impl FnOnce(&mut ObjectStore)) -> Vec<Evidence> {
    vec![copy(spoil)]
}

fn good() -> Vec<Evidence> {
    vec![store(|_| {}), copy(|_| {})]
}

fn unreadable_replicas() -> Vec<Evidence> {
    alone(|s| s.replicas = denied("s3:GetReplicationConfiguration"))
}

fn grants(statement: Statement) -> Vec<Evidence> {
    alone(|s| s.policy = Present(Document::new([statement])))
}

fn everything(action: &str) -> Statement {
    Statement::new(Effect::Allow, [action], ["arn:aws:s3:::uploads/*"])
}

pub(in crate::check::rules) fn all() -> Vec<Case> {
    let mut all = versioning_and_lock();
    all.extend(expiries());
    all.extend(replication());
    all.extend(exposure());
    all
}

fn versioning_and_lock() -> Vec<Case> {
    vec![
        Case {
            id: "BKS-S3-001",
            pass: good(),
            fail: vec![
                alone(|s| s.versioning = Present(Versioning::Never)),
                alone(|s| s.versioning = Present(Versioning::Suspended)),
                alone(|s| s.versioning = Absent),
            ],
            unknown: vec![alone(|s| s.versioning = denied("s3:GetBucketVersioning"))],
        },
        Case {
            id: "BKS-S3-010",
            pass: backups(|_| {}),
            fail: vec![backups(|s| s.lock = empty_lock())],
            unknown: vec![backups(|s| {
                s.lock = denied("s3:GetBucketObjectLockConfiguration")
            })],
        },
        Case {
            id: "BKS-S3-011",
            pass: backups(|s| s.lock = lock(LockMode::Compliance, 7)),
            fail: vec![backups(|s| s.lock = lock(LockMode::Compliance, 6))],
            unknown: vec![backups(|s| {
                s.lock = denied("s3:GetBucketObjectLockConfiguration")
            })],
        },
        Case {
            id: "BKS-S3-012",
            pass: backups(|_| {}),
            fail: vec![backups(|s| s.lock = lock(LockMode::Governance, 30))],
            unknown: vec![backups(|s| {
                s.lock = denied("s3:GetBucketObjectLockConfiguration")
            })],
        },
        Case {
            id: "BKS-S3-013",
            pass: backups(|_| {}),
            fail: vec![backups(|s| s.lock = Absent)],
            unknown: vec![backups(|s| {
                s.lock = denied("s3:GetBucketObjectLockConfiguration")
            })],
        },
    ]
}

fn expiries() -> Vec<Case> {
    let unreadable = || backups(|s| s.expiries = denied("s3:GetLifecycleConfiguration"));
    vec![
        Case {
            id: "BKS-S3-020",
            pass: alone(|s| s.expiries = expiry(None, Some(7), Some(1))),
            fail: vec![
                alone(|s| s.expiries = expiry(None, Some(1), None)),
                alone(|s| s.expiries = expiry(None, Some(6), Some(100))),
                alone(|s| s.expiries = expiry(None, None, Some(100))),
            ],
            unknown: vec![unreadable()],
        },
        Case {
            id: "BKS-S3-021",
            pass: backups(|s| s.expiries = expiry(None, Some(30), None)),
            fail: vec![backups(|s| s.expiries = expiry(None, Some(29), None))],
            unknown: vec![
                unreadable(),
                backups(|s| s.lock = denied("s3:GetBucketObjectLockConfiguration")),
            ],
        },
        Case {
            id: "BKS-S3-022",
            pass: backups(|s| s.expiries = expiry(Some(7), None, None)),
            fail: vec![backups(|s| s.expiries = expiry(Some(6), None, None))],
            unknown: vec![unreadable()],
        },
    ]
}

fn replication() -> Vec<Case> {
    let two = |second: Replica| {
        let first = replica(|r| r.region = Some("us-east-1".parse().unwrap()));
        vec![store(|s| s.replicas = Present(vec![first, second])), copy(|_| {})]
    };
    vec![
        Case {
            id: "BKS-S3-030",
            pass: good(),
            fail: vec![alone(|s| s.replicas = Absent), replicated(|r| r.enabled = false)],
            unknown: vec![unreadable_replicas()],
        },
        Case {
            id: "BKS-S3-031",
            pass: good(),
            fail: vec![replicated(|r| r.enabled = false)],
            unknown: vec![unreadable_replicas()],
        },
        Case {
            id: "BKS-S3-032",
            pass: good(),
            fail: vec![replicated(|r| r.prefix = "a/".into())],
            unknown: vec![unreadable_replicas()],
        },
        Case {
            id: "BKS-S3-033",
            // One replica elsewhere is enough.
            pass: two(replica(|_| {})),
            fail: vec![
                replicated(|r| r.region = Some("us-east-1".parse().unwrap())),
                // A replica elsewhere of other keys is not.
                two(replica(|r| r.prefix = "a/".into())),
            ],
            unknown: vec![
                unreadable_replicas(),
                alone(|s| s.replicas = Present(vec![replica(|r| r.region = None)])),
            ],
        },
        Case {
            id: "BKS-S3-034",
            pass: good(),
            fail: vec![vec![store(|_| {}), copy(|s| s.account = PROD.parse().unwrap())]],
            unknown: vec![
                unreadable_replicas(),
                alone(|s| s.replicas = Present(vec![replica(|r| r.account = None)])),
            ],
        },
        Case {
            id: "BKS-S3-035",
            pass: good(),
            fail: vec![
                vec![store(|_| {}), copy(|s| s.lock = Absent)],
                vec![store(|_| {}), copy(|s| s.lock = empty_lock())],
            ],
            unknown: vec![
                unreadable_replicas(),
                alone(|_| {}),
                vec![
                    store(|_| {}),
                    copy(|s| s.lock = denied("s3:GetBucketObjectLockConfiguration")),
                ],
            ],
        },
        Case {
            id: "BKS-S3-036",
            pass: good(),
            fail: vec![replicated(|r| r.delete_markers = true)],
            unknown: vec![unreadable_replicas()],
        },
        Case {
            id: "BKS-S3-037",
            pass: good(),
            fail: vec![{
                let kept = replica(|r| r.owner_override = false);
                vec![
                    store(|s| s.replicas = Present(vec![kept])),
                    copy(|s| s.acls_disabled = Absent),
                ]
            }],
            unknown: vec![unreadable_replicas()],
        },
    ]
}

fn exposure() -> Vec<Case> {
    let no_policy = || alone(|s| s.policy = denied("s3:GetBucketPolicy"));
    vec![
        Case {
            id: "BKS-S3-040",
            pass: good(),
            fail: vec![
                alone(|s| s.public_access_blocked = Present(false)),
                alone(|s| s.public_access_blocked = Absent),
            ],
            unknown: vec![alone(|s| {
                s.public_access_blocked = denied("s3:GetBucketPublicAccessBlock")
            })],
        },
        Case {
            id: "BKS-S3-041",
            pass: good(),
            fail: vec![
                alone(|s| s.acls_disabled = Present(false)),
                alone(|s| s.acls_disabled = Absent),
            ],
            unknown: vec![alone(|s| {
                s.acls_disabled = denied("s3:GetBucketOwnershipControls")
            })],
        },
        Case {
            id: "BKS-S3-042",
            pass: good(),
            fail: vec![alone(|s| s.encryption = Absent)],
            unknown: vec![alone(|s| s.encryption = denied("s3:GetEncryptionConfiguration"))],
        },
        Case {
            id: "BKS-S3-043",
            pass: good(),
            fail: vec![alone(|s| s.encryption = Present("AES256".into()))],
            unknown: vec![alone(|s| s.encryption = denied("s3:GetEncryptionConfiguration"))],
        },
        Case {
            id: "BKS-S3-044",
            pass: good(),
            fail: vec![
                alone(|s| s.policy = Absent),
                // It refuses only when another condition holds too.
                grants(tls_only("uploads").when("StringEquals", "aws:PrincipalAccount", [PROD])),
                // It refuses one action of many.
                grants(
                    Statement::new(Effect::Deny, ["s3:GetObject"], ["arn:aws:s3:::uploads/*"])
                        .principal("AWS", "*")
                        .when("Bool", "aws:SecureTransport", ["false"]),
                ),
            ],
            unknown: vec![no_policy()],
        },
        Case {
            id: "BKS-S3-045",
            // Its own account, and what replication needs.
            pass: grants(everything("s3:ReplicateObject").principal("AWS", testing::VAULT)),
            fail: vec![
                grants(everything("s3:Delete*").principal("AWS", testing::VAULT)),
                grants(everything("s3:*").principal("AWS", "*")),
                grants(
                    everything("s3:DeleteObject")
                        .principal("CanonicalUser", "79a59df900b949e55d96a1e698fbaced"),
                ),
                grants(
                    everything("s3:PutBucketVersioning")
                        .principal("AWS", "arn:aws:iam::222222222222:role/replication"),
                ),
                grants(
                    everything("s3:PutLifecycleConfiguration")
                        .principal("AWS", "*")
                        .when("IpAddress", "aws:SourceIp", ["0.0.0.0/0"]),
                ),
            ],
            unknown: vec![no_policy()],
        },
    ]
}

#[test]
fn cases() {
    run(all());
}

#[test]
fn suspended_is_worse_than_never() {
    let of = |v| {
        let estate = alone(|s| s.versioning = Present(v));
        testing::judge("BKS-S3-001", &estate).unwrap().unwrap().severity
    };
    assert_eq!(of(Versioning::Suspended), Some(Severity::Critical));
    assert_eq!(of(Versioning::Never), None);
}

#[test]
fn a_bucket_that_is_a_copy_needs_none() {
    assert_eq!(status("BKS-S3-030", &backups(|_| {})), None);
    let source = store(|_| {});
    let destination = copy(|s| s.holds_backups = false);
    assert_eq!(status("BKS-S3-030", &[destination.clone(), source]), None);
    assert_eq!(status("BKS-S3-030", &[destination]), Some(Status::Fail));
}

#[test]
fn the_target_of_a_replication_is_held_to_what_backups_need() {
    let unlocked = copy(|s| {
        s.holds_backups = false;
        s.lock = Absent;
    });
    assert_eq!(
        status("BKS-S3-013", &[unlocked.clone(), store(|_| {})]),
        Some(Status::Fail)
    );
    assert_eq!(status("BKS-S3-013", &[unlocked]), None);
}

#[test]
fn what_another_control_reports_is_not_reported_twice() {
    assert_eq!(status("BKS-S3-013", &backups(|s| s.lock = empty_lock())), None);
    assert_eq!(status("BKS-S3-033", &replicated(|r| r.enabled = false)), None);
    assert_eq!(status("BKS-S3-010", &alone(|_| {})), None);
}

#[test]
fn the_posture_knows_where_a_replica_lies_when_the_rule_does_not() {
    let unnamed = replica(|r| {
        r.region = None;
        r.account = None;
    });
    let estate = [store(|s| s.replicas = Present(vec![unnamed])), copy(|_| {})];
    assert_eq!(status("BKS-S3-033", &estate), Some(Status::Pass));
    assert_eq!(status("BKS-S3-034", &estate), Some(Status::Pass));
    assert_eq!(bucket("copy").as_str(), "arn:aws:s3:::copy");
}

#[test]
fn a_grant_that_is_kept_to_the_own_account_is_no_strangers() {
    let kept = everything("s3:*")
        .principal("AWS", "*")
        .when("StringEquals", "aws:PrincipalAccount", [PROD]);
    assert_eq!(status("BKS-S3-045", &grants(kept)), Some(Status::Pass));
    let own = everything("s3:*").principal("AWS", format!("arn:aws:iam::{PROD}:role/admin"));
    assert_eq!(status("BKS-S3-045", &grants(own)), Some(Status::Pass));
}
