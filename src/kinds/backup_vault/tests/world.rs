//! A vault that does what it is told: what AWS Backup shows after our writes.

use crate::kinds::backup_vault::BackupVault;
use crate::kinds::backup_vault::closing::{Locking, days};
use crate::kinds::backup_vault::live::{LiveLock, LiveVault};
use crate::kinds::backup_vault::write::Op;
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::tests::world::{World, tags_of};
use crate::model::{Arn, Observed};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// When everything is seen and written.
pub(super) const NOW: &str = "2026-11-21T12:00:00Z";
/// When a lock was closed long ago.
pub(super) const LONG_AGO: &str = "2020-01-01T00:00:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn created(key: Option<Arn>, air_gap: Option<(u32, u32)>, tags: BTreeMap<String, String>) -> LiveVault {
    LiveVault {
        name: "acme".into(),
        arn: "arn:aws:backup:us-east-1:111111111111:backup-vault:acme"
            .parse()
            .unwrap(),
        air_gapped: air_gap.is_some(),
        key,
        key_seen: None,
        key_wanted: None,
        lock: air_gap.map(|(min, max)| LiveLock {
            closes: Some(at(LONG_AGO)),
            closed: true,
            seen: Some(at(NOW)),
            min: Some(min),
            max: Some(max),
        }),
        policy: Observed::Absent,
        points: Some(0),
        holds: None,
        tags: Observed::Present(tags),
    }
}

impl World for BackupVault {
    fn used(live: LiveVault) -> LiveVault {
        LiveVault {
            points: Some(3),
            ..live
        }
    }

    fn write(live: Option<LiveVault>, op: &Op) -> LiveVault {
        if let Op::Create { key, air_gap, tags } = op {
            return live.unwrap_or_else(|| created(key.clone(), *air_gap, tags.clone()));
        }
        let mut live = live.expect("a vault that was created");
        match op.clone() {
            Op::Create { .. } => {}
            Op::PutPolicy { document } => live.policy = Observed::Present(document),
            Op::RemovePolicy => live.policy = Observed::Absent,
            Op::Lock { min, max, locking } => {
                let closed = live.lock.as_ref().is_some_and(|l| l.closed);
                assert!(!closed, "AWS Backup refuses to change a lock that is closed");
                let days = match locking {
                    Locking::Governance => None,
                    Locking::Compliance { grace, by } => Some(days(grace, by, at(NOW))),
                };
                assert!(
                    days.is_none_or(|days| days >= 3),
                    "AWS Backup takes no fewer days"
                );
                live.lock = Some(LiveLock {
                    closes: days.map(|days| at(NOW) + SignedDuration::from_hours(24 * i64::from(days))),
                    closed: false,
                    seen: Some(at(NOW)),
                    min,
                    max,
                });
            }
            Op::Tag { tags } => tags_of(&mut live.tags).extend(tags),
            Op::Untag { .. } => tags_of(&mut live.tags).retain(|k, _| k != PROJECT_TAG && k != GUARD_TAG),
        }
        live
    }
}
