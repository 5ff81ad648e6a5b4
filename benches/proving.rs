//! Facts of a large estate to a proof, without a cloud: `cargo bench --bench proving`.
//!
//! A first proof is timed by itself and the largest resident set printed, since criterion's many runs hide both.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench that cannot go on should panic, and says what it measured"
)]

use backstay::model::fact::{
    Arrival, BackupReplica, Database, Evidence, Facts, LockMode, LockRetention, ObjectLock, ObjectStore,
    Replica, Versioning,
};
use backstay::model::objective::scenarios;
use backstay::model::policy::Document;
use backstay::model::{AccountId, Level, Membership, Observed, Principal, PrincipalKind, Scope};
use backstay::prove::attack::{Memberships, Principals};
use backstay::prove::{Input, Proof, prove};
use criterion::{BenchmarkId, Criterion, criterion_group};
use std::hint::black_box;
use std::time::Instant;

/// Production, staging, and the account of the copies.
const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];

/// Roles, buckets with copies, databases; over all accounts.
#[derive(Clone, Copy)]
struct Size {
    roles: usize,
    buckets: usize,
    databases: usize,
}

const LARGE: Size = Size {
    roles: 1_000,
    buckets: 200,
    databases: 100,
};

/// Roles that assume one another.
const RING: Size = Size {
    roles: 1_000,
    buckets: 100,
    databases: 0,
};

const SMALL: Size = Size {
    roles: 100,
    buckets: 20,
    databases: 10,
};

struct Estate {
    evidence: Vec<Evidence>,
    principals: Principals,
    memberships: Memberships,
}

fn document(statements: &str) -> Document {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Document::parse(&text).expect("a policy")
}

/// Of every hundred roles one administers, two operate the databases and buckets of their account, two deploy (pass
/// roles to functions, assume others), and the rest use a bucket or two of their own.
fn role(n: usize, account: &str, size: Size) -> Principal {
    let statements = match n % 100 {
        0 => r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#.to_owned(),
        1 => r#"{"Effect":"Allow","Action":["s3:*","rds:*"],"Resource":"*"}"#.to_owned(),
        2 => r#"{"Effect":"Allow","Action":["s3:*","rds:*","backup:*"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#.to_owned(),
        3 | 4 => format!(
            r#"{{"Effect":"Allow","Action":["iam:PassRole","sts:AssumeRole"],"Resource":"arn:aws:iam::{account}:role/app-*"}},{{"Effect":"Allow","Action":"lambda:*","Resource":"*"}}"#
        ),
        _ => format!(
            r#"{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::data-{}/*"}},{{"Effect":"Allow","Action":["logs:*","sqs:*","kms:Decrypt"],"Resource":"*"}},{{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::data-*","arn:aws:s3:::data-*/*"]}}"#,
            n % size.buckets
        ),
    };
    let trust = match n % 10 {
        0..3 => {
            r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#
                .to_owned()
        }
        3..6 => r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#
            .to_owned(),
        6..9 => format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}"#
        ),
        _ => format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:role/app-3"}},"Action":"sts:AssumeRole"}}"#,
            ACCOUNTS[(n / 10) % 3]
        ),
    };
    Principal {
        arn: format!("arn:aws:iam::{account}:role/app-{n}")
            .parse()
            .expect("an arn"),
        kind: PrincipalKind::Role,
        id: format!("AROA{n:012}"),
        trust: Observed::Present(document(&trust)),
        policies: vec![("own".to_owned(), Observed::Present(document(&statements)))],
        boundary: if n % 20 == 7 {
            Observed::Present(document(
                r#"{"Effect":"Allow","Action":["s3:*","logs:*"],"Resource":"*"}"#,
            ))
        } else {
            Observed::Absent
        },
    }
}

fn evidence(subject: &str, arn: &str, region: &str, facts: Facts) -> Evidence {
    Evidence {
        subject: subject.parse().expect("an address"),
        location: None,
        scope: Scope {
            account: "main".into(),
            region: region.parse().expect("a region"),
        },
        arn: Some(arn.parse().expect("an arn")),
        read_at: "2026-03-01T12:00:00Z".into(),
        facts: Observed::Present(facts),
        declared: None,
    }
}

