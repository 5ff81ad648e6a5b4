//! From facts to copies: every way in which the data of an asset exists.

use super::copy::{
    Copy, Domain, Encryption, Grade, Ground, History, Holder, Lock, Mechanism, Reach, Staleness,
};
use crate::model::fact::{
    BackupReplica, Database, Evidence, Expiry, Facts, ObjectStore, Replica, Versioning,
};
use crate::model::{AccountId, Arn, Duration, Observed, Unreadable};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Logs leave the instance every five minutes (RDS User Guide, "Restoring to a specified time").
const LOG_INTERVAL: Duration = Duration::from_secs(300);
const ZERO: Duration = Duration::from_secs(0);

/// Everything that was seen, by ARN.
pub(super) type ByArn<'a> = BTreeMap<&'a Arn, &'a Evidence>;

/// The copies of one asset; `None` for what holds no data.
///
/// # Errors
/// What could not be read, when nothing is known of the asset.
pub(super) fn of(evidence: &Evidence, seen: &ByArn<'_>) -> Option<Result<Vec<Copy>, Unreadable>> {
    let facts = match &evidence.facts {
        Observed::Present(facts) => facts,
        Observed::Absent => return None,
        Observed::Unreadable(why) => return Some(Err(why.clone())),
    };
    let arn = evidence.arn.as_ref()?;
    match facts {
        Facts::ObjectStore(store) => Some(Ok(of_store(evidence, arn, store, seen))),
        Facts::Database(database) => Some(Ok(of_database(evidence, arn, database))),
        _ => None,
    }
}

pub(super) fn ground(evidence: &Evidence, says: impl Into<String>) -> Ground {
    Ground {
        says: says.into(),
        source: evidence
            .arn
            .as_ref()
            .map_or_else(|| evidence.subject.to_string(), ToString::to_string),
        read_at: evidence.read_at.clone(),
    }
}

/// Whose it is: a bucket's name says nothing about that, an ARN of anything else does.
fn account_of(evidence: &Evidence) -> Option<AccountId> {
    match evidence.facts.present() {
        Some(Facts::ObjectStore(store)) => Some(store.account.clone()),
        _ => evidence.arn.as_ref().and_then(Arn::account),
    }
}

fn domain(evidence: &Evidence, zonal: bool) -> Domain {
    Domain {
        account: account_of(evidence),
        region: Some(evidence.scope.region.clone()),
        zonal,
    }
}

fn of_database(evidence: &Evidence, arn: &Arn, db: &Database) -> Vec<Copy> {
    let encryption = Observed::Present(match &db.key {
        Some(key) if db.encrypted => Encryption::Key(key.clone()),
        _ => Encryption::Service,
    });
    let id = |what: &str| format!("{}/{what}", evidence.subject);
    let live = Copy {
        id: id("live"),
        asset: evidence.subject.clone(),
        mechanism: Mechanism::Live,
        domain: domain(evidence, !db.multi_az),
        encryption: encryption.clone(),
        history: Observed::Absent,
        staleness: Staleness {
            promised: Some(ZERO),
            measured: Some(ZERO),
        },
        lock: Observed::Absent,
        holder: Holder::Database { arn: arn.clone() },
        bound: None,
        unusable: None,
        unread: None,
        partial: None,
        grade: if db.status == "available" {
            Grade::Evidenced
        } else {
            Grade::Configured
        },
        grounds: vec![ground(
            evidence,
            format!(
                "the database is {}, multi-AZ {}, deletion protection {}",
                db.status,
                on(db.multi_az),
                on(db.deletion_protection)
            ),
        )],
    };
    let mut copies = Vec::new();
    if db.multi_az {
        copies.push(Copy {
            id: id("standby"),
            mechanism: Mechanism::Standby,
            domain: domain(evidence, false),
            grade: Grade::Configured,
            grounds: vec![ground(
                evidence,
                "a standby in another zone is written synchronously (MultiAZ)",
            )],
            ..live.clone()
        });
    }
    if db.retention_days > 0 {
        copies.push(point_in_time(evidence, arn, db, &live, encryption));
    }
    match &db.replicas {
        Observed::Present(replicas) => {
            copies.extend(replicas.iter().map(|r| backup_replica(evidence, arn, r, &live)));
        }
        Observed::Absent => {}
        // There may be copies that nobody could see; what is not seen is not counted on.
        Observed::Unreadable(_) => {}
    }
    copies.insert(0, live);
    copies
}

fn on(is: bool) -> &'static str {
    if is { "on" } else { "off" }
}

