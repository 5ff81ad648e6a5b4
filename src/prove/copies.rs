//! From facts to copies: every way in which the data of an asset exists.

use super::copy::{
    Copy, Domain, Encryption, Grade, Ground, Growing, History, Holder, Mechanism, Reach, Staleness,
};
use super::objects;
use crate::model::fact::{BackupReplica, Database, Evidence, Facts};
use crate::model::{AccountId, Arn, Duration, Observed, Unreadable};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Logs leave the instance every five minutes (RDS User Guide, "Restoring to a specified time").
const LOG_INTERVAL: Duration = Duration::from_secs(300);
/// Three times that, and they have stopped.
const LATE: Duration = Duration::from_secs(900);
pub(super) const ZERO: Duration = Duration::from_secs(0);

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
        Facts::ObjectStore(store) => Some(Ok(objects::of_store(evidence, arn, store, seen))),
        Facts::Database(database) => Some(Ok(of_database(evidence, arn, database))),
        _ => None,
    }
}

pub(super) fn ground(evidence: &Evidence, says: impl Into<String>) -> Ground {
    Ground {
        says: says.into(),
        source: evidence.source(),
        read_at: evidence.read_at.clone(),
    }
}

/// Whose it is: a bucket's name says nothing about that, an ARN of anything else does.
pub(super) fn account_of(evidence: &Evidence) -> Option<AccountId> {
    match evidence.store() {
        Some(store) => Some(store.account.clone()),
        None => evidence.arn.as_ref().and_then(Arn::account),
    }
}

pub(super) fn domain(evidence: &Evidence, zonal: Option<bool>) -> Domain {
    Domain {
        account: account_of(evidence),
        region: Some(evidence.scope.region.clone()),
        zonal,
    }
}

fn of_database(evidence: &Evidence, arn: &Arn, db: &Database) -> Vec<Copy> {
    let encryption = encryption(db);
    let id = |what: &str| format!("{}/{what}", evidence.subject);
    let live = Copy {
        id: id("live"),
        asset: evidence.subject.clone(),
        mechanism: Mechanism::Live,
        domain: domain(evidence, Some(!db.multi_az)),
        encryption: encryption.clone(),
        history: Observed::Absent,
        staleness: Staleness {
            promised: Some(ZERO),
            measured: Some(ZERO),
            expected: Some(ZERO),
        },
        lock: Observed::Absent,
        holder: Holder::Database { arn: arn.clone() },
        bound: None,
        unusable: sealed(db).or_else(|| failed(db)),
        unknown: None,
        partial: None,
        ended: None,
        growing: None,
        replaced_days: None,
        other_keys: BTreeSet::new(),
        prefix: String::new(),
        copied_from: None,
        owner: Observed::Absent,
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
            domain: domain(evidence, Some(false)),
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
            copies.extend(
                replicas
                    .iter()
                    .map(|r| backup_replica(evidence, arn, db, r, &live)),
            );
        }
        Observed::Absent => {}
        Observed::Unreadable(why) => {
            let unread = objects::unread(evidence, &live, Mechanism::BackupReplica, "replicas", why);
            copies.push(unread);
        }
    }
    copies.insert(0, live);
    copies
}

/// What a database is under. Encryption without a key that was told is under one that nobody knows.
fn encryption(db: &Database) -> Observed<Encryption> {
    match (&db.key, db.encrypted) {
        (Some(key), true) => Observed::Present(Encryption::Key(key.clone())),
        (None, true) => Observed::Unreadable(Unreadable {
            action: "rds:DescribeDBInstances".into(),
            why: "it is encrypted, and under which key was not told".into(),
            denied: false,
        }),
        (_, false) => Observed::Present(Encryption::Service),
    }
}

/// An instance that RDS has given up, or is deleting. Its backups are another matter.
fn failed(db: &Database) -> Option<String> {
    // RDS User Guide, "Viewing Amazon RDS DB instance status": what is to be restored from a backup, and what goes.
    const STATES: [&str; 5] = [
        "failed",
        "restore-error",
        "incompatible-restore",
        "insufficient-capacity",
        "deleting",
    ];
    STATES
        .contains(&db.status.as_str())
        .then(|| format!("the database is {}: it serves nobody", db.status))
}

/// A database whose key RDS could not use any more: it is stopped, and nothing of its own backups can be restored.
fn sealed(db: &Database) -> Option<String> {
    const STATES: [&str; 2] = [
        "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable",
    ];
    STATES.contains(&db.status.as_str()).then(|| {
        format!(
            "the database is {}: RDS cannot use its key, and has stopped it",
            db.status
        )
    })
}

/// Backups are made daily: a window that lacks less than a day of its retention may have stopped growing.
const ROTATION: Duration = Duration::from_days(1);
/// The first backup is made when an instance is, and takes its time.
const FIRST: Duration = Duration::from_secs(3600);

/// How far back backups go that are kept for so long, and what is still to come. A retention says what is kept from now
/// on; only the window says what is there.
fn window(
    evidence: &Evidence,
    promised: Duration,
    earliest: &str,
    created: Option<&str>,
) -> (Observed<History>, Option<Growing>) {
    let unreadable = || {
        Observed::Unreadable(Unreadable {
            action: WINDOW.into(),
            why: format!("the oldest restorable moment is no time: {earliest}"),
            denied: false,
        })
    };
    let Some(there) = lag(&evidence.read_at, Some(earliest)) else {
        return (unreadable(), None);
    };
    // What is younger than its retention and was backed up from the beginning has no older state.
    let whole_life = lag(earliest, created).is_some_and(|unprotected| unprotected <= FIRST);
    let reach = if whole_life { promised } else { there.min(promised) };
    let almost =
        there >= ROTATION && there.as_secs().saturating_add(ROTATION.as_secs()) >= promised.as_secs();
    let growing = (reach < promised && !almost).then(|| Growing {
        to: promised,
        since: earliest.to_owned(),
    });
    (Observed::Present(History::even(Reach::For(reach), ZERO)), growing)
}

