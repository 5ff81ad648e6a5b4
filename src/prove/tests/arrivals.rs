//! What was there before a rule, a lock, a retention: it is read, and never assumed.

use super::*;
use crate::model::Unreadable;
use crate::model::fact::{Missing, Retention};
use crate::prove::copy::Grade;

fn denied(action: &str) -> Unreadable {
    Unreadable {
        action: action.into(),
        why: "access denied".into(),
        denied: true,
    }
}

fn copy_of(seen: &[Evidence], address: &str, mechanism: Mechanism) -> Copy {
    let proof = proved(seen, &everybody(), &[]);
    let asset = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == address)
        .unwrap();
    asset
        .copies
        .iter()
        .find(|c| c.mechanism == mechanism)
        .unwrap()
        .clone()
}

/// A replica of `up` in the vault's account, of which this was seen.
fn arriving(arrived: Option<Observed<Arrival>>) -> Vec<Evidence> {
    let mut source = bucket("up", PROD);
    let to = Replica {
        arrived,
        ..replica("dr", VAULT, "us-west-2")
    };
    source.replicas = Observed::Present(vec![to]);
    vec![
        stored(source, "us-east-1"),
        stored(bucket("dr", VAULT), "us-west-2"),
    ]
}

fn whole() -> Arrival {
    Arrival {
        compared: 40,
        whole: true,
        ..Arrival::default()
    }
}

/// A rule copies nothing that was there before it. Cells as everywhere: a part is `c`, what nobody read is `?`.
#[test]
fn a_replica_is_as_whole_as_its_objects() {
    let row_of = |arrived| {
        row(
            &proved(&arriving(arrived), &everybody(), &[]),
            "s3_bucket.up",
            Mechanism::ObjectReplica,
        )
    };
    let missing = || Arrival {
        missing: 3,
        first: Some(Missing {
            key: "2019/a\u{1b}[2J".into(),
            written: "2019-01-01T00:00:00Z".into(),
        }),
        ..whole()
    };
    for (arrived, expected) in [
        (Some(Observed::Present(whole())), "YYYYYYY"),
        // Nothing lies in the source, so nothing is missing.
        (
            Some(Observed::Present(Arrival {
                compared: 0,
                ..whole()
            })),
            "YYYYYYY",
        ),
        (
            Some(Observed::Present(Arrival {
                whole: false,
                ..whole()
            })),
            "YYYYYYY",
        ),
        (Some(Observed::Present(missing())), "ccccccc"),
        // More lies there, and none of it could be compared.
        (
            Some(Observed::Present(Arrival {
                compared: 0,
                whole: false,
                ..whole()
            })),
            "???????",
        ),
        (
            Some(Observed::Unreadable(denied("s3:ListBucketVersions"))),
            "???????",
        ),
        (None, "???????"),
    ] {
        assert_eq!(row_of(arrived.clone()), expected, "{arrived:?}");
    }
    let lacking = copy_of(
        &arriving(Some(Observed::Present(missing()))),
        "s3_bucket.up",
        Mechanism::ObjectReplica,
    );
    let why = lacking.partial.unwrap();
    assert!(
        why.contains("3 current ones are not in dr") && why.contains("2019-01-01"),
        "{why}"
    );
    assert!(
        why.contains("S3 Batch Replication") && !why.contains('\u{1b}'),
        "{why}"
    );
    assert_eq!(lacking.grade, Grade::Evidenced);
    let unread = copy_of(&arriving(None), "s3_bucket.up", Mechanism::ObjectReplica);
    assert_eq!(unread.grade, Grade::Unknown);
}

/// Replaced versions that did not arrive: what is current is there, and one can go back only to when they were replaced.
#[test]
fn replaced_versions_from_before_the_rule_end_how_far_back_it_goes() {
    let arrival = Arrival {
        history_from: Some("2026-02-27T12:00:00Z".into()),
        ..whole()
    };
    let seen = arriving(Some(Observed::Present(arrival)));
    let copy = copy_of(&seen, "s3_bucket.up", Mechanism::ObjectReplica);
    let reach = copy.history.present().unwrap().reach;
    assert_eq!(reach, Reach::For(Duration::from_days(2)));
    // Corruption is noticed after a day, ransomware after a week.
    let found = row(
        &proved(&seen, &everybody(), &[]),
        "s3_bucket.up",
        Mechanism::ObjectReplica,
    );
    assert_eq!(found, "YYYYY-Y");
}

