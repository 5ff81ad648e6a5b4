//! Whether a rule that runs at other moments protects less. What cannot be compared weakens.

use super::cron::{self, Schedule};
use crate::model::{Duration, Judgement};

/// Names of the zone that knows no summer time, under which a schedule means the same.
const UTC: &[&str] = &["Etc/GMT", "Etc/UCT", "Etc/UTC", "GMT", "UCT", "UTC", "Zulu"];

/// Minutes as HCL writes them.
pub(super) fn shown(minutes: u32) -> String {
    Duration::from_secs(u64::from(minutes) * 60).to_string()
}

/// More is only what runs whenever the other did. At other moments, however often, once more time may lie
/// between two recovery points than before: between the last by the old schedule and the first by the new one.
pub(super) fn schedule(before: &str, after: &str) -> Judgement {
    let (before, after) = match (cron::parse(before), cron::parse(after)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(why), _) | (_, Err(why)) => {
            return Judgement::incomparable(format!(
                "it cannot be said how far recovery points lie apart: {why}"
            ));
        }
    };
    match (after.takes_in(&before), before.takes_in(&after)) {
        (true, true) => Judgement::neutral(),
        (true, false) => Judgement::strengthens(),
        (false, less) => Judgement::weakens(missed(&before, &after)).or_more(!less),
    }
}

fn missed(before: &Schedule, after: &Schedule) -> String {
    let longest = |schedule: &Schedule| schedule.gaps().map(|(longest, _)| longest);
    match (longest(before), longest(after)) {
        (Some(before), Some(after)) if after > before => format!(
            "recovery points lie farther apart, {} at most where it was {}",
            shown(after),
            shown(before)
        ),
        (_, None) => "it does not go on, so that some day no recovery points are made any more".to_owned(),
        _ if before.takes_in(after) => "fewer recovery points are made".to_owned(),
        _ => "it runs at other moments: once, more time lies between the last recovery point by the old schedule \
              and the first by the new one than either leaves"
            .to_owned(),
    }
}

/// The same hours elsewhere are other moments.
pub(super) fn zone(before: &str, after: &str) -> Judgement {
    if UTC.contains(&before) && UTC.contains(&after) {
        return Judgement::neutral();
    }
    let summer = if UTC.contains(&after) {
        ""
    } else {
        ", and where the clock is put back an hour more lies between two recovery points"
    };
    Judgement::incomparable(format!(
        "the same hours are other moments there: once, more time may lie between two recovery points{summer}"
    ))
}

/// Neither is more: a short one gives jobs up, a long one lets recovery points age.
pub(super) fn start_window(before: u32, after: u32) -> Judgement {
    if after < before {
        let after = shown(after);
        Judgement::incomparable(format!(
            "a job that could not start within {after} is given up, and its recovery point is missing"
        ))
    } else {
        let later = shown(after.saturating_sub(before));
        Judgement::incomparable(format!(
            "a job may start {later} later, so that at worst as much more is lost"
        ))
    }
}

/// As [`start_window`].
pub(super) fn completion_window(before: u32, after: u32) -> Judgement {
    if after < before {
        let after = shown(after);
        Judgement::incomparable(format!(
            "a job that is not done within {after} is given up, and its recovery point is missing"
        ))
    } else {
        let later = shown(after.saturating_sub(before));
        Judgement::incomparable(format!(
            "a recovery point may be done {later} later, so that at worst as much more is lost"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Direction::{self, Neutral, Strengthens, Weakens};

    #[test]
    fn schedules() {
        let table: &[(&str, &str, Direction, &str)] = &[
            ("cron(0 3 ? * * *)", "cron(0 * ? * * *)", Strengthens, ""),
            ("cron(0 3 ? * * *)", "cron(0 3 * * ? *)", Neutral, ""),
            (
                "cron(0 3 ? * * *)",
                "cron(0 3 ? * MON *)",
                Weakens,
                "7d at most where it was 1d",
            ),
            // The longest gap stays, from December to January.
            (
                "cron(0 3 L * ? *)",
                "cron(0 3 L JAN,MAR-DEC ? *)",
                Weakens,
                "lie farther apart",
            ),
            (
                "cron(0 3,4 ? * MON-FRI *)",
                "cron(0 3 ? * MON-FRI *)",
                Weakens,
                "lie farther apart",
            ),
            ("cron(0 3,9,15 ? * * *)", "cron(0 3,15 ? * * *)", Weakens, "fewer"),
            (
                "cron(0 3 ? * * *)",
                "cron(0 4 ? * * *)",
                Weakens,
                "at other moments",
            ),
            (
                "cron(0 3 ? * * *)",
                "cron(30 * ? * * *)",
                Weakens,
                "at other moments",
            ),
            (
                "cron(0 3 ? * * *)",
                "cron(0 3 ? * * 2030)",
                Weakens,
                "does not go on",
            ),
            ("cron(0 3 ? * * 2030)", "cron(0 3 ? * * *)", Strengthens, ""),
            (
                "cron(0 3 15W * ? *)",
                "cron(0 * ? * * *)",
                Weakens,
                "cannot be said",
            ),
            ("rate(1 day)", "cron(0 3 ? * * *)", Weakens, "cannot be said"),
        ];
        for (before, after, direction, why) in table {
            let judged = schedule(before, after);
            assert_eq!(judged.direction, *direction, "{before} {after}");
            assert!(
                judged.reason.unwrap_or_default().contains(why),
                "{before} {after}"
            );
        }
    }

    #[test]
    fn zones_and_windows() {
        assert_eq!(zone("UTC", "Etc/UTC"), Judgement::neutral());
        let says = |judged: Judgement, why: &str| {
            assert_eq!(judged.direction, Weakens);
            assert!(
                judged.reason.clone().unwrap_or_default().contains(why),
                "{judged:?}"
            );
        };
        says(zone("Etc/UTC", "Europe/Zurich"), "put back");
        says(zone("Europe/Zurich", "Etc/UTC"), "other moments");
        says(start_window(480, 60), "within 1h is given up");
        says(start_window(60, 480), "7h later");
        says(completion_window(600, 120), "within 2h is given up");
        says(completion_window(120, 600), "8h later");
    }
}
