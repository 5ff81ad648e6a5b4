//! Dumps of a database in buckets: what becomes of them, and when they count as what.

use super::policies::doc;
use super::*;
use crate::model::Unreadable;
use crate::model::fact::{Contents, Dump, Expiry, Identity, WriteTarget};
use crate::prove::copy::Grade;

const DUMPS: &str = "arn:aws:s3:::dumps";

/// A writer that is declared to dump `of` into `bucket` under `prefix` once a day.
fn writer(name: &str, bucket: &str, prefix: &str, of: Option<&str>) -> Evidence {
    let identity = Identity {
        name: name.into(),
        trust: None,
        policies: Vec::new(),
        boundary: None,
        unknown: Vec::new(),
        writer: Some(vec![WriteTarget {
            bucket: format!("arn:aws:s3:::{bucket}").parse().unwrap(),
            prefix: prefix.into(),
        }]),
        declared_trust: Some(Document::new([])),
        dumps: of.map(|of| Dump {
            of: of.parse().unwrap(),
            every: Duration::from_days(1),
        }),
    };
    evidence(
        &format!("writer_role.{name}"),
        &format!("arn:aws:iam::{VAULT}:role/{name}"),
        "us-west-2",
        Facts::Identity(Box::new(identity)),
    )
}

fn pgdump() -> Evidence {
    writer("pgdump", "dumps", "pg/", Some("rds_instance.app"))
}

/// Nightly dumps of the last 30 nights, the newest nine hours old.
fn nightly() -> Contents {
    Contents {
        points: 30,
        newest: Some("2026-03-01T03:00:00Z".into()),
        oldest: Some("2026-01-31T03:00:00Z".into()),
        longest_gap: Some(Duration::from_secs(24 * 3600 + 600)),
        overwritten: false,
        whole: true,
    }
}

/// The bucket that dumps are written to, in the vault's account.
fn dumps(contents: Contents) -> ObjectStore {
    let mut store = bucket("dumps", VAULT);
    let known = Observed::Present(contents);
    store.contents.insert("pg/".into(), known);
    store
}

fn denied() -> Unreadable {
    Unreadable {
        action: "s3:ListBucketVersions".into(),
        why: "access denied".into(),
        denied: true,
    }
}

fn estate(store: ObjectStore) -> Vec<Evidence> {
    vec![served(database()), pgdump(), stored(store, "us-west-2")]
}

fn copies(proof: &Proof) -> Vec<Copy> {
    let app = |a: &&Asset| a.address.to_string() == "rds_instance.app";
    let asset = proof.assets.iter().find(app).unwrap();
    let dumps = |c: &&Copy| c.mechanism == Mechanism::LogicalDump;
    asset.copies.iter().filter(dumps).cloned().collect()
}

fn copy(seen: &[Evidence]) -> Copy {
    copies(&proved(seen, &everybody(), &[])).remove(0)
}

/// What becomes of the first dump in the seven disasters.
fn fate(seen: &[Evidence], principals: &Principals) -> String {
    let proof = proved(seen, principals, &[]);
    row(&proof, "rds_instance.app", Mechanism::LogicalDump)
}

fn loss(seen: &[Evidence], scenario: &str) -> Loss {
    let proof = proved(seen, &everybody(), &[]);
    let dump = &copies(&proof)[0];
    let app = |a: &&Asset| a.address.to_string() == "rds_instance.app";
    let asset = proof.assets.iter().find(app).unwrap();
    let cell = asset.cells.iter().find(|c| c.scenario == scenario).unwrap();
    cell.copies.iter().find(|c| c.copy == dump.id).unwrap().loss
}

const HOUR: u64 = 3600;