/// A bucket under a lock of 30 days, whose oldest young version has this retention.
fn locked_since(retentions: Option<Observed<Vec<Retention>>>) -> Vec<Evidence> {
    let mut store = bucket("up", PROD);
    store.lock = locked(LockMode::Compliance);
    store.retentions = retentions;
    vec![stored(store, "us-east-1")]
}

fn retained(written: &str, mode: Option<LockMode>, until: &str) -> Option<Observed<Vec<Retention>>> {
    Some(Observed::Present(vec![Retention {
        key: "a".into(),
        written: written.into(),
        mode,
        until: mode.map(|_| until.into()),
    }]))
}

#[test]
fn a_lock_covers_what_was_written_since_there_is_one() {
    use LockMode::{Compliance, Governance};
    let lock = |retentions| copy_of(&locked_since(retentions), "s3_bucket.up", Mechanism::Versions).lock;
    let kept = |retentions| matches!(lock(retentions), Observed::Present(_));
    // As the default says, a day of an upload's length aside.
    assert!(kept(retained(
        "2026-02-10T12:00:00Z",
        Some(Compliance),
        "2026-03-12T12:00:00Z"
    )));
    assert!(kept(retained(
        "2026-02-10T12:00:00Z",
        Some(Compliance),
        "2026-03-11T13:00:00Z"
    )));
    // From before it, under a weaker one, or for less long.
    assert!(!kept(retained("2026-02-10T12:00:00Z", None, "")));
    assert!(!kept(retained(
        "2026-02-10T12:00:00Z",
        Some(Governance),
        "2026-03-12T12:00:00Z"
    )));
    assert!(!kept(retained(
        "2026-02-10T12:00:00Z",
        Some(Compliance),
        "2026-02-12T12:00:00Z"
    )));
    // What is older than the lock lasts was let go by it, whenever it began.
    assert!(kept(retained("2026-01-01T12:00:00Z", None, "")));
    assert!(kept(Some(Observed::Present(Vec::new()))));
    let unread = Some(Observed::Unreadable(denied("s3:GetObjectRetention")));
    assert!(matches!(lock(unread), Observed::Unreadable(_)));
    assert!(matches!(lock(None), Observed::Unreadable(_)));

    let bare = copy_of(
        &locked_since(retained("2026-02-10T12:00:00Z", None, "")),
        "s3_bucket.up",
        Mechanism::Versions,
    );
    let said =
        |g: &crate::prove::copy::Ground| g.says.contains("what was there before the lock is not covered");
    assert!(bare.grounds.iter().any(said), "{:?}", bare.grounds);
}

/// A compliance lock that covers nothing that is there keeps nobody from it.
#[test]
fn what_was_there_before_a_lock_is_destroyed_like_anything_else() {
    let mut seen = locked_since(retained("2026-02-20T12:00:00Z", None, ""));
    let versions = |seen: &[Evidence]| {
        row(
            &proved(seen, &everybody(), &[]),
            "s3_bucket.up",
            Mechanism::Versions,
        )
    };
    assert_eq!(versions(&seen), "YYY--cY");
    seen = locked_since(Some(Observed::Present(Vec::new())));
    assert_eq!(versions(&seen), "YYYc-cY");
    seen = locked_since(None);
    assert_eq!(versions(&seen), "YYY?-?Y");
}

