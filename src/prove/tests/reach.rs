//! How far back one can go after a disaster.

use super::*;
use crate::model::Unreadable;
use crate::model::fact::{Contents, Dump, Identity, WriteTarget};

const DAY: u64 = 24 * 3600;

fn days(days: u32) -> Option<Reach> {
    Some(Reach::For(Duration::from_days(days)))
}

fn lock(mode: LockMode, days: u32) -> Observed<ObjectLock> {
    Observed::Present(ObjectLock {
        retention: Some(LockRetention { mode, days }),
    })
}

fn cell<'a>(proof: &'a Proof, address: &str, scenario: &str) -> &'a Cell {
    let asset = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == address)
        .unwrap();
    asset.cells.iter().find(|c| c.scenario == scenario).unwrap()
}

fn reach(proof: &Proof, address: &str, scenario: &str, mechanism: Mechanism) -> Option<Reach> {
    let asset = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == address)
        .unwrap();
    let copy = asset.copies.iter().find(|c| c.mechanism == mechanism).unwrap();
    let cell = cell(proof, address, scenario);
    cell.copies.iter().find(|c| c.copy == copy.id).unwrap().reach
}

/// An attacker deletes what is no longer locked: of versions what was written earlier, and what was current so long ago may
/// have been written as long before as rules leave it.
#[test]
fn versions_after_an_attack_reach_as_far_as_their_lock() {
    use LockMode::{Compliance, Governance};
    let operator = |actions: &[&str]| {
        Principals::from([(
            account(PROD),
            Observed::Present(vec![role(PROD, "operator", actions, &[])]),
        )])
    };
    let attacker = operator(&["s3:*"]);
    // Mode, days of the lock, days that objects are current, days that versions are kept; reach after a compromise.
    let table = [
        (Compliance, 30, 10, 400, days(20)),
        (Compliance, 30, 29, 400, days(1)),
        (Compliance, 30, 10, 7, days(7)),
        (Compliance, 400, 30, 365, days(365)),
        // Whoever holds the account lifts it.
        (Governance, 30, 10, 400, None),
        // Noticed after an hour, which the lock does not cover any more.
        (Compliance, 30, 30, 400, None),
    ];
    for (mode, locked, current, kept, expected) in table {
        let mut up = bucket("up", PROD);
        up.lock = lock(mode, locked);
        up.expiries = expiring(current, kept);
        let proof = proved(&[stored(up, "us-east-1")], &attacker, &[]);
        let of = |scenario: &str| reach(&proof, "s3_bucket.up", scenario, Mechanism::Versions);
        assert_eq!(
            of("credential_compromise"),
            expected,
            "{mode:?} {locked} {current} {kept}"
        );
        // Nobody deletes in an accident.
        assert_eq!(of("corruption"), days(kept), "{mode:?} {locked} {current} {kept}");
    }
    // In governance, with one credential that may not lift it, but may delete what is no longer held.
    for (actions, expected) in [
        (&["s3:PutObject"][..], days(400)),
        (&["s3:PutObject", "s3:DeleteObjectVersion"][..], days(20)),
    ] {
        let mut up = bucket("up", PROD);
        up.lock = lock(Governance, 30);
        up.expiries = expiring(10, 400);
        let proof = proved(&[stored(up, "us-east-1")], &operator(actions), &[]);
        let found = reach(&proof, "s3_bucket.up", "ransomware", Mechanism::Versions);
        assert_eq!(found, expected, "{actions:?}");
    }
}

/// Daily dumps of the last sixty days in production's own account.
fn dumps(lock: Observed<ObjectLock>) -> Vec<Evidence> {
    let mut store = bucket("dumps", PROD);
    store.lock = lock;
    let contents = Contents {
        points: 60,
        newest: Some("2026-03-01T03:00:00Z".into()),
        oldest: Some("2025-12-31T12:00:00Z".into()),
        longest_gap: Some(Duration::from_secs(DAY)),
        overwritten: false,
        whole: true,
    };
    store.contents.insert("pg/".into(), Observed::Present(contents));
    let writer = Identity {
        name: "pgdump".into(),
        trust: None,
        policies: Vec::new(),
        boundary: None,
        unknown: Vec::new(),
        writer: Some(vec![WriteTarget {
            bucket: "arn:aws:s3:::dumps".parse().unwrap(),
            prefix: "pg/".into(),
        }]),
        declared_trust: Some(Document::new([])),
        dumps: Some(Dump {
            of: "rds_instance.app".parse().unwrap(),
            every: Duration::from_days(1),
        }),
    };
    let arn = format!("arn:aws:iam::{PROD}:role/pgdump");
    let writer = evidence(
        "writer_role.pgdump",
        &arn,
        "us-east-1",
        Facts::Identity(Box::new(writer)),
    );
    vec![served(database()), writer, stored(store, "us-east-1")]
}