#[test]
fn a_dump_against_the_seven_disasters() {
    // In another account and region, which nobody of production enters: all are outlived.
    let seen = estate(dumps(nightly()));
    assert_eq!(fate(&seen, &everybody()), "YYYYYYY");
    let found = copy(&seen);
    assert_eq!(found.id, "rds_instance.app/dump_dumps/pg/");
    assert_eq!(found.grade, Grade::Evidenced);
    assert_eq!(found.domain.account, Some(account(VAULT)));
    assert_eq!(found.domain.region, Some(region("us-west-2")));

    // In production's own account, where the operator may delete versions, and in its region. Ransomware finds one of
    // several credentials: that of whoever holds a password of the database, who may be the operator.
    let mut near = dumps(nightly());
    near.account = account(PROD);
    let seen = vec![served(database()), pgdump(), stored(near.clone(), "us-east-1")];
    assert_eq!(fate(&seen, &everybody()), "YYY--cY");
    // Locked in compliance mode for longer than ransomware stays unseen.
    near.lock = locked(LockMode::Compliance);
    let seen = vec![served(database()), pgdump(), stored(near.clone(), "us-east-1")];
    assert_eq!(fate(&seen, &everybody()), "YYYY-YY");
    // A lock of a day has ended of every dump from before an attack that is noticed after a week.
    let short = LockRetention {
        mode: LockMode::Compliance,
        days: 1,
    };
    near.lock = Observed::Present(ObjectLock {
        retention: Some(short),
    });
    let seen = vec![served(database()), pgdump(), stored(near, "us-east-1")];
    assert_eq!(fate(&seen, &everybody()), "YYY--cY");

    // Without versions an overwrite destroys, and whoever may only put can do that. Who only holds a password cannot.
    let mut bare = dumps(nightly());
    bare.versioning = Observed::Present(Versioning::Never);
    bare.account = account(PROD);
    let app = role(PROD, "app", &["s3:PutObject", "rds:ModifyDBInstance"], &[]);
    let people = Principals::from([(account(PROD), Observed::Present(vec![app]))]);
    let seen = vec![served(database()), pgdump(), stored(bare, "us-west-2")];
    assert_eq!(fate(&seen, &people), "YYY-YcY");

    // Its key decides over it like over anything else.
    let mut keyed = dumps(nightly());
    keyed.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
    let nobody = doc(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:role/o"},"Action":"kms:Decrypt","Resource":"*"}"#,
    );
    let mut seen = estate(keyed);
    seen.push(key(KeyState::PendingDeletion, nobody));
    assert_eq!(fate(&seen, &everybody()), "-------");
}

/// The promise is a day, a tenth of it for the dump itself; what is lost is that, as long as it is kept.
#[test]
fn a_fresh_dump_is_as_far_behind_as_is_promised() {
    let seen = estate(dumps(nightly()));
    let gap = Duration::from_secs(24 * HOUR + 24 * HOUR / 10);
    let found = copy(&seen);
    assert_eq!(found.staleness.promised, Some(gap));
    assert_eq!(found.staleness.measured, Some(Duration::from_secs(9 * HOUR)));
    assert_eq!(loss(&seen, "region_outage"), Loss::AtMost(gap));
    assert_eq!(loss(&seen, "corruption"), Loss::AtMost(gap));

    // A night was missed once: whoever goes back in time may hit that gap.
    let missed = Duration::from_secs(48 * HOUR);
    let holed = estate(dumps(Contents {
        longest_gap: Some(missed),
        ..nightly()
    }));
    assert_eq!(loss(&holed, "region_outage"), Loss::AtMost(gap));
    assert_eq!(loss(&holed, "corruption"), Loss::AtMost(missed));

    // One dump says nothing of the time between two: what is declared does.
    let first = estate(dumps(Contents {
        points: 1,
        oldest: nightly().newest,
        longest_gap: None,
        ..nightly()
    }));
    let found = copy(&first);
    let history = found.history.present().unwrap();
    assert_eq!(history.spacing, gap);
    assert_eq!(history.reach, Reach::For(Duration::from_secs(9 * HOUR)));
    // It is younger than damage that is noticed after a day.
    assert_eq!(fate(&first, &everybody()), "--YYY-Y");
}

