//! How long a saved plan may be applied.

use super::Plan;
use crate::diag::{Diagnostic, code};
use crate::live::Timestamp;
use crate::model::Duration;
use serde::{Deserialize, Serialize};

/// How far ahead the clock of the machine that planned may be.
const AHEAD: Duration = Duration::from_secs(5 * 60);

/// From when until when a saved plan may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// When it was saved.
    pub from: Timestamp,
    /// The last moment.
    pub until: Timestamp,
}

impl Validity {
    /// From now on, for so long; as far as times go when it is longer.
    pub fn starting(now: Timestamp, length: Duration) -> Self {
        let seconds = i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
        let until = now
            .checked_add(jiff::SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX);
        Self { from: now, until }
    }
}

/// Whether a saved plan may be applied now; the clock is the caller's.
///
/// # Errors
/// When it is too old, or comes from the future.
pub fn timely(plan: &Plan, now: Timestamp) -> Result<(), Diagnostic> {
    let Some(validity) = plan.validity else {
        return Ok(());
    };
    if now > validity.until {
        return Err(Diagnostic::error(
            code::BAD_PLAN,
            format!(
                "The plan was saved at {:.0} and was valid until {:.0}; it is {now:.0} now.",
                validity.from, validity.until
            ),
        )
        .remedy("Make a new one with `backstay plan -out FILE`; -valid-for says how long one may wait."));
    }
    let ahead = validity.from.duration_since(now).as_secs();
    if u64::try_from(ahead).is_ok_and(|ahead| ahead > AHEAD.as_secs()) {
        return Err(Diagnostic::error(
            code::BAD_PLAN,
            format!(
                "The plan was saved at {:.0}, and here it is only {now:.0}.",
                validity.from
            ),
        )
        .remedy(
            "The clock of this machine or of the one that planned is off: set it right, then plan again.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn plan(validity: Option<Validity>) -> Plan {
        let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "project": "p", "read_at": "2026-03-01T12:00:00Z", "accounts": {}, "entrances": [],
            "changes": [], "steps": [], "unchanged": 0, "outputs": {}
        }))
        .unwrap();
        plan.validity = validity;
        plan
    }

    #[test]
    fn a_plan_is_valid_from_its_making_to_its_end() {
        let made = at("2026-03-01T12:00:00Z");
        let plan = plan(Some(Validity::starting(made, Duration::from_secs(3600))));
        assert!(timely(&plan, made).is_ok());
        assert!(timely(&plan, at("2026-03-01T13:00:00Z")).is_ok());
        let late = timely(&plan, at("2026-03-01T13:00:01Z")).unwrap_err();
        assert!(
            late.detail.contains("valid until 2026-03-01T13:00:00Z"),
            "{}",
            late.detail
        );
        // A few minutes are nobody's fault.
        assert!(timely(&plan, at("2026-03-01T11:55:00Z")).is_ok());
        let early = timely(&plan, at("2026-03-01T11:54:59Z")).unwrap_err();
        assert!(early.remedy.unwrap().contains("clock"));
    }

    #[test]
    fn a_plan_without_an_end_has_none() {
        assert!(timely(&plan(None), at("2036-01-01T00:00:00Z")).is_ok());
        let endless = Validity::starting(at("2026-03-01T12:00:00Z"), Duration::from_secs(u64::MAX));
        assert_eq!(endless.until, Timestamp::MAX);
    }
}