/// A dump of a moment is at most as much older as two dumps are apart: a day, and a tenth of it for being late.
#[test]
fn dumps_after_an_attack_reach_as_far_as_their_lock() {
    let spacing = DAY + DAY / 10;
    let left = |days: u64| Some(Reach::For(Duration::from_secs(days * DAY - spacing)));
    use LockMode::Compliance;
    for (lock, expected) in [
        (Observed::Absent, None),
        (lock(Compliance, 1), None),
        (lock(Compliance, 7), left(7)),
        (lock(Compliance, 30), left(30)),
        (lock(Compliance, 400), days(60)),
    ] {
        let proof = proved(&dumps(lock.clone()), &everybody(), &[]);
        let of = |scenario: &str| reach(&proof, "rds_instance.app", scenario, Mechanism::LogicalDump);
        assert_eq!(of("credential_compromise"), expected, "{lock:?}");
        assert_eq!(of("corruption"), days(60), "{lock:?}");
    }
    // So is what is lost when the attack is noticed late.
    let proof = proved(&dumps(lock(Compliance, 8)), &everybody(), &[]);
    let curve = &cell(&proof, "rds_instance.app", "credential_compromise").curve;
    let lost: Vec<bool> = curve.iter().map(|point| point.loss == Loss::Everything).collect();
    assert_eq!(
        lost,
        [false, false, true, true, true].map(|late| late),
        "{curve:?}"
    );
}

/// Recovery points are locked for as long as they are kept.
#[test]
fn recovery_points_reach_as_far_as_they_are_kept() {
    for (lock, expected) in [
        (Observed::Absent, None),
        (vault_lock(LockMode::Governance, None), None),
        (
            vault_lock(LockMode::Compliance, Some("2026-03-04T00:00:00Z")),
            None,
        ),
        // At least seven days, and these are kept for thirty.
        (
            vault_lock(LockMode::Compliance, Some("2026-02-01T00:00:00Z")),
            days(30),
        ),
    ] {
        let mut principals = everybody();
        let operator = role(PROD, "operator", &["backup:*"], &[]);
        principals.insert(account(PROD), Observed::Present(vec![operator]));
        let seen = [
            served(database()),
            vault(PROD, "us-west-2", lock.clone()),
            daily(PROD, "us-west-2"),
        ];
        let proof = proved(&seen, &principals, &[]);
        let of = |scenario: &str| reach(&proof, "rds_instance.app", scenario, Mechanism::RecoveryPoints);
        assert_eq!(of("credential_compromise"), expected, "{lock:?}");
        assert_eq!(of("corruption"), days(30), "{lock:?}");
    }
}

fn wanted(address: &str, back: u32, survives: &[&str]) -> Objective {
    Objective {
        name: "o".into(),
        protects: vec![address.parse().unwrap()],
        rpo: None,
        rto: None,
        reach: Some(Duration::from_days(back)),
        survives: survives.iter().map(|s| (*s).to_owned()).collect(),
        copies: CopiesRule::default(),
        publish: None,
        tested_every: None,
        location: None,
    }
}

/// What is left has to go back so far, whatever the disaster was.
#[test]
fn reach_is_judged_in_every_disaster() {
    let judged = |seen: &[Evidence], back: u32, scenario: &str| {
        let proof = proved(seen, &everybody(), &[wanted("s3_bucket.up", back, &[scenario])]);
        let judged = &cell(&proof, "s3_bucket.up", scenario).judged["o"];
        judged.iter().find(|j| j.asks == "reach").map(|j| j.verdict)
    };
    use Verdict::{Fails, Holds, Unknown};
    let mut up = bucket("up", PROD);
    up.expiries = expiring(3650, 30);
    up.replicas = Observed::Present(vec![replica("dr", VAULT, "us-west-2")]);
    let mut dr = bucket("dr", VAULT);
    dr.expiries = expiring(3650, 10);
    let both = [stored(up.clone(), "us-east-1"), stored(dr.clone(), "us-west-2")];
    let table = [
        ("zone_outage", 30, Some(Holds)),
        ("zone_outage", 3650, Some(Fails)),
        // Only the replica is left, which goes back less far.
        ("region_outage", 10, Some(Holds)),
        ("region_outage", 30, Some(Fails)),
        ("store_deletion", 30, Some(Holds)),
        ("accidental_deletion", 30, Some(Holds)),
        ("accidental_deletion", 31, Some(Fails)),
    ];
    for (scenario, back, expected) in table {
        assert_eq!(judged(&both, back, scenario), expected, "{scenario} {back}");
    }
    // What could not be read may go back further.
    let mut hidden = dr;
    hidden.expiries = Observed::Unreadable(Unreadable {
        action: "s3:GetLifecycleConfiguration".into(),
        why: "access denied".into(),
        denied: true,
    });
    let both = [stored(up.clone(), "us-east-1"), stored(hidden, "us-west-2")];
    assert_eq!(judged(&both, 30, "zone_outage"), Some(Holds));
    assert_eq!(judged(&both, 31, "zone_outage"), Some(Unknown));
    assert_eq!(judged(&both, 30, "region_outage"), Some(Unknown));
    // Where nothing keeps history, nothing goes back.
    up.versioning = Observed::Present(Versioning::Never);
    up.replicas = Observed::Present(Vec::new());
    assert_eq!(judged(&[stored(up, "us-east-1")], 1, "zone_outage"), Some(Fails));
}