/// Nobody keeps a promise by declaring it: a dump that is late loses what the newest object loses.
#[test]
fn a_late_dump_is_measured_by_its_newest_object() {
    let day = |n: u64| Duration::from_secs(n * 24 * HOUR);
    let at = |newest: &str| {
        estate(dumps(Contents {
            newest: Some(newest.into()),
            ..nightly()
        }))
    };
    // A minute before and after a day and its tenth.
    let in_time = at("2026-02-28T09:37:00Z");
    assert_eq!(copy(&in_time).grade, Grade::Evidenced);
    assert!(matches!(loss(&in_time, "region_outage"), Loss::AtMost(_)));
    let late = at("2026-02-28T09:35:00Z");
    assert_eq!(copy(&late).grade, Grade::Configured);
    assert!(matches!(loss(&late, "region_outage"), Loss::Measured(_)));

    let stopped = at("2026-02-19T12:00:00Z");
    assert_eq!(copy(&stopped).staleness.promised, None);
    assert_eq!(loss(&stopped, "region_outage"), Loss::Measured(day(10)));
    // Of damage that was done a day ago, nine days before it are lost.
    assert_eq!(loss(&stopped, "corruption"), Loss::Measured(day(9)));
    // An objective does not hold by it, however much it allows.
    let mut wants = objective("30d", 1);
    wants.survives = vec!["region_outage".into()];
    let proof = proved(&stopped, &everybody(), std::slice::from_ref(&wants));
    assert_eq!(verdict(&proof, "region_outage", "rpo"), Verdict::Unproven);
    let proof = proved(&in_time, &everybody(), &[wants]);
    assert_eq!(verdict(&proof, "region_outage", "rpo"), Verdict::Holds);
}

#[test]
fn what_was_not_seen_is_never_a_dump() {
    let with = |change: &dyn Fn(&mut ObjectStore)| {
        let mut store = dumps(nightly());
        change(&mut store);
        estate(store)
    };
    // The list was denied, or nobody asked for it.
    for unseen in [
        with(&|s| {
            let denied = Observed::Unreadable(denied());
            s.contents.insert("pg/".into(), denied);
        }),
        with(&|s| s.contents.clear()),
    ] {
        assert_eq!(fate(&unseen, &everybody()), "???????");
        assert_eq!(copy(&unseen).grade, Grade::Unknown);
    }
    // Its settings were not read.
    let blind = with(&|s| s.expiries = Observed::Unreadable(denied()));
    assert_eq!(fate(&blind, &everybody()), "??Y?Y?Y");
    // The bucket is of no posture, does not exist, or could not be read.
    let mut seen = vec![served(database()), pgdump()];
    assert_eq!(fate(&seen, &everybody()), "???????");
    for facts in [Observed::Absent, Observed::Unreadable(denied())] {
        seen.truncate(2);
        seen.push(Evidence {
            facts,
            ..stored(dumps(nightly()), "us-west-2")
        });
        assert_eq!(fate(&seen, &everybody()), "???????");
    }

    // Nothing was ever dumped.
    let empty = with(&|s| {
        let nothing = Contents {
            whole: true,
            ..Contents::default()
        };
        s.contents.insert("pg/".into(), Observed::Present(nothing));
    });
    assert_eq!(fate(&empty, &everybody()), "-------");

    // A list that goes on may hold newer ones: only what is fresh as far as it goes is known.
    let part = |newest: &str| {
        let known = Contents {
            newest: Some(newest.into()),
            whole: false,
            ..nightly()
        };
        estate(dumps(known))
    };
    assert_eq!(fate(&part("2026-03-01T03:00:00Z"), &everybody()), "YYYYYYY");
    assert_eq!(fate(&part("2026-02-20T03:00:00Z"), &everybody()), "???????");
}

/// Objects of somebody else under the same keys could make a dump look fresh that has stopped.
#[test]
fn keys_that_are_shared_tell_nothing() {
    let with = |other: Evidence| {
        let mut seen = estate(dumps(nightly()));
        seen.push(other);
        fate(&seen, &everybody())
    };
    let other = |prefix, of| writer("other", "dumps", prefix, of);
    assert_eq!(with(other("pg/", Some("rds_instance.other"))), "???????");
    assert_eq!(with(other("", None)), "???????");
    assert_eq!(with(other("pg/wal/", None)), "???????");
    // Elsewhere in the bucket, in another bucket, or the same database.
    assert_eq!(with(other("redis/", None)), "YYYYYYY");
    assert_eq!(with(writer("other", "elsewhere", "pg/", None)), "YYYYYYY");
    assert_eq!(with(other("pg/", Some("rds_instance.app"))), "YYYYYYY");
}