/// Point-in-time backups go back to the oldest restorable moment, whatever their retention.
#[test]
fn a_retention_reaches_no_further_than_its_window() {
    let point = |db: Database| copy_of(&[served(db)], "rds_instance.app", Mechanism::PointInTime);
    let reach = |created: &str, earliest: Observed<String>| {
        let copy = point(Database {
            created: Some(created.into()),
            earliest_restorable: earliest,
            ..database()
        });
        (copy.history.present().map(|h| h.reach), copy.growing.is_some())
    };
    let since = |text: &str| Observed::Present(text.to_owned());
    let days = |n: u32| Some(Reach::For(Duration::from_days(n)));
    // Backups are made daily: what lacks half a day need not grow, and goes back no further than it does.
    assert_eq!(
        reach("2025-01-01T00:00:00Z", since("2026-01-31T00:00:00Z")),
        (Some(Reach::For(Duration::from_secs(59 * 12 * 3600))), false)
    );
    // What is there beyond its retention goes any moment.
    assert_eq!(
        reach("2025-01-01T00:00:00Z", since("2026-01-29T00:00:00Z")),
        (days(30), false)
    );
    // Raised to 30 days four days ago.
    assert_eq!(
        reach("2025-01-01T00:00:00Z", since("2026-02-25T12:00:00Z")),
        (days(4), true)
    );
    // Four days old altogether, and backed up from the beginning.
    assert_eq!(
        reach("2026-02-25T11:40:00Z", since("2026-02-25T12:00:00Z")),
        (days(30), false)
    );
    // Nothing says how far back.
    assert_eq!(reach("2025-01-01T00:00:00Z", Observed::Absent), (None, false));
    let unread = Observed::Unreadable(denied("rds:DescribeDBInstanceAutomatedBackups"));
    assert_eq!(reach("2025-01-01T00:00:00Z", unread), (None, false));
}

/// A retention that is no longer than the tolerance of rotation was switched on minutes ago, here and in another region.
#[test]
fn a_window_of_minutes_does_not_reach_a_day() {
    let earliest = "2026-03-01T11:54:00Z";
    let minutes = Some(Reach::For(Duration::from_secs(360)));
    for retention in [1, 2] {
        let seen = [served(Database {
            retention_days: retention,
            created: Some("2024-01-01T00:00:00Z".into()),
            earliest_restorable: Observed::Present(earliest.into()),
            replicas: Observed::Present(vec![BackupReplica {
                region: region("us-west-2"),
                retention_days: Some(retention),
                status: "replicating".into(),
                earliest: Some(earliest.into()),
                latest: Some("2026-03-01T11:56:00Z".into()),
                key: None,
            }]),
            ..database()
        })];
        for mechanism in [Mechanism::PointInTime, Mechanism::BackupReplica] {
            let copy = copy_of(&seen, "rds_instance.app", mechanism);
            let reach = copy.history.present().map(|h| h.reach);
            assert_eq!(
                (reach, copy.growing.is_some()),
                (minutes, true),
                "{mechanism:?} {retention}"
            );
        }
    }
}

/// What fails only since the window still grows says on which day it will not.
#[test]
fn a_window_that_grows_says_when_it_will_hold() {
    let young = served(Database {
        earliest_restorable: Observed::Present("2026-02-25T12:00:00Z".into()),
        ..database()
    });
    let asks = Objective {
        survives: vec!["corruption".into(), "ransomware".into()],
        ..objective("15m", 14)
    };
    let proof = proved(&[young], &everybody(), std::slice::from_ref(&asks));
    let cell = |name: &str| proof.assets[0].cells.iter().find(|c| c.scenario == name).unwrap();
    let judged = &cell("corruption").judged["core"];
    let reach = judged.iter().find(|j| j.asks == "reach").unwrap();
    assert_eq!(reach.verdict, Verdict::Fails);
    assert!(
        reach.why.contains("will reach so far on 2026-03-11"),
        "{}",
        reach.why
    );
    let why = cell("ransomware")
        .copies
        .iter()
        .find(|c| c.copy.ends_with("/point_in_time"))
        .and_then(|c| c.survival.why().map(str::to_owned));
    let why = why.unwrap();
    assert!(why.contains("it will on 2026-03-04"), "{why}");
}

