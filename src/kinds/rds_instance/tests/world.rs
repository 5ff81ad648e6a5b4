//! A database that does what it is told: what RDS shows after our writes.

use super::live;
use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::rds_instance::live::{LiveInstance, LiveReplica};
use crate::kinds::rds_instance::write::Copy;
use crate::kinds::rds_instance::{Op, RdsInstance};
use crate::kinds::tests::world::World;
use crate::model::Observed;

/// What RDS keeps of a copy where nobody said how long.
pub(super) const DEFAULT_DAYS: u32 = 7;

/// The regions that are looked at.
pub(super) const REGIONS: [&str; 2] = ["us-west-2", "eu-west-1"];

impl World for RdsInstance {
    fn found() -> Option<LiveInstance> {
        let mut found = live();
        found.replicas = REGIONS
            .iter()
            .map(|r| (r.parse().unwrap(), Observed::Absent))
            .collect();
        Some(found)
    }

    fn write(live: Option<LiveInstance>, op: &Op) -> LiveInstance {
        let mut live = live.expect("backstay creates no database");
        match op.clone() {
            Op::Protect {
                deletion_protection,
                copy_tags,
            } => {
                live.deletion_protection = deletion_protection.unwrap_or(live.deletion_protection);
                live.copy_tags = copy_tags.unwrap_or(live.copy_tags);
            }
            Op::Backups { retention, window } => {
                assert!(live.pending.is_empty(), "applied at once, with all that waits");
                if let Some(days) = retention {
                    live.retention_days = days;
                    live.pending_retention = None;
                }
                live.window = window.unwrap_or(live.window);
            }
            Op::StartCopy(copy) => {
                let there = live.replicas.get(&copy.region);
                if there.and_then(Observed::present).is_none() {
                    started(&mut live, copy);
                }
            }
            Op::ReplaceCopy(copy) => started(&mut live, copy),
            Op::StopCopy { region, .. } => drop(live.replicas.insert(region, Observed::Absent)),
            Op::Tag { tags, .. } => live.tags.extend(tags),
            Op::Untag { .. } => live.tags.retain(|k, _| k != PROJECT_TAG && k != GUARD_TAG),
        }
        live
    }
}

fn started(live: &mut LiveInstance, copy: Copy) {
    // A start without backups, or of an encrypted instance without a key, is refused; the copy stays away.
    let days = live.pending_retention.unwrap_or(live.retention_days);
    let refused = days == 0 || (live.encrypted && copy.key.is_none());
    let seen = if refused {
        Observed::Absent
    } else {
        Observed::Present(LiveReplica {
            earliest: None,
            retention_days: Some(copy.retention.unwrap_or(DEFAULT_DAYS)),
            status: "replicating".into(),
            latest: None,
            key: copy.key,
        })
    };
    live.replicas.insert(copy.region, seen);
}