/// How far back dumps go: to the oldest, and no further than rules leave them.
#[test]
fn rules_that_delete_end_the_reach() {
    let reach = |versioning: Versioning, overwritten: bool, rules: &[(&str, Option<u32>, Option<u32>)]| {
        let mut store = dumps(Contents {
            overwritten,
            ..nightly()
        });
        store.versioning = Observed::Present(versioning);
        let rule = |(prefix, current, noncurrent): &(&str, Option<u32>, Option<u32>)| Expiry {
            prefix: (*prefix).into(),
            narrowed: false,
            current_days: *current,
            noncurrent_days: *noncurrent,
            newer_noncurrent: None,
        };
        store.expiries = Observed::Present(rules.iter().map(rule).collect());
        match copy(&estate(store)).history.present().unwrap().reach {
            Reach::For(reach) => reach.as_secs() / (24 * HOUR),
            Reach::Unlimited => u64::MAX,
        }
    };
    use Versioning::{Enabled, Never, Suspended};
    let oldest = 29;
    assert_eq!(reach(Enabled, false, &[]), oldest);
    // Each dump has a key of its own: it expires, and is kept as an old version after that.
    assert_eq!(reach(Enabled, false, &[("pg/", Some(7), Some(7))]), 14);
    assert_eq!(reach(Enabled, false, &[("pg/", Some(7), None)]), oldest);
    assert_eq!(reach(Enabled, false, &[("", None, Some(7))]), oldest);
    // One key is written over and over: each dump is an old version from the next one on.
    assert_eq!(reach(Enabled, true, &[("", None, Some(7))]), 7);
    assert_eq!(reach(Enabled, true, &[("pg/", Some(90), Some(7))]), 7);
    // Without versions what expires is gone.
    assert_eq!(reach(Never, false, &[("pg/", Some(7), Some(7))]), 7);
    assert_eq!(reach(Suspended, false, &[("pg/", Some(7), None)]), 7);
    // Rules for part of the keys count, those for others do not.
    assert_eq!(reach(Never, false, &[("pg/old/", Some(3), None)]), 3);
    assert_eq!(reach(Never, false, &[("redis/", Some(3), None)]), oldest);

    // One object without versions is what the next dump takes the place of.
    let mut single = dumps(Contents {
        points: 1,
        oldest: Some("2026-02-28T10:00:00Z".into()),
        newest: Some("2026-02-28T10:00:00Z".into()),
        longest_gap: None,
        ..nightly()
    });
    single.versioning = Observed::Present(Never);
    assert_eq!(fate(&estate(single), &everybody()), "--Y-Y-c");
}

fn dr(contents: Option<Contents>) -> ObjectStore {
    let mut store = bucket("dr", VAULT);
    if let Some(contents) = contents {
        let known = Observed::Present(contents);
        store.contents.insert("pg/".into(), known);
    }
    store
}

/// Dumps in production's account, copied to another one.
fn copied(rule: Replica, target: ObjectStore) -> Vec<Evidence> {
    let mut near = dumps(nightly());
    near.account = account(PROD);
    near.replicas = Observed::Present(vec![rule]);
    vec![
        served(database()),
        pgdump(),
        stored(near, "us-east-1"),
        stored(target, "us-west-2"),
    ]
}