/// What is of tomorrow, or of no time, shows nothing.
#[test]
fn a_newest_moment_that_has_not_come_is_not_known() {
    for odd in ["2026-03-02T12:00:00Z", "soon"] {
        let seen = [served(Database {
            latest_restorable: Some(odd.into()),
            replicas: Observed::Present(vec![BackupReplica {
                region: region("us-west-2"),
                retention_days: Some(30),
                status: "replicating".into(),
                earliest: Some("2026-01-30T12:00:00Z".into()),
                latest: Some(odd.into()),
                key: None,
            }]),
            ..database()
        })];
        let proof = proved(&seen, &everybody(), &[]);
        for mechanism in [Mechanism::PointInTime, Mechanism::BackupReplica] {
            let fate = row(&proof, "rds_instance.app", mechanism);
            assert!(!fate.contains('Y'), "{mechanism:?} {odd}: {fate}");
            let copy = copy_of(&seen, "rds_instance.app", mechanism);
            assert!(copy.unknown.unwrap().contains(odd), "{mechanism:?}");
            assert_eq!(copy.staleness.promised, None);
        }
    }
}

/// Copies of backups that have not begun hold nothing.
#[test]
fn backups_elsewhere_count_once_there_are_any() {
    let copied = |status: &str, latest: Option<&str>, earliest: Option<&str>| {
        let seen = served(Database {
            replicas: Observed::Present(vec![BackupReplica {
                region: region("us-west-2"),
                retention_days: Some(30),
                status: status.into(),
                earliest: earliest.map(Into::into),
                latest: latest.map(Into::into),
                key: None,
            }]),
            ..database()
        });
        row(
            &proved(&[seen], &everybody(), &[]),
            "rds_instance.app",
            Mechanism::BackupReplica,
        )
    };
    let (old, new) = (Some("2026-01-30T12:00:00Z"), Some("2026-03-01T11:50:00Z"));
    assert_eq!(copied("replicating", new, old), "YYY-YcY");
    // Replicated for three days: corruption is noticed after one, ransomware after seven.
    assert_eq!(
        copied("replicating", new, Some("2026-02-26T12:00:00Z")),
        "YYY-Y-Y"
    );
    assert_eq!(copied("replicating", new, None), "??Y-Y?Y");
    assert_eq!(copied("pending", None, None), "-------");
    assert_eq!(copied("Creating", new, old), "-------");
    assert_eq!(copied("replicating", None, None), "-------");
}

/// A database whose key RDS lost is stopped, and so are its backups; a copy under a key of its own is not.
#[test]
fn a_database_without_its_key_serves_nobody() {
    for status in [
        "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable",
    ] {
        let seen = [served(Database {
            status: status.into(),
            replicas: Observed::Present(vec![BackupReplica {
                region: region("us-west-2"),
                retention_days: Some(30),
                status: "replicating".into(),
                earliest: Some("2026-01-30T12:00:00Z".into()),
                latest: Some("2026-03-01T11:50:00Z".into()),
                key: None,
            }]),
            ..database()
        })];
        let found = |mechanism| row(&proved(&seen, &everybody(), &[]), "rds_instance.app", mechanism);
        assert_eq!(found(Mechanism::Live), "-------", "{status}");
        assert_eq!(found(Mechanism::PointInTime), "-------", "{status}");
        assert_eq!(found(Mechanism::BackupReplica), "YYY-YcY", "{status}");
    }
}

/// A storage class of one zone is lost with the zone.
#[test]
fn one_zone_is_lost_with_it() {
    let mut here = bucket("up", PROD);
    here.one_zone = Observed::Present(true);
    let versions = |store: ObjectStore| {
        let proof = proved(&[stored(store, "us-east-1")], &everybody(), &[]);
        row(&proof, "s3_bucket.up", Mechanism::Versions)
    };
    assert_eq!(versions(here.clone()), "YY---cY");
    here.one_zone = Observed::Unreadable(denied("s3:GetLifecycleConfiguration"));
    assert_eq!(versions(here), "YY?--cY");

    let zone = |spoil: &dyn Fn(&mut Replica), there: ObjectStore| {
        let mut source = bucket("up", PROD);
        let mut to = replica("dr", VAULT, "us-west-2");
        spoil(&mut to);
        source.replicas = Observed::Present(vec![to]);
        let seen = [stored(source, "us-east-1"), stored(there, "us-west-2")];
        copy_of(&seen, "s3_bucket.up", Mechanism::ObjectReplica)
            .domain
            .zonal
    };
    let there = || bucket("dr", VAULT);
    assert_eq!(zone(&|_| {}, there()), Some(false));
    assert_eq!(zone(&|r| r.one_zone = true, there()), Some(true));
    let seen_there = Arrival {
        one_zone: true,
        ..whole()
    };
    let arrived = |r: &mut Replica| r.arrived = Some(Observed::Present(seen_there.clone()));
    assert_eq!(zone(&arrived, there()), Some(true));
    let mut moved = there();
    moved.one_zone = Observed::Present(true);
    assert_eq!(zone(&|_| {}, moved), Some(true));
}

