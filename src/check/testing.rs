//! Evidence of resources that are protected as they should be, for tests to spoil.

use super::estate::Estate;
use super::rule::{Status, Verdict};
use super::rules;
use crate::diag::Location;
use crate::model::fact::{
    BackupReplica, Database, Evidence, Facts, Identity, LockMode, LockRetention, ObjectLock, ObjectStore,
    Replica, Versioning, WriteTarget,
};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Address, Arn, Observed, Scope, Unreadable};

pub(crate) const PROD: &str = "111111111111";
pub(crate) const VAULT: &str = "222222222222";
pub(crate) const READ_AT: &str = "2026-03-01T12:00:00Z";

/// What a control is given, and what it has to say.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    /// Judged by the subject, which comes first; the rest is the estate around it.
    pub(crate) pass: Vec<Evidence>,
    /// Everything that has to fail.
    pub(crate) fail: Vec<Vec<Evidence>>,
    /// Everything that has to be unknown; empty where the facts can't be missing.
    pub(crate) unknown: Vec<Vec<Evidence>>,
}

/// Runs every case of a family.
pub(crate) fn run(cases: Vec<Case>) {
    for case in cases {
        assert_eq!(
            status(case.id, &case.pass),
            Some(Status::Pass),
            "{} pass",
            case.id
        );
        assert!(!case.fail.is_empty(), "{}", case.id);
        for (n, estate) in case.fail.iter().enumerate() {
            assert_eq!(
                status(case.id, estate),
                Some(Status::Fail),
                "{} fail {n}",
                case.id
            );
        }
        for (n, estate) in case.unknown.iter().enumerate() {
            assert_eq!(
                status(case.id, estate),
                Some(Status::Unknown),
                "{} unknown {n}",
                case.id
            );
        }
    }
}

/// What a control says of the first of `estate`; `None` when it does not apply.
pub(crate) fn status(id: &str, estate: &[Evidence]) -> Option<Status> {
    match judge(id, estate) {
        Ok(verdict) => verdict.map(|v| v.status),
        Err(()) => Some(Status::Unknown),
    }
}

pub(crate) fn judge(id: &str, estate: &[Evidence]) -> Result<Option<Verdict>, ()> {
    let subject = &estate[0];
    let facts = subject.facts.present().expect("the subject exists");
    let rule = rules::get(id).expect("the control exists");
    rule.judge(subject, facts, &Estate::new(estate)).map_err(|_| ())
}

pub(crate) fn denied<T>(action: &str) -> Observed<T> {
    Observed::Unreadable(Unreadable {
        action: action.into(),
        why: "AccessDenied".into(),
        denied: true,
    })
}

pub(crate) fn evidence(address: Address, scope: (&str, &str), arn: &str, facts: Facts) -> Evidence {
    Evidence {
        subject: address,
        location: Some(Location {
            file: "main.hcl".into(),
            line: 12,
            column: 1,
        }),
        scope: Scope {
            account: scope.0.into(),
            region: scope.1.parse().unwrap(),
        },
        arn: Some(arn.parse().unwrap()),
        read_at: READ_AT.into(),
        facts: Observed::Present(facts),
        declared: None,
    }
}

pub(crate) fn bucket(name: &str) -> Arn {
    Arn::bucket("aws", name)
}

/// A bucket of the application, replicated to [`copy`].
pub(crate) fn store(spoil: impl FnOnce(&mut ObjectStore)) -> Evidence {
    let mut store = ObjectStore {
        name: "uploads".into(),
        holds_backups: false,
        versioning: Observed::Present(Versioning::Enabled),
        lock: Observed::Absent,
        expiries: Observed::Absent,
        replicas: Observed::Present(vec![replica(|_| {})]),
        public_access_blocked: Observed::Present(true),
        acls_disabled: Observed::Present(true),
        encryption: Observed::Present(format!("arn:aws:kms:us-east-1:{PROD}:key/k")),
        bucket_key: Some(false),
        policy: Observed::Present(Document::new([tls_only("uploads")])),
        account: PROD.parse().unwrap(),
        contents: std::collections::BTreeMap::new(),
        retentions: None,
        sealed: None,
        one_zone: Observed::Present(false),
    };
    spoil(&mut store);
    let address = Address::new("s3_bucket", "uploads");
    evidence(
        address,
        ("prod", "us-east-1"),
        "arn:aws:s3:::uploads",
        Facts::ObjectStore(Box::new(store)),
    )
}