/// What a bucket of dumps is copied to is a copy of the database too, by what has arrived there.
#[test]
fn replicas_of_dumps_are_copies_of_the_database() {
    let to_dr = || replica("dr", VAULT, "us-west-2");
    let of = |seen: &[Evidence]| -> (Copy, String) {
        let proof = proved(seen, &everybody(), &[]);
        let mut found = copies(&proof);
        assert_eq!(found.len(), 2);
        let copy = found.remove(1);
        let asset = proof.assets.iter().find(|a| a.address == copy.asset).unwrap();
        let fate = SEVEN.iter().map(|name| {
            let cell = asset.cells.iter().find(|c| c.scenario == *name).unwrap();
            match cell.copies.iter().find(|c| c.copy == copy.id).unwrap().survival {
                Survival::Survives => 'Y',
                Survival::Conditional(_) => 'c',
                Survival::Unknown(_) => '?',
                Survival::Lost(_) => '-',
            }
        });
        let fate = fate.collect();
        (copy, fate)
    };
    let (found, fate) = of(&copied(to_dr(), dr(Some(nightly()))));
    assert_eq!(found.id, "rds_instance.app/dump_dumps/pg/replica_dr");
    assert_eq!(found.grade, Grade::Evidenced);
    assert_eq!(fate, "YYYYYYY");
    // A dump is behind by its own time and that of its copy.
    let gap = 24 * HOUR + 24 * HOUR / 10 + 15 * 60;
    assert_eq!(found.staleness.promised, Some(Duration::from_secs(gap)));

    // Nobody promises when copies arrive: so much was missing when it was read.
    let unhurried = Replica {
        within_minutes: None,
        ..to_dr()
    };
    let (found, _) = of(&copied(unhurried, dr(Some(nightly()))));
    assert_eq!(found.staleness.promised, None);
    assert_eq!(found.staleness.measured, Some(Duration::from_secs(9 * HOUR)));

    // Replication has stopped: what is there counts.
    let stopped = Contents {
        newest: Some("2026-02-20T03:00:00Z".into()),
        ..nightly()
    };
    let (found, _) = of(&copied(to_dr(), dr(Some(stopped))));
    assert_eq!(found.staleness.promised, None);
    assert_eq!(found.grade, Grade::Configured);

    // What was copied anew is no newer than what it was made of.
    let mut late = copied(to_dr(), dr(Some(nightly())));
    if let Observed::Present(Facts::ObjectStore(store)) = &mut late[2].facts {
        let stopped = Contents {
            newest: Some("2026-02-20T12:00:00Z".into()),
            ..nightly()
        };
        store.contents.insert("pg/".into(), Observed::Present(stopped));
    }
    let (found, _) = of(&late);
    assert_eq!(found.staleness.measured, Some(Duration::from_days(9)));

    // A role that is gone copies no more dumps: what is there counts, and nobody promises more.
    let seen = copied(to_dr(), dr(Some(nightly())));
    let proof = prove(&Input {
        evidence: &seen,
        principals: &everybody(),
        memberships: &Memberships::new(),
        objectives: &[],
        scenarios: &scenarios(),
        read_at: "2026-03-01T12:00:00Z",
    });
    let dead = copies(&proof).remove(1);
    assert_eq!(dead.staleness.promised, None);
    assert_eq!(dead.staleness.measured, Some(Duration::from_secs(9 * HOUR)));
    assert!(dead.ended.is_some());
    let told = |says: &str| says.contains("role/copier, which would copy, does not exist");
    assert!(dead.grounds.iter().any(|g| told(&g.says)), "{:?}", dead.grounds);

    // Nobody looked there, or it is of no posture, or others' objects arrive there too.
    let (_, fate) = of(&copied(to_dr(), dr(None)));
    assert_eq!(fate, "???????");
    let mut seen = copied(to_dr(), dr(None));
    seen.truncate(3);
    assert_eq!(of(&seen).1, "???????");
    let mut seen = copied(to_dr(), dr(Some(nightly())));
    let mut stranger = bucket("stranger", PROD);
    stranger.replicas = Observed::Present(vec![to_dr()]);
    seen.push(stored(stranger, "us-east-1"));
    assert_eq!(of(&seen).1, "???????");

    // A rule for a part of the dumps, and one for none of them.
    let part = |prefix: &str| Replica {
        prefix: prefix.into(),
        ..to_dr()
    };
    let (found, fate) = of(&copied(part("pg/weekly/"), dr(Some(nightly()))));
    assert!(found.partial.is_some());
    assert_eq!(fate, "ccccccc");
    let (found, _) = of(&copied(part("pg"), dr(Some(nightly()))));
    assert_eq!(found.partial, None);
    let none = proved(&copied(part("redis/"), dr(None)), &everybody(), &[]);
    assert_eq!(copies(&none).len(), 1);
}