/// Without an override the source's account owns what lies in another's bucket, where that knows ACLs: nobody reads it
/// without that account, and an attacker has it.
#[test]
fn copies_that_belong_to_the_attacked_account_are_read_by_its_leave() {
    let found = |overridden: bool, acls_disabled: Observed<bool>| {
        let mut source = bucket("up", PROD);
        let to = Replica {
            owner_override: overridden,
            ..replica("dr", VAULT, "us-west-2")
        };
        source.replicas = Observed::Present(vec![to]);
        let mut there = bucket("dr", VAULT);
        there.acls_disabled = acls_disabled;
        let seen = [stored(source, "us-east-1"), stored(there, "us-west-2")];
        row(
            &proved(&seen, &everybody(), &[]),
            "s3_bucket.up",
            Mechanism::ObjectReplica,
        )
    };
    let unread = || Observed::Unreadable(denied("s3:GetBucketOwnershipControls"));
    assert_eq!(found(true, unread()), "YYYYYYY");
    assert_eq!(found(false, Observed::Present(true)), "YYYYYYY");
    assert_eq!(found(false, Observed::Present(false)), "YYYcYcY");
    assert_eq!(found(false, unread()), "YYY?Y?Y");
}

/// A key that no block names, as it was read.
fn outside(facts: Observed<Facts>) -> Evidence {
    let mut found = key(KeyState::Enabled, Document::new([]));
    found.subject = "kms_key.k".parse().unwrap();
    found.arn = Some("arn:aws:kms:us-west-2:111111111111:key/k".parse().unwrap());
    found.facts = facts;
    found
}

/// What encrypts a copy is read wherever it is: of a key that nobody read nobody knows whether it works.
#[test]
fn keys_that_no_block_names_are_asked_for() {
    let under = || {
        let mut there = bucket("dr", PROD);
        there.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
        replicated(there)
    };
    let wanted = keys_outside(&under());
    let names: Vec<&str> = wanted.keys().map(crate::model::Arn::as_str).collect();
    assert_eq!(names, ["arn:aws:kms:us-west-2:111111111111:key/k"]);
    assert_eq!(wanted.values().next(), Some(&Some(account(PROD))));

    let of = |seen: &Evidence, change: &dyn Fn(&mut KeyFacts)| {
        let Some(Facts::Key(found)) = seen.facts.present() else {
            panic!("no key");
        };
        let mut found = found.as_ref().clone();
        change(&mut found);
        outside(Observed::Present(Facts::Key(Box::new(found))))
    };
    let read = key(KeyState::Enabled, Document::new([]));
    let row_with = |more: Option<Evidence>| {
        let mut seen = under();
        seen.extend(more);
        let proof = proved(&seen, &everybody(), &[]);
        row(&proof, "s3_bucket.up", Mechanism::ObjectReplica)
    };
    assert_eq!(row_with(None), "???-???");
    // What nobody knows to be readable is no copy that an objective could count, and none that it lacks.
    let asks = Objective {
        protects: vec!["s3_bucket.up".parse().unwrap()],
        copies: CopiesRule {
            total: 2,
            ..CopiesRule::default()
        },
        ..objective("1h", 7)
    };
    let total = |seen: &[Evidence]| {
        let proof = proved(seen, &everybody(), std::slice::from_ref(&asks));
        let up = proof
            .assets
            .iter()
            .find(|a| a.rules.contains_key("core"))
            .unwrap();
        up.rules["core"][0].verdict
    };
    assert_eq!(total(&under()), Verdict::Unknown);
    let mut known = under();
    known.push(of(&read, &|_| {}));
    assert_eq!(total(&known), Verdict::Holds);
    assert_eq!(
        row_with(Some(outside(Observed::Unreadable(denied("kms:DescribeKey"))))),
        "???-???"
    );
    assert_eq!(row_with(Some(outside(Observed::Absent))), "???-???");
    assert_eq!(row_with(Some(of(&read, &|_| {}))), "YYY-YcY");
    assert_eq!(
        row_with(Some(of(&read, &|k| k.state = KeyState::Disabled))),
        "-------"
    );
    assert_eq!(
        row_with(Some(of(&read, &|k| k.state = KeyState::PendingDeletion))),
        "-------"
    );
    // Its policy decides who may end it.
    let unread = |k: &mut KeyFacts| k.policy = Observed::Unreadable(denied("kms:GetKeyPolicy"));
    assert_eq!(row_with(Some(of(&read, &unread))), "YYY-Y?Y");
    // A key of the service's own is nobody's to lose, and once it is read nobody asks again.
    let served = of(&read, &|k| k.service_managed = true);
    assert_eq!(row_with(Some(served.clone())), "YYY-YcY");
    let mut seen = under();
    seen.push(served);
    assert!(keys_outside(&seen).is_empty());
}

