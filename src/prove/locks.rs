//! What a bucket's default retention covers: what was written since there is one, for as long as it lasts.

use super::copies::lag;
use super::copy::Lock;
use crate::diag::escape;
use crate::model::fact::{Evidence, LockMode, ObjectStore, Retention};
use crate::model::{Duration, Observed, Unreadable};

/// Retention is counted from when an upload ends, and a version is as old as its beginning.
const A_DAY: Duration = Duration::from_days(1);

/// The lock of what lies in a bucket, by its settings and by the retention of its objects. One from before the lock is
/// one too many: then there is no lock.
pub(super) fn of(there: &Evidence, store: &ObjectStore) -> Observed<Lock> {
    match configured(store) {
        Observed::Present(lock) => shown(lock, there, store),
        other => other,
    }
}

/// By the settings alone.
pub(super) fn configured(store: &ObjectStore) -> Observed<Lock> {
    match &store.lock {
        Observed::Present(lock) => lock.retention.map_or(Observed::Absent, |retention| {
            Observed::Present(Lock {
                mode: retention.mode,
                days: retention.days,
                contents_days: contents_days(store),
            })
        }),
        Observed::Absent => Observed::Absent,
        Observed::Unreadable(why) => Observed::Unreadable(why.clone()),
    }
}

/// A lock that is said to be on what lies in a bucket, by what its objects show.
pub(super) fn shown(lock: Lock, there: &Evidence, store: &ObjectStore) -> Observed<Lock> {
    match bare(&lock, there, store) {
        Ok(None) => Observed::Present(lock),
        Ok(Some(_)) => Observed::Absent,
        Err(why) => Observed::Unreadable(why),
    }
}

/// What was seen of the lock, for people.
pub(super) fn said(there: &Evidence, store: &ObjectStore) -> String {
    let lock = match configured(store) {
        Observed::Present(lock) => lock,
        Observed::Absent => return "objects are not locked by default".to_owned(),
        Observed::Unreadable(why) => return format!("the lock could not be read: {}", why.why),
    };
    let says = format!(
        "objects are locked in {:?} mode for {} days",
        lock.mode, lock.days
    );
    match bare(&lock, there, store) {
        Ok(None) => says,
        Ok(Some(bare)) => format!(
            "new {says}, but {} of {} is not so: what was there before the lock is not covered \
             (aws s3api put-object-retention)",
            escape::quoted(&escape::shortened(&bare.key)),
            bare.written
        ),
        Err(why) => format!("new {says}; since when could not be read: {}", why.why),
    }
}

/// A version that the lock should cover and does not.
fn bare<'a>(
    lock: &Lock,
    there: &Evidence,
    store: &'a ObjectStore,
) -> Result<Option<&'a Retention>, Unreadable> {
    let retentions = match &store.retentions {
        Some(Observed::Present(retentions)) => retentions,
        Some(Observed::Absent) => return Ok(None),
        Some(Observed::Unreadable(why)) => return Err(why.clone()),
        None => {
            return Err(Unreadable {
                action: "s3:GetObjectRetention".into(),
                why: "nobody looked since when objects have been locked".into(),
                denied: false,
            });
        }
    };
    let lasts = Duration::from_days(lock.days);
    let young = |r: &&Retention| lag(&there.read_at, Some(&r.written)).is_none_or(|age| age < lasts);
    Ok(retentions.iter().filter(young).find(|r| !covered(r, lock)))
}

/// Whether a version is kept as well and as long as the lock says.
fn covered(retention: &Retention, lock: &Lock) -> bool {
    let strict = match lock.mode {
        LockMode::Compliance => retention.mode == Some(LockMode::Compliance),
        LockMode::Governance => retention.mode.is_some(),
    };
    let kept = retention
        .until
        .as_deref()
        .and_then(|until| lag(until, Some(&retention.written)));
    strict
        && kept
            .is_some_and(|kept| kept.as_secs() + A_DAY.as_secs() >= Duration::from_days(lock.days).as_secs())
}

/// The days after which no object is current any more, whatever its key; `None` when some may stay.
pub(super) fn contents_days(store: &ObjectStore) -> Option<u32> {
    let rules = store.expiries.present().into_iter().flatten();
    let everywhere = rules.filter(|e| e.prefix.is_empty() && !e.narrowed);
    everywhere.filter_map(|e| e.current_days).min()
}