/// What is not there, or not known to be, is not counted by the copies rule.
#[test]
fn only_dumps_that_are_there_are_counted() {
    let counted = |seen: &[Evidence]| -> Vec<(String, Verdict)> {
        let mut wants = objective("30d", 1);
        wants.copies = CopiesRule {
            total: 3,
            mechanisms: 3,
            regions: 2,
            accounts: 2,
            ..CopiesRule::default()
        };
        let proof = proved(seen, &everybody(), &[wants]);
        let app = |a: &&Asset| a.address.to_string() == "rds_instance.app";
        let asset = proof.assets.iter().find(app).unwrap();
        let all = asset.rules.values().flatten();
        // More than is wanted is no odd fraction.
        let bare = |why: &str| why.contains(", at least ") && why.contains(" wanted");
        assert!(all.clone().all(|j| bare(&j.why)));
        all.map(|j| (j.asks.clone(), j.verdict)).collect()
    };
    let all = |verdict: Verdict| -> Vec<(String, Verdict)> {
        let asks = ["total", "mechanisms", "regions", "accounts"];
        asks.iter().map(|a| (format!("copies.{a}"), verdict)).collect()
    };
    assert_eq!(counted(&estate(dumps(nightly()))), all(Verdict::Holds));
    let nothing = Contents {
        whole: true,
        ..Contents::default()
    };
    assert_eq!(counted(&estate(dumps(nothing))), all(Verdict::Fails));
    let mut unread = dumps(nightly());
    unread.contents.clear();
    assert_eq!(counted(&estate(unread)), all(Verdict::Unknown));
}

/// Who destroys every copy has to get at the dumps too.
#[test]
fn dumps_raise_what_it_takes_to_destroy_everything() {
    let destroying = |seen: &[Evidence]| {
        let proof = proved(seen, &everybody(), &[]);
        let app = |a: &&Asset| a.address.to_string() == "rds_instance.app";
        proof.assets.iter().find(app).unwrap().destroying.clone()
    };
    let size = |d: &attack::Destroying| match &d.set {
        attack::smallest::Smallest::Set(members) => members.len(),
        _ => 0,
    };
    assert_eq!(size(&destroying(&[served(database())])), 1);
    assert_eq!(size(&destroying(&estate(dumps(nightly())))), 2);
    let bucket: crate::model::Arn = DUMPS.parse().unwrap();
    let found = copy(&estate(dumps(nightly())));
    assert_eq!(found.holder.arn(), &bucket);
}

/// Whoever may write dumps may replace those that are there, and then rules delete them: nothing may be left when somebody
/// notices. A lock that lasts until then keeps them.
#[test]
fn what_an_attacker_replaces_is_deleted_by_rules() {
    let ruled = |noncurrent: Option<u32>, lock: Option<u32>| {
        let mut store = dumps(nightly());
        store.expiries = Observed::Present(vec![Expiry {
            prefix: "pg/".into(),
            narrowed: false,
            current_days: None,
            noncurrent_days: noncurrent,
            newer_noncurrent: None,
        }]);
        store.lock = lock.map_or(Observed::Absent, |days| {
            let mode = LockMode::Compliance;
            Observed::Present(ObjectLock {
                retention: Some(LockRetention { mode, days }),
            })
        });
        fate(&estate(store), &everybody())
    };
    assert_eq!(ruled(None, None), "YYYYYYY");
    // Ransomware is noticed after seven days, all else sooner.
    assert_eq!(ruled(Some(7), None), "YYYYYYY");
    assert_eq!(ruled(Some(6), None), "YYYYYcY");
    assert_eq!(ruled(Some(6), Some(30)), "YYYYYYY");
    assert_eq!(ruled(Some(6), Some(7)), "YYYYYcY");
    // Rules for other keys delete none of these.
    let mut store = dumps(nightly());
    store.expiries = expiring(400, 1);
    if let Observed::Present(rules) = &mut store.expiries {
        rules[0].prefix = "logs/".into();
    }
    assert_eq!(fate(&estate(store), &everybody()), "YYYYYYY");
}

/// Dumps that have stopped are no further copy; those that are late by a night still are.
#[test]
fn dumps_that_have_stopped_are_no_further_copy() {
    let total = |newest: &str| {
        let known = Contents {
            newest: Some(newest.into()),
            ..nightly()
        };
        let asks = Objective {
            copies: CopiesRule {
                total: 3,
                ..CopiesRule::default()
            },
            ..objective("2d", 7)
        };
        let seen = estate(dumps(known));
        let proof = proved(&seen, &everybody(), std::slice::from_ref(&asks));
        let app = proof
            .assets
            .iter()
            .find(|a| a.rules.contains_key("core"))
            .unwrap();
        app.rules["core"][0].verdict
    };
    assert_eq!(total("2026-03-01T03:00:00Z"), Verdict::Holds);
    assert_eq!(total("2026-02-27T12:00:00Z"), Verdict::Holds);
    assert_eq!(total("2026-02-26T12:00:00Z"), Verdict::Fails);
}