/// A database that RDS gave up serves nobody; its backups outlive it, unless they go with it.
#[test]
fn a_failed_database_is_no_copy() {
    for (status, live, backups) in [
        ("available", "--Y----", "YYY--cc"),
        ("failed", "-------", "YYY--cc"),
        ("incompatible-restore", "-------", "YYY--cc"),
        ("deleting", "-------", "???--??"),
    ] {
        let seen = [served(Database {
            status: status.into(),
            multi_az: true,
            ..database()
        })];
        let found = |mechanism| row(&proved(&seen, &everybody(), &[]), "rds_instance.app", mechanism);
        assert_eq!(found(Mechanism::Live), live, "{status}");
        assert_eq!(found(Mechanism::Standby), live, "{status}");
        assert_eq!(found(Mechanism::PointInTime), backups, "{status}");
    }
}

/// Encryption under a key that nobody names is not encryption by the service.
#[test]
fn a_key_that_was_not_told_is_not_known() {
    let seen = [served(Database {
        encrypted: true,
        key: None,
        ..database()
    })];
    let found = row(
        &proved(&seen, &everybody(), &[]),
        "rds_instance.app",
        Mechanism::PointInTime,
    );
    assert_eq!(found, "YYY--?c");
}

/// What was on its way when an attacker destroyed the source never arrives; what an accident damaged is still sent.
#[test]
fn what_was_on_its_way_is_lost_with_an_attacked_source() {
    let mut seen = replicated(bucket("there", VAULT));
    let Observed::Present(Facts::ObjectStore(store)) = &mut seen[0].facts else {
        panic!("a bucket");
    };
    let Observed::Present(replicas) = &mut store.replicas else {
        panic!("replicas");
    };
    replicas[0].within_minutes = Some(15);
    let proof = proved(&seen, &everybody(), &[]);
    let loss = |scenario: &str| {
        let asset = &proof.assets[0];
        let replica = asset
            .copies
            .iter()
            .find(|c| c.mechanism == Mechanism::ObjectReplica)
            .unwrap();
        let cell = asset.cells.iter().find(|c| c.scenario == scenario).unwrap();
        cell.copies.iter().find(|c| c.copy == replica.id).unwrap().loss
    };
    let minutes = |n: u64| Loss::AtMost(Duration::from_secs(n * 60));
    assert_eq!(loss("credential_compromise"), minutes(15));
    assert_eq!(loss("ransomware"), minutes(15));
    assert_eq!(loss("region_outage"), minutes(15));
    assert_eq!(loss("corruption"), minutes(0));
}