fn point_in_time(
    evidence: &Evidence,
    arn: &Arn,
    db: &Database,
    live: &Copy,
    encryption: Observed<Encryption>,
) -> Copy {
    let behind = lag(&evidence.read_at, db.latest_restorable.as_deref());
    let mut grounds = vec![ground(
        evidence,
        format!(
            "automated backups are kept for {} days (BackupRetentionPeriod)",
            db.retention_days
        ),
    )];
    grounds.push(ground(
        evidence,
        match &db.latest_restorable {
            Some(latest) => format!("the newest restorable moment is {latest} (LatestRestorableTime)"),
            None => "no restorable moment is named (LatestRestorableTime is absent)".to_owned(),
        },
    ));
    Copy {
        id: format!("{}/point_in_time", evidence.subject),
        mechanism: Mechanism::PointInTime,
        domain: domain(evidence, false),
        encryption,
        history: Observed::Present(History {
            reach: Reach::For(Duration::from_days(db.retention_days)),
            spacing: ZERO,
        }),
        // The promise holds while the instance serves; a stopped one ships no logs, and writes none.
        staleness: Staleness {
            promised: (db.status == "available").then_some(LOG_INTERVAL),
            measured: behind,
        },
        holder: Holder::Backups {
            database: arn.clone(),
            region: evidence.scope.region.clone(),
        },
        bound: Some(
            "deleting the instance keeps its automated backups only when that is asked for (DeleteAutomatedBackups=false)"
                .into(),
        ),
        grade: if behind.is_some() {
            Grade::Evidenced
        } else {
            Grade::Configured
        },
        grounds,
        ..live.clone()
    }
}

fn backup_replica(evidence: &Evidence, arn: &Arn, replica: &BackupReplica, live: &Copy) -> Copy {
    let behind = lag(&evidence.read_at, replica.latest.as_deref());
    let region = &replica.region;
    let mut grounds = vec![ground(
        evidence,
        format!(
            "automated backups are copied to {region}: {}, kept for {}",
            replica.status,
            replica
                .retention_days
                .map_or("an unknown time".to_owned(), |d| format!("{d} days")),
        ),
    )];
    if let Some(latest) = &replica.latest {
        grounds.push(ground(
            evidence,
            format!("the newest restorable moment in {region} is {latest} (RestoreWindow.LatestTime)"),
        ));
    }
    Copy {
        id: format!("{}/backups_{region}", evidence.subject),
        mechanism: Mechanism::BackupReplica,
        domain: Domain {
            account: account_of(evidence),
            region: Some(region.clone()),
            zonal: false,
        },
        encryption: Observed::Present(replica.key.clone().map_or(Encryption::Service, Encryption::Key)),
        history: match replica.retention_days {
            Some(days) => Observed::Present(History {
                reach: Reach::For(Duration::from_days(days)),
                spacing: ZERO,
            }),
            None => Observed::Unreadable(Unreadable {
                action: "rds:DescribeDBInstanceAutomatedBackups".into(),
                why: "the retention of the copy was not told".into(),
                denied: false,
            }),
        },
        // There is no promise for this copy: what counts is what was measured.
        staleness: Staleness {
            promised: None,
            measured: behind,
        },
        holder: Holder::Backups {
            database: arn.clone(),
            region: region.clone(),
        },
        bound: None,
        grade: if behind.is_some() {
            Grade::Evidenced
        } else {
            Grade::Configured
        },
        grounds,
        ..live.clone()
    }
}

fn of_store(evidence: &Evidence, arn: &Arn, store: &ObjectStore, seen: &ByArn<'_>) -> Vec<Copy> {
    let versioned = matches!(store.versioning, Observed::Present(Versioning::Enabled));
    let live = Copy {
        id: format!("{}/live", evidence.subject),
        asset: evidence.subject.clone(),
        mechanism: Mechanism::Live,
        domain: domain(evidence, false),
        encryption: encryption(store),
        history: Observed::Absent,
        staleness: Staleness {
            promised: Some(ZERO),
            measured: Some(ZERO),
        },
        lock: Observed::Absent,
        holder: Holder::Bucket {
            arn: arn.clone(),
            overwritable: !versioned,
        },
        bound: None,
        unusable: None,
        unread: None,
        partial: None,
        grade: Grade::Evidenced,
        grounds: vec![ground(evidence, "the bucket exists")],
    };
    let mut copies = Vec::new();
    if !matches!(store.versioning, Observed::Present(Versioning::Never)) {
        copies.push(Copy {
            id: format!("{}/versions", evidence.subject),
            mechanism: Mechanism::Versions,
            history: history(store),
            lock: lock(store),
            grade: Grade::Configured,
            grounds: store_grounds(evidence, store),
            ..live.clone()
        });
    }
    for replica in store.replicas.present().into_iter().flatten() {
        if replica.enabled && replica.bucket != *arn {
            copies.push(object_replica(evidence, replica, seen, &live));
        }
    }
    copies.insert(0, live);
    copies
}

fn encryption(store: &ObjectStore) -> Observed<Encryption> {
    match &store.encryption {
        Observed::Present(text) => Observed::Present(match text.parse::<Arn>() {
            Ok(key) => Encryption::Key(key),
            Err(_) => Encryption::Service,
        }),
        Observed::Absent => Observed::Present(Encryption::Service),
        Observed::Unreadable(why) => Observed::Unreadable(why.clone()),
    }
}

fn lock(store: &ObjectStore) -> Observed<Lock> {
    match &store.lock {
        Observed::Present(lock) => lock.retention.map_or(Observed::Absent, |retention| {
            Observed::Present(Lock {
                mode: retention.mode,
                days: retention.days,
            })
        }),
        Observed::Absent => Observed::Absent,
        Observed::Unreadable(why) => Observed::Unreadable(why.clone()),
    }
}

