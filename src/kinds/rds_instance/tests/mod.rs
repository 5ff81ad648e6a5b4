//! What is said about a block, and how differences are judged.

mod properties;
mod wire;
mod world;

use super::live::{LiveInstance, LiveReplica};
use super::{Op, RdsInstance};
use crate::kinds::Kind;
use crate::kinds::keys::{Aliases, Resolved};
use crate::kinds::testing::{Written, place};
use crate::model::change::{Action, Diff, Direction};
use crate::model::fact::{Facts, KeyState};
use crate::model::{Observed, Unreadable};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const ARN: &str = "arn:aws:rds:us-east-1:111111111111:db:app";
const KEY: &str = "arn:aws:kms:us-west-2:111111111111:key/k1";

fn live() -> LiveInstance {
    LiveInstance {
        created: None,
        earliest_restorable: None,
        identifier: "app".into(),
        arn: ARN.parse().ok(),
        status: "available".into(),
        engine: "postgres".into(),
        cluster: None,
        retention_days: 7,
        pending_retention: None,
        pending: BTreeMap::new(),
        window: "03:00-04:00".into(),
        maintenance: Some("sun:05:00-sun:06:00".into()),
        deletion_protection: true,
        copy_tags: true,
        encrypted: false,
        key: None,
        multi_az: false,
        latest_restorable: Some("2026-01-01T00:00:00Z".into()),
        aws_backup: None,
        replica_regions: BTreeSet::new(),
        replicas: BTreeMap::new(),
        aliases: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

fn changed(change: impl FnOnce(&mut LiveInstance)) -> LiveInstance {
    let mut live = live();
    change(&mut live);
    live
}

fn block() -> Written {
    Written::new().set("identifier", "App")
}

fn keep(retention: &str) -> Written {
    block().nest("pitr", Written::new().set("retention", retention))
}

fn copy(region: &str, retention: &str) -> Written {
    Written::new().set("region", region).set("retention", retention)
}

fn copied(seen: Observed<LiveReplica>) -> LiveInstance {
    changed(|live| {
        let west = "us-west-2".parse().unwrap();
        live.replicas = BTreeMap::from([(west, seen)]);
    })
}

fn there(days: u32) -> Observed<LiveReplica> {
    Observed::Present(LiveReplica {
        earliest: None,
        retention_days: Some(days),
        status: "replicating".into(),
        latest: None,
        key: KEY.parse().ok(),
    })
}

fn diff(block: &Written, have: &LiveInstance) -> Diff<Op> {
    RdsInstance::diff(&block.spec::<RdsInstance>(), Some(have), &place())
}

fn denied() -> Unreadable {
    Unreadable {
        action: "rds:DescribeDBInstanceAutomatedBackups".into(),
        why: "denied".into(),
        denied: true,
    }
}

#[test]
fn what_is_as_declared_is_no_difference() {
    let declared = block()
        .set("deletion_protection", true)
        .set("copy_tags", true)
        .set("encrypted", false)
        .nest(
            "pitr",
            Written::new().set("retention", "1w").set("window", "03:00-04:00"),
        )
        .nest("replicate", copy("us-west-2", "14d"));
    assert_eq!(diff(&declared, &copied(there(14))), Diff::new());
}

#[test]
fn each_change_is_judged() {
    use Direction::{Neutral, Strengthens, Weakens};
    let west = || block().nest("replicate", copy("us-west-2", "14d"));
    for (why, block, have, path, direction, disruptive) in [
        (
            "a longer retention",
            keep("30d"),
            live(),
            "pitr.retention",
            Strengthens,
            false,
        ),
        (
            "a shorter retention",
            keep("1d"),
            live(),
            "pitr.retention",
            Weakens,
            false,
        ),
        (
            "backups from none",
            keep("7d"),
            changed(|live| live.retention_days = 0),
            "pitr.retention",
            Strengthens,
            true,
        ),
        (
            "a shrinking in flight is stopped",
            keep("7d"),
            changed(|live| live.pending_retention = Some(1)),
            "pitr.retention",
            Strengthens,
            false,
        ),
        (
            "protection off",
            block().set("deletion_protection", false),
            live(),
            "deletion_protection",
            Weakens,
            false,
        ),
        (
            "tags on snapshots",
            block().set("copy_tags", true),
            changed(|live| live.copy_tags = false),
            "copy_tags",
            Strengthens,
            false,
        ),
        (
            "a longer copy",
            west(),
            copied(there(7)),
            "replicate[\"us-west-2\"].retention",
            Weakens,
            true,
        ),
        (
            "a shorter copy",
            west(),
            copied(there(35)),
            "replicate[\"us-west-2\"].retention",
            Weakens,
            true,
        ),
        (
            "a tag",
            block().set("tags", json!({"team": "db"})),
            live(),
            "tags[\"team\"]",
            Neutral,
            false,
        ),
    ] {
        let diff = diff(&block, &have);
        let attributes: Vec<_> = diff.changes.iter().flat_map(|c| &c.attributes).collect();
        let [attribute] = &attributes[..] else {
            panic!("{why}: {diff:?}")
        };
        assert_eq!(attribute.path, path, "{why}");
        assert_eq!(attribute.direction, direction, "{why}");
        assert_eq!(attribute.disruptive.is_some(), disruptive, "{why}");
        assert_eq!(attribute.irreversible, None, "{why}");
        assert_eq!(attribute.reason.is_some(), direction == Weakens, "{why}");
        assert_eq!(diff.action, Action::Update, "{why}");
    }
}

#[test]
fn what_is_in_flight_is_no_drift_and_no_protection() {
    let have = changed(|live| live.pending_retention = Some(30));
    assert_eq!(diff(&keep("30d"), &have), Diff::new());
    let Facts::Database(database) = RdsInstance::facts(None, &have, &place()) else {
        panic!("not a database")
    };
    assert_eq!(database.retention_days, 7);
}

#[test]
fn what_must_not_be_written_is_said() {
    let windowed = block().nest(
        "pitr",
        Written::new().set("retention", "7d").set("window", "05:30-06:30"),
    );
    let waiting = changed(|live| {
        live.pending = BTreeMap::from([("EngineVersion".to_owned(), "17.2".to_owned())]);
    });
    let owned = changed(|live| live.aws_backup = Some("arn:aws:backup:x".into()));
    let off = changed(|live| live.retention_days = 0);
    let encrypted = changed(|live| {
        live.encrypted = true;
        live.replicas = BTreeMap::from([("us-west-2".parse().unwrap(), Observed::Absent)]);
    });
    for (block, have, path, says) in [
        (keep("30d"), waiting, "pitr.retention", "EngineVersion = 17.2"),
        (keep("30d"), owned, "pitr.retention", "AWS Backup owns"),
        (windowed, live(), "pitr.window", "maintenance window sun:05:00"),
        (
            block().set("encrypted", true),
            live(),
            "encrypted",
            "copy a snapshot with a key",
        ),
        (
            block().set("multi_az", true),
            live(),
            "multi_az",
            "modify the instance",
        ),
        (
            block().nest("replicate", copy("us-west-2", "7d")),
            off,
            "replicate[\"us-west-2\"].region",
            "switched off",
        ),
        (
            block().nest("replicate", copy("us-west-2", "7d")),
            encrypted,
            "replicate[\"us-west-2\"].region",
            "needs a key in us-west-2",
        ),
    ] {
        let diff = diff(&block, &have);
        assert!(diff.changes.is_empty(), "{says}: {diff:?}");
        let [finding] = &diff.findings[..] else {
            panic!("{says}: {diff:?}")
        };
        assert_eq!(finding.path, path);
        assert!(finding.why.contains(says), "{}", finding.why);
    }
}

#[test]
fn copies_are_started_replaced_and_stopped() {
    let have = changed(|live| {
        live.replicas = BTreeMap::from([
            ("eu-west-1".parse().unwrap(), there(7)),
            ("us-west-2".parse().unwrap(), Observed::Absent),
        ]);
    });
    let diff = diff(&block().nest("replicate", copy("us-west-2", "14d")), &have);
    let [start, stop] = &diff.changes[..] else {
        panic!("{diff:?}")
    };
    // The new copy first: there is no moment without any.
    assert!(matches!(&start.op, Op::StartCopy(copy) if copy.retention == Some(14)));
    assert!(matches!(&stop.op, Op::StopCopy { region, .. } if region.as_str() == "eu-west-1"));
    assert_eq!(stop.attributes[0].direction, Direction::Weakens);
}

/// RDS starts a copy without a key, unless it is told.
#[test]
fn a_copy_that_is_made_anew_keeps_its_key_and_says_what_it_costs() {
    for (before, after, lost) in [(14, "35d", false), (14, "7d", true)] {
        let block = block().nest("replicate", copy("us-west-2", after));
        let diff = diff(&block, &copied(there(before)));
        let [change] = &diff.changes[..] else {
            panic!("{diff:?}")
        };
        let Op::ReplaceCopy(copy) = &change.op else {
            panic!("{diff:?}")
        };
        assert_eq!(copy.key.as_ref().map(|k| k.as_str()), Some(KEY));
        let [attribute] = &change.attributes[..] else {
            panic!("{diff:?}")
        };
        let why = attribute.reason.as_deref().unwrap();
        assert!(why.contains("in between can never be restored"), "{why}");
        assert_eq!(why.contains("older than 7 days are lost"), lost, "{why}");
    }
}

/// RDS refuses a start under another key while it retains what the first copy held, and a copy that was
/// stopped before that would be missed.
#[test]
fn a_copy_is_not_stopped_for_what_could_not_be_started() {
    let region = || copy("us-west-2", "35d");
    let other = "arn:aws:kms:us-west-2:111111111111:key/k2";
    let encrypted = |replica: Observed<LiveReplica>| LiveInstance {
        encrypted: true,
        ..copied(replica)
    };
    for (block, have, path, says) in [
        (
            region().set("kms_key", other),
            copied(there(14)),
            "kms_key",
            "no copy in us-west-2 under another key",
        ),
        (
            region(),
            encrypted(there(14)),
            "retention",
            "Declare kms_key = \"arn:aws:kms",
        ),
    ] {
        let diff = diff(&block_with(block), &have);
        assert_eq!(diff.changes, [], "{says}");
        let [finding] = &diff.findings[..] else {
            panic!("{says}: {diff:?}")
        };
        assert_eq!(finding.path, format!("replicate[\"us-west-2\"].{path}"));
        assert!(finding.why.contains(says), "{}", finding.why);
    }
    let keyed = diff(&block_with(region().set("kms_key", KEY)), &encrypted(there(14)));
    assert!(matches!(keyed.changes[0].op, Op::ReplaceCopy(_)), "{keyed:?}");
}

fn block_with(copy: Written) -> Written {
    block().nest("replicate", copy)
}

#[test]
fn copies_of_an_instance_whose_backups_are_switched_on_now_are_possible() {
    let have = changed(|live| {
        live.retention_days = 0;
        live.replicas = BTreeMap::from([("us-west-2".parse().unwrap(), Observed::Absent)]);
    });
    let diff = diff(&keep("7d").nest("replicate", copy("us-west-2", "7d")), &have);
    assert!(matches!(
        diff.changes[0].op,
        Op::Backups {
            retention: Some(7),
            ..
        }
    ));
    assert!(matches!(diff.changes[1].op, Op::StartCopy(_)));
    assert!(diff.changes[0].stage < diff.changes[1].stage);
}

#[test]
fn a_copy_that_could_not_be_seen_is_unreadable() {
    let have = copied(Observed::Unreadable(denied()));
    let diff = diff(&block().nest("replicate", copy("us-west-2", "7d")), &have);
    assert_eq!(diff.unreadable, [denied()]);
    assert!(diff.changes.is_empty());
    let Facts::Database(database) = RdsInstance::facts(None, &have, &place()) else {
        panic!("not a database")
    };
    assert_eq!(database.replicas, Observed::Unreadable(denied()));
}

#[test]
fn what_is_missing_or_no_instance_is_never_created() {
    let spec = block().spec::<RdsInstance>();
    let missing = RdsInstance::diff(&spec, None, &place()).missing.unwrap();
    assert!(missing.contains("there is no instance app in account 111111111111, region us-east-1"));
    let member = changed(|live| live.cluster = Some("aurora".into()));
    let docdb = changed(|live| live.engine = "docdb".into());
    for (have, says) in [(member, "member of the cluster aurora"), (docdb, "docdb")] {
        let diff = RdsInstance::diff(&spec, Some(&have), &place());
        assert!(diff.missing.unwrap().contains(says));
        assert!(diff.changes.is_empty());
    }
    // Only a mark is ever taken away, and only what a block asked to guard has one.
    let unmarked = RdsInstance::release("app", &live(), &place());
    assert_eq!((unmarked.action, unmarked.changes.len()), (Action::NoOp, 0));
    let marked = changed(|live| {
        live.tags.insert("backstay:project".into(), place().project);
    });
    let released = RdsInstance::release("app", &marked, &place());
    assert_eq!((released.action, released.changes.len()), (Action::Release, 1));
}

#[test]
fn blocks_that_cannot_work_are_refused() {
    let keyed = |key: &str| {
        let copy = Written::new().set("region", "us-west-2").set("kms_key", key);
        block().nest("replicate", copy)
    };
    for (written, says) in [
        (keep("0"), "delete every one that exists"),
        (keep("36d"), "1d to 35d"),
        (keep("36h"), "whole number of days"),
        (Written::new().set("identifier", "1app"), "starts with a letter"),
        (Written::new().set("identifier", "a--b"), "two in a row"),
        (
            Written::new().set("identifier", "a_b"),
            "letters, digits and hyphens",
        ),
        (block().set("tags", json!({"aws:x": "y"})), "reserved"),
        (
            block().nest("replicate", copy("us-east-1", "7d")),
            "The instance itself lies in us-east-1",
        ),
        (
            block()
                .nest("replicate", copy("us-west-2", "7d"))
                .nest("replicate", copy("us-west-2", "8d")),
            "one copy in a region",
        ),
        (
            block()
                .set("encrypted", true)
                .nest("replicate", copy("us-west-2", "7d")),
            "has no key",
        ),
        (keyed("a key"), "it is not a key"),
        (
            keyed("arn:aws:kms:us-west-2:111111111111:grant/x"),
            "it is not a key",
        ),
        (
            keyed("arn:aws:kms:eu-west-1:111111111111:alias/x"),
            "has to be in us-west-2, where the copy is made",
        ),
        (
            keyed("arn:aws:kms:eu-west-1:111111111111:key/x"),
            "another region",
        ),
    ] {
        let (_, said) = written.decode::<RdsInstance>();
        assert!(said.iter().any(|s| s.contains(says)), "{says}: {said:?}");
    }
}

/// A copy under the alias `backups` of its region, which points to this.
fn by_alias(have: &str, to: Observed<Resolved>) -> Diff<Op> {
    const ALIAS: &str = "arn:aws:kms:us-west-2:111111111111:alias/backups";
    let mut live = copied(there(14));
    let replica = live.replicas.values_mut().next();
    if let Some(Observed::Present(replica)) = replica {
        replica.key = have.parse().ok();
    }
    live.aliases = Aliases::from([(ALIAS.parse().unwrap(), to)]);
    let declared = |name: &str| block().nest("replicate", copy("us-west-2", "14d").set("kms_key", name));
    let by_name = diff(&declared("alias/backups"), &live);
    assert_eq!(by_name, diff(&declared(ALIAS), &live));
    by_name
}

#[test]
fn an_alias_is_the_key_that_it_points_to() {
    let to = |key: &str| {
        Observed::Present(Resolved {
            arn: key.parse().unwrap(),
            service_managed: false,
            state: KeyState::Enabled,
            deletion_date: None,
        })
    };
    assert_eq!(by_alias(KEY, to(KEY)), Diff::new());
    let other = by_alias("arn:aws:kms:us-west-2:111111111111:key/k2", to(KEY));
    assert_eq!(other.findings[0].path, "replicate[\"us-west-2\"].kms_key");
    assert!(other.changes.is_empty());
    let denied = Unreadable {
        action: "kms:DescribeKey".into(),
        ..denied()
    };
    let unknown = by_alias(KEY, Observed::Unreadable(denied));
    assert!(unknown.changes.is_empty() && unknown.unreadable[0].denied);
    let nowhere = by_alias(KEY, Observed::Absent);
    assert!(nowhere.changes.is_empty());
    let why = &nowhere.unreadable[0].why;
    assert!(
        why.contains("no alias/backups in account 111111111111, region us-west-2"),
        "{why}"
    );
}

#[test]
fn what_moves_by_itself_is_not_compared() {
    let later = changed(|live| {
        live.status = "backing-up".into();
        live.latest_restorable = Some("2026-01-02T00:00:00Z".into());
    });
    assert_eq!(RdsInstance::settled(&live()), RdsInstance::settled(&later));
    let other = changed(|live| live.retention_days = 1);
    assert_ne!(RdsInstance::settled(&live()), RdsInstance::settled(&other));
}