/// The bucket that [`store`] is copied to, in another account and region, locked.
pub(crate) fn copy(spoil: impl FnOnce(&mut ObjectStore)) -> Evidence {
    let mut store = ObjectStore {
        name: "copy".into(),
        holds_backups: true,
        versioning: Observed::Present(Versioning::Enabled),
        lock: Observed::Present(ObjectLock {
            retention: Some(LockRetention {
                mode: LockMode::Compliance,
                days: 30,
            }),
        }),
        expiries: Observed::Absent,
        replicas: Observed::Absent,
        public_access_blocked: Observed::Present(true),
        acls_disabled: Observed::Present(true),
        encryption: Observed::Present(format!("arn:aws:kms:us-west-2:{VAULT}:key/k")),
        bucket_key: Some(false),
        policy: Observed::Present(Document::new([tls_only("copy")])),
        account: VAULT.parse().unwrap(),
        contents: std::collections::BTreeMap::new(),
        retentions: None,
        sealed: None,
        one_zone: Observed::Present(false),
    };
    spoil(&mut store);
    let address = Address::new("s3_bucket", "copy");
    evidence(
        address,
        ("vault", "us-west-2"),
        "arn:aws:s3:::copy",
        Facts::ObjectStore(Box::new(store)),
    )
}

pub(crate) fn replica(spoil: impl FnOnce(&mut Replica)) -> Replica {
    let mut replica = Replica {
        bucket: bucket("copy"),
        region: Some("us-west-2".parse().unwrap()),
        account: Some(VAULT.parse().unwrap()),
        enabled: true,
        prefix: String::new(),
        delete_markers: false,
        within_minutes: Some(15),
        owner_override: true,
        key: None,
        kms_objects: false,
        one_zone: false,
        role: None,
        arrived: None,
    };
    spoil(&mut replica);
    replica
}

pub(crate) fn tls_only(bucket: &str) -> Statement {
    let resources = [
        format!("arn:aws:s3:::{bucket}"),
        format!("arn:aws:s3:::{bucket}/*"),
    ];
    Statement::new(Effect::Deny, ["s3:*"], resources)
        .principal("AWS", "*")
        .when("Bool", "aws:SecureTransport", ["false"])
}

pub(crate) fn database(spoil: impl FnOnce(&mut Database)) -> Evidence {
    let mut db = Database {
        identifier: "app".into(),
        status: "available".into(),
        retention_days: 14,
        created: None,
        earliest_restorable: Observed::Absent,
        latest_restorable: Some("2026-03-01T11:57:00Z".into()),
        deletion_protection: true,
        encrypted: true,
        key: Some(format!("arn:aws:kms:us-east-1:{PROD}:alias/app").parse().unwrap()),
        multi_az: true,
        copy_tags: true,
        continuous: None,
        replicas: Observed::Present(vec![backup_replica(|_| {})]),
    };
    spoil(&mut db);
    evidence(
        Address::new("rds_instance", "app"),
        ("prod", "us-east-1"),
        &format!("arn:aws:rds:us-east-1:{PROD}:db:app"),
        Facts::Database(Box::new(db)),
    )
}

pub(crate) fn backup_replica(spoil: impl FnOnce(&mut BackupReplica)) -> BackupReplica {
    let mut replica = BackupReplica {
        region: "us-west-2".parse().unwrap(),
        retention_days: Some(14),
        status: "replicating".into(),
        earliest: None,
        latest: None,
        key: None,
    };
    spoil(&mut replica);
    replica
}

/// An isolated writer of `copy/pg/*`.
pub(crate) fn writer(spoil: impl FnOnce(&mut Identity)) -> Evidence {
    let put = Statement::new(
        Effect::Allow,
        [
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ],
        ["arn:aws:s3:::copy/pg/*"],
    );
    let mut identity = Identity {
        name: "pgdump".into(),
        trust: Some(Document::new([github(&["repo:acme/app:ref:refs/heads/main"])])),
        policies: vec![("write".into(), Document::new([put.clone()]))],
        boundary: Some(Document::new([put])),
        unknown: Vec::new(),
        writer: Some(vec![WriteTarget {
            bucket: bucket("copy"),
            prefix: "pg/".into(),
        }]),
        declared_trust: None,
        dumps: None,
    };
    spoil(&mut identity);
    evidence(
        Address::new("writer_role", "pgdump"),
        ("prod", "us-east-1"),
        &format!("arn:aws:iam::{PROD}:role/pgdump"),
        Facts::Identity(Box::new(identity)),
    )
}

pub(crate) fn github(subjects: &[&str]) -> Statement {
    let statement = Statement::new(Effect::Allow, ["sts:AssumeRoleWithWebIdentity"], [""; 0])
        .principal(
            "Federated",
            format!("arn:aws:iam::{PROD}:oidc-provider/token.actions.githubusercontent.com"),
        )
        .when(
            "StringEquals",
            "token.actions.githubusercontent.com:aud",
            ["sts.amazonaws.com"],
        );
    if subjects.is_empty() {
        statement
    } else {
        statement.when(
            "StringLike",
            "token.actions.githubusercontent.com:sub",
            subjects.iter().copied(),
        )
    }
}

/// A plan that changes nothing of [`store`].
pub(crate) fn unchanged() -> super::Drift {
    super::Drift::none(Address::new("s3_bucket", "uploads"), READ_AT)
}