fn bucket(name: &str, account: &str, region: &str, copy: Option<&str>, locked: bool) -> Evidence {
    let policy = format!(
        r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{name}","arn:aws:s3:::{name}/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
    );
    let replica = |to: &str| Replica {
        bucket: format!("arn:aws:s3:::{to}").parse().expect("an arn"),
        region: Some("us-west-2".parse().expect("a region")),
        account: Some(ACCOUNTS[2].parse().expect("an account")),
        enabled: true,
        prefix: String::new(),
        delete_markers: false,
        within_minutes: Some(15),
        owner_override: true,
        key: None,
        kms_objects: false,
        one_zone: false,
        role: None,
        arrived: Some(Observed::Present(Arrival {
            compared: 1_000,
            ..Arrival::default()
        })),
    };
    let store = ObjectStore {
        name: name.to_owned(),
        holds_backups: false,
        versioning: Observed::Present(Versioning::Enabled),
        lock: if locked {
            Observed::Present(ObjectLock {
                retention: Some(LockRetention {
                    mode: LockMode::Governance,
                    days: 30,
                }),
            })
        } else {
            Observed::Absent
        },
        expiries: Observed::Present(Vec::new()),
        replicas: Observed::Present(copy.map(replica).into_iter().collect()),
        public_access_blocked: Observed::Present(true),
        acls_disabled: Observed::Present(true),
        encryption: Observed::Present("AES256".into()),
        bucket_key: Some(false),
        policy: Observed::Present(document(&policy)),
        account: account.parse().expect("an account"),
        contents: std::collections::BTreeMap::new(),
        retentions: Some(Observed::Present(Vec::new())),
        sealed: Some(Observed::Present(Vec::new())),
        one_zone: Observed::Present(false),
    };
    evidence(
        &format!("s3_bucket.{name}"),
        &format!("arn:aws:s3:::{name}"),
        region,
        Facts::ObjectStore(Box::new(store)),
    )
}

fn database(n: usize, account: &str) -> Evidence {
    let replica = BackupReplica {
        region: "us-west-2".parse().expect("a region"),
        retention_days: Some(14),
        status: "replicating".into(),
        earliest: Some("2026-02-15T12:00:00Z".into()),
        latest: Some("2026-03-01T11:50:00Z".into()),
        key: None,
    };
    let found = Database {
        identifier: format!("db-{n}"),
        status: "available".into(),
        retention_days: 30,
        created: Some("2025-03-01T11:56:00Z".into()),
        earliest_restorable: Observed::Present("2026-01-30T12:00:00Z".into()),
        latest_restorable: Some("2026-03-01T11:56:00Z".into()),
        deletion_protection: true,
        encrypted: true,
        key: None,
        multi_az: true,
        copy_tags: true,
        continuous: None,
        replicas: Observed::Present(vec![replica]),
    };
    evidence(
        &format!("rds_instance.db-{n}"),
        &format!("arn:aws:rds:us-east-1:{account}:db:db-{n}"),
        "us-east-1",
        Facts::Database(Box::new(found)),
    )
}

fn estate(size: Size) -> Estate {
    let mut people: Vec<Vec<Principal>> = vec![Vec::new(); 3];
    for n in 0..size.roles {
        let place = if n % 100 == 0 { (n / 100) % 3 } else { n % 3 };
        people[place].push(role(n, ACCOUNTS[place], size));
    }
    let mut all = Vec::new();
    // Every second bucket is the locked copy of another, in the third account.
    for n in 0..size.buckets / 2 {
        let (name, copy) = (format!("data-{n}"), format!("copy-{n}"));
        all.push(bucket(&name, ACCOUNTS[n % 2], "us-east-1", Some(&copy), false));
        all.push(bucket(&copy, ACCOUNTS[2], "us-west-2", None, true));
    }
    all.extend((0..size.databases).map(|n| database(n, ACCOUNTS[n % 2])));
    let accounts = ACCOUNTS
        .iter()
        .map(|a| a.parse::<AccountId>().expect("an account"));
    Estate {
        evidence: all,
        principals: accounts.zip(people.into_iter().map(Observed::Present)).collect(),
        memberships: Memberships::new(),
    }
}

