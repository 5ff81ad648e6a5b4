//! When a compliance lock closes for good. AWS Backup counts its time of grace anew with every write.

use super::live::LiveLock;
use super::spec::{LEAST_GRACE, LockBlock, Mode};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a clock here may differ from that of AWS, which takes no signature of one that is off by more, and what passes
/// between a plan and its writes.
const MARGIN: SignedDuration = SignedDuration::from_mins(60);

/// Who can take a lock back once it is written, and until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locking {
    /// Whoever may delete the lock's configuration, for ever.
    Governance,
    /// Whoever may, while the time of grace lasts, and then nobody.
    Compliance {
        /// Days of grace, counted from the write.
        grace: u32,
        /// Where there is such a lock: the time after which it must not close.
        by: Option<Timestamp>,
    },
}

/// The day of a time, in UTC.
pub(super) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn after(from: Timestamp, days: u32) -> Timestamp {
    let grace = SignedDuration::from_hours(24 * i64::from(days));
    from.saturating_add(grace).unwrap_or(Timestamp::MAX)
}

/// Days of grace to ask for at `now`: those that are left until `by`, in whole days, where that is sooner. Fewer
/// than [`LEAST_GRACE`] AWS Backup does not take.
pub(super) fn days(grace: u32, by: Option<Timestamp>, now: Timestamp) -> u32 {
    let left = |by: Timestamp| u32::try_from(by.duration_since(now).as_hours() / 24).unwrap_or(0);
    by.map_or(grace, |by| left(by).min(grace))
}

/// Whether a lock closes later than one would that was written when it was seen. The time of grace is counted from
/// the write, and nobody knows when that was: one that closes sooner was written before.
pub(super) fn is_late(grace: u32, live: &LiveLock) -> bool {
    match (live.closes, live.seen) {
        (Some(closes), Some(seen)) => {
            let by = after(seen, grace).saturating_add(MARGIN);
            day(closes) > day(by.unwrap_or(Timestamp::MAX))
        }
        _ => false,
    }
}

impl Locking {
    /// What a block asks for; `None` for a compliance lock without a time of grace, which only an air-gapped vault has.
    pub(super) fn wanted(lock: &LockBlock, live: Option<&LiveLock>) -> Option<Self> {
        match lock.mode {
            Mode::Governance => Some(Self::Governance),
            Mode::Compliance => lock.grace.map(|grace| Self::Compliance {
                grace: grace.get(),
                by: live.and_then(by),
            }),
        }
    }

    /// When it would close, were it written when `live` was seen. Never in governance mode.
    pub(super) fn closes(&self, live: &LiveLock) -> Option<Timestamp> {
        match self {
            Self::Governance => None,
            Self::Compliance { grace, by } => {
                let seen = live.seen?;
                Some(after(seen, days(*grace, *by, seen)))
            }
        }
    }

    /// Whether a lock is in this mode and closes no later than one that is written now.
    pub(super) fn is_met_by(&self, live: &LiveLock) -> bool {
        match self {
            Self::Governance => live.closes.is_none(),
            Self::Compliance { grace, .. } => live.closes.is_some() && !is_late(*grace, live),
        }
    }
}

/// The time after which a lock that is there must not close: never later than it does, save that AWS Backup takes no
/// fewer days than [`LEAST_GRACE`], and another may pass until the write.
fn by(live: &LiveLock) -> Option<Timestamp> {
    let closes = live.closes?;
    let soon = |seen: &Timestamp| {
        let write = seen.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        days(u32::MAX, Some(closes), write) < LEAST_GRACE
    };
    Some(match live.seen.filter(soon) {
        Some(seen) => after(seen, LEAST_GRACE + 1),
        None => closes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_left_is_asked_for_and_never_more() {
        for (grace, by, expected) in [
            (300, None, 300),
            (300, Some("2027-11-21T12:00:00Z"), 300),
            (300, Some("2026-12-01T12:00:00Z"), 10),
            // Part of a day is dropped, so that it does not close later.
            (300, Some("2026-12-01T11:59:59Z"), 9),
            (7, Some("2026-12-01T12:00:00Z"), 7),
            (7, Some("2026-11-23T12:00:00Z"), 2),
            (7, Some("2026-11-01T12:00:00Z"), 0),
        ] {
            assert_eq!(days(grace, by.map(at), at(NOW)), expected, "{grace} by {by:?}");
        }
    }

    #[test]
    fn a_lock_that_is_left_alone_is_never_late() {
        let lock = |closes: &str| LiveLock {
            closes: Some(at(closes)),
            closed: false,
            seen: Some(at(NOW)),
            min: None,
            max: None,
        };
        for (closes, late) in [
            // Written now by a clock that is ahead, then days before.
            ("2026-12-21T12:04:00Z", false),
            ("2026-12-21T12:00:00Z", false),
            ("2026-12-01T12:00:00Z", false),
            ("2026-11-21T12:00:01Z", false),
            ("2026-12-22T12:00:00Z", true),
            ("2027-09-17T12:00:00Z", true),
        ] {
            assert_eq!(is_late(30, &lock(closes)), late, "{closes}");
        }
    }
}