/// What old versions give: as far back as the strictest rule that may touch any object leaves them.
fn history(store: &ObjectStore) -> Observed<History> {
    let expiries = match (&store.versioning, &store.expiries) {
        (Observed::Present(Versioning::Enabled), Observed::Present(expiries)) => expiries.as_slice(),
        (Observed::Present(Versioning::Enabled), Observed::Absent) => &[],
        (Observed::Unreadable(why), _)
        | (Observed::Present(Versioning::Enabled), Observed::Unreadable(why)) => {
            return Observed::Unreadable(why.clone());
        }
        (Observed::Present(Versioning::Never | Versioning::Suspended) | Observed::Absent, _) => {
            return Observed::Absent;
        }
    };
    let shortest = expiries.iter().filter_map(kept).min();
    Observed::Present(History {
        reach: shortest.map_or(Reach::Unlimited, |days| Reach::For(Duration::from_days(days))),
        spacing: ZERO,
    })
}

/// How many days a rule leaves an old version for certain. A version that was replaced often enough
/// outlives `newer_noncurrent` only by its days, so the count adds nothing that could be relied on.
fn kept(expiry: &Expiry) -> Option<u32> {
    expiry.noncurrent_days
}

fn store_grounds(evidence: &Evidence, store: &ObjectStore) -> Vec<Ground> {
    let mut grounds = vec![ground(
        evidence,
        match &store.versioning {
            Observed::Present(Versioning::Enabled) => "versioning is enabled",
            Observed::Present(Versioning::Suspended) => "versioning is suspended",
            Observed::Present(Versioning::Never) | Observed::Absent => "versioning was never on",
            Observed::Unreadable(_) => "versioning could not be read",
        },
    )];
    grounds.push(ground(
        evidence,
        match history(store) {
            Observed::Present(History {
                reach: Reach::For(reach),
                ..
            }) => format!("old versions are deleted after {reach} at the earliest"),
            Observed::Present(_) => "no rule deletes old versions".to_owned(),
            Observed::Absent => "old versions are not kept".to_owned(),
            Observed::Unreadable(why) => format!("the rules that delete could not be read: {}", why.why),
        },
    ));
    grounds.push(ground(
        evidence,
        match lock(store) {
            Observed::Present(lock) => format!(
                "objects are locked in {:?} mode for {} days",
                lock.mode, lock.days
            ),
            Observed::Absent => "objects are not locked by default".to_owned(),
            Observed::Unreadable(why) => format!("the lock could not be read: {}", why.why),
        },
    ));
    grounds
}

fn object_replica(evidence: &Evidence, replica: &Replica, seen: &ByArn<'_>, live: &Copy) -> Copy {
    let name = replica.bucket.resource();
    let there = seen.get(&replica.bucket).copied();
    let store = there.and_then(|e| match e.facts.present() {
        Some(Facts::ObjectStore(store)) => Some(store.as_ref()),
        _ => None,
    });
    let unseen = || Unreadable {
        action: String::new(),
        why: format!("{name} is not part of this posture, so its settings were not read"),
        denied: false,
    };
    let mut grounds = vec![ground(
        evidence,
        format!(
            "objects are replicated to {name}{}",
            match replica.within_minutes {
                Some(minutes) => format!(" within {minutes} minutes (replication time control)"),
                None => ", without a promised time".to_owned(),
            }
        ),
    )];
    if let (Some(there), Some(store)) = (there, store) {
        grounds.extend(store_grounds(there, store));
    }
    Copy {
        id: format!("{}/replica_{name}", evidence.subject),
        mechanism: Mechanism::ObjectReplica,
        domain: Domain {
            account: replica.account.clone().or_else(|| there.and_then(account_of)),
            region: replica
                .region
                .clone()
                .or_else(|| there.map(|e| e.scope.region.clone())),
            zonal: false,
        },
        encryption: store.map_or_else(|| Observed::Unreadable(unseen()), encryption),
        history: store.map_or_else(|| Observed::Unreadable(unseen()), history),
        staleness: Staleness {
            promised: replica
                .within_minutes
                .map(|m| Duration::from_secs(u64::from(m) * 60)),
            measured: None,
        },
        lock: store.map_or_else(|| Observed::Unreadable(unseen()), lock),
        holder: Holder::Bucket {
            arn: replica.bucket.clone(),
            overwritable: store
                .is_none_or(|s| !matches!(s.versioning, Observed::Present(Versioning::Enabled))),
        },
        partial: (!replica.prefix.is_empty()).then(|| format!("only keys under \"{}\"", replica.prefix)),
        grade: if store.is_some() {
            Grade::Configured
        } else {
            Grade::Unknown
        },
        grounds,
        ..live.clone()
    }
}

/// How far behind something was when it was read.
fn lag(read_at: &str, latest: Option<&str>) -> Option<Duration> {
    let read: Timestamp = read_at.parse().ok()?;
    let latest: Timestamp = latest?.parse().ok()?;
    let seconds = read.duration_since(latest).as_secs().max(0);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}