const WINDOW: &str = "rds:DescribeDBInstanceAutomatedBackups";

fn unnamed(what: &str) -> Observed<History> {
    Observed::Unreadable(Unreadable {
        action: WINDOW.into(),
        why: format!("{what} was not told"),
        denied: false,
    })
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
    // RDS has no event for backups that fail: that they have stopped shows in this alone.
    let late = behind.is_none_or(|behind| behind > LATE);
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
    let promised = Duration::from_days(db.retention_days);
    let (history, growing) = match &db.earliest_restorable {
        Observed::Present(earliest) => {
            let says = format!("the oldest restorable moment is {earliest} (RestoreWindow.EarliestTime)");
            grounds.push(ground(evidence, says));
            window(evidence, promised, earliest, db.created.as_deref())
        }
        Observed::Absent => (unnamed("the oldest restorable moment"), None),
        Observed::Unreadable(why) => (Observed::Unreadable(why.clone()), None),
    };
    Copy {
        id: format!("{}/point_in_time", evidence.subject),
        mechanism: Mechanism::PointInTime,
        domain: domain(evidence, Some(false)),
        encryption,
        history,
        growing,
        // The promise holds while the instance serves; a stopped one ships no logs, and writes none.
        staleness: Staleness {
            promised: (db.status == "available" && !late).then_some(LOG_INTERVAL),
            measured: behind,
            // Every moment up to the newest is there, however long nothing has come after it.
            expected: None,
        },
        holder: Holder::Backups {
            database: arn.clone(),
            region: evidence.scope.region.clone(),
        },
        bound: Some(
            "deleting the instance keeps its automated backups only when that is asked for (DeleteAutomatedBackups=false)"
                .into(),
        ),
        unusable: sealed(db).or_else(|| {
            let says = "no moment can be restored yet (LatestRestorableTime is absent)";
            db.latest_restorable.is_none().then(|| says.to_owned())
        }),
        unknown: (db.status == "deleting")
            .then(|| "whether its automated backups are kept when it is deleted was decided by whoever deletes it".to_owned())
            .or_else(|| undated(&evidence.read_at, db.latest_restorable.as_deref())),
        grade: if late { Grade::Configured } else { Grade::Evidenced },
        grounds,
        ..live.clone()
    }
}

fn backup_replica(
    evidence: &Evidence,
    arn: &Arn,
    db: &Database,
    replica: &BackupReplica,
    live: &Copy,
) -> Copy {
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
        let earliest = replica.earliest.as_deref().unwrap_or("not told");
        grounds.push(ground(
            evidence,
            format!(
                "the newest restorable moment in {region} is {latest}, the oldest is {earliest} (RestoreWindow)"
            ),
        ));
    }
    let (history, growing) = match (replica.retention_days, &replica.earliest) {
        (Some(days), Some(earliest)) => window(
            evidence,
            Duration::from_days(days),
            earliest,
            db.created.as_deref(),
        ),
        (None, _) => (unnamed("the retention of the copy"), None),
        (_, None) => (unnamed("the oldest restorable moment of the copy"), None),
    };
    Copy {
        id: format!("{}/backups_{region}", evidence.subject),
        mechanism: Mechanism::BackupReplica,
        domain: Domain {
            account: account_of(evidence),
            region: Some(region.clone()),
            zonal: Some(false),
        },
        encryption: match &replica.key {
            Some(key) => Observed::Present(Encryption::Key(key.clone())),
            None if db.encrypted => Observed::Unreadable(Unreadable {
                action: WINDOW.into(),
                why: "under which key the copy is was not told".into(),
                denied: false,
            }),
            None => Observed::Present(Encryption::Service),
        },
        history,
        growing,
        unusable: not_begun(replica),
        unknown: undated(&evidence.read_at, replica.latest.as_deref()),
        // There is no promise for this copy: what counts is what was measured.
        staleness: Staleness {
            promised: None,
            measured: behind,
            expected: None,
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

/// Why nobody knows what the newest restorable moment is, where one is named.
fn undated(read_at: &str, latest: Option<&str>) -> Option<String> {
    let odd = latest.filter(|latest| lag(read_at, Some(latest)).is_none())?;
    Some(format!(
        "its newest restorable moment is no time before {read_at}: {odd}"
    ))
}

/// Why nothing can be restored from a copy of backups that has not been made yet.
fn not_begun(replica: &BackupReplica) -> Option<String> {
    let begins = ["pending", "creating"].contains(&replica.status.to_ascii_lowercase().as_str());
    let region = &replica.region;
    match (begins, &replica.latest) {
        (true, _) => Some(format!(
            "the copy in {region} is {}: nothing has arrived yet",
            replica.status
        )),
        (false, None) => Some(format!(
            "nothing can be restored in {region} (RestoreWindow is absent)"
        )),
        (false, Some(_)) => None,
    }
}

/// How far behind something was when it was read. `None` for no time, and for one that had not come: AWS answers nobody whose
/// clock is off by so much.
pub(super) fn lag(read_at: &str, latest: Option<&str>) -> Option<Duration> {
    let read: Timestamp = read_at.parse().ok()?;
    let latest: Timestamp = latest?.parse().ok()?;
    let seconds = read.duration_since(latest).as_secs();
    let has_come = seconds.unsigned_abs() <= LATE.as_secs() || seconds > 0;
    let behind = u64::try_from(seconds.max(0)).ok().map(Duration::from_secs);
    behind.filter(|_| has_come)
}