/// The same in an organization that keeps everybody from leaving it and from switching off trails.
fn bound(estate: Estate) -> Estate {
    let policy = |name: &str, statement: &str| (name.to_owned(), Observed::Present(document(statement)));
    let all = policy("all", r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let stays = policy(
        "stays",
        r#"{"Effect":"Deny","Action":["organizations:LeaveOrganization","cloudtrail:StopLogging"],"Resource":"*"}"#,
    );
    let level = |target: &str, policies: &[&(String, Observed<Document>)]| Level {
        target: target.to_owned(),
        policies: policies.iter().map(|p| (*p).clone()).collect(),
    };
    let membership = Membership {
        organization: "o-acme".to_owned(),
        management: "999999999999".parse().expect("an account"),
        levels: vec![level("r-acme", &[&all, &stays]), level("ou-acme-prod", &[&all])],
        delegation: Observed::Absent,
    };
    let accounts = estate.principals.keys();
    Estate {
        memberships: accounts
            .map(|a| (a.clone(), Observed::Present(membership.clone())))
            .collect(),
        ..estate
    }
}

/// A role that may become the next one of a ring, and on a condition delete old versions everywhere.
fn link(n: usize, of: usize, buckets: usize) -> Principal {
    let account = ACCOUNTS[0];
    let name = |n: usize| format!("arn:aws:iam::{account}:role/ring-{}", n % of);
    let (next, last) = (name(n + 1), name(n + of - 1));
    let effect = if n.is_multiple_of(7) { "Deny" } else { "Allow" };
    let statements = format!(
        r#"{{"Effect":"Allow","Action":["s3:PutObject","s3:Get*"],"Resource":"arn:aws:s3:::data-{}/*"}},{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"{next}"}},{{"Effect":"{effect}","Action":"s3:DeleteObjectVersion","Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalTag/x":"y"}}}}}}"#,
        n % buckets
    );
    let trust = format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{last}"}},"Action":"sts:AssumeRole"}}"#);
    Principal {
        arn: name(n).parse().expect("an arn"),
        kind: PrincipalKind::Role,
        id: format!("AROARING{n:08}"),
        trust: Observed::Present(document(&trust)),
        policies: vec![("own".to_owned(), Observed::Present(document(&statements)))],
        boundary: Observed::Absent,
    }
}

/// One account in which the roles assume one another in a ring, so that each reaches what any of them may.
fn ring(size: Size) -> Estate {
    let account: AccountId = ACCOUNTS[0].parse().expect("an account");
    let links = (0..size.roles).map(|n| link(n, size.roles, size.buckets));
    Estate {
        evidence: (0..size.buckets)
            .map(|n| bucket(&format!("data-{n}"), ACCOUNTS[0], "us-east-1", None, false))
            .collect(),
        principals: [(account, Observed::Present(links.collect()))].into(),
        memberships: Memberships::new(),
    }
}

fn proof(estate: &Estate) -> Proof {
    prove(&Input {
        evidence: &estate.evidence,
        principals: &estate.principals,
        memberships: &estate.memberships,
        objectives: &[],
        scenarios: &scenarios(),
        read_at: "2026-03-01T12:00:00Z",
    })
}

/// The largest resident set so far, in megabytes, where the kernel says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}

fn once(size: Size, estate: &Estate) {
    let before = peak();
    let begun = Instant::now();
    let proof = black_box(proof(estate));
    eprintln!(
        "{} roles, {} buckets, {} databases, {} accounts: {:.2} s, peak {} MB (facts alone {} MB), {} assets",
        size.roles,
        size.buckets,
        size.databases,
        estate.principals.len(),
        begun.elapsed().as_secs_f64(),
        peak().unwrap_or_default(),
        before.unwrap_or_default(),
        proof.assets.len(),
    );
}

fn proving(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prove");
    group.sample_size(10);
    for size in [SMALL, LARGE] {
        let estate = estate(size);
        group.bench_function(BenchmarkId::from_parameter(size.roles), |bencher| {
            bencher.iter(|| proof(black_box(&estate)));
        });
    }
    let organized = bound(estate(LARGE));
    group.bench_function("1000 in an organization", |bencher| {
        bencher.iter(|| proof(black_box(&organized)));
    });
    let ring = ring(RING);
    group.bench_function("1000 in a ring", |bencher| {
        bencher.iter(|| proof(black_box(&ring)));
    });
    group.finish();
}

criterion_group!(benches, proving);

fn main() {
    once(SMALL, &estate(SMALL));
    once(LARGE, &estate(LARGE));
    eprintln!("The same in an organization:");
    once(LARGE, &bound(estate(LARGE)));
    eprintln!("Roles that assume one another in a ring, on a condition:");
    once(RING, &ring(RING));
    benches();
    Criterion::default().configure_from_args().final_summary();
}
