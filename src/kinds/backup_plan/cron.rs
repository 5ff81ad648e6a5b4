//! How long a schedule leaves between two starts.
//!
//! AWS's cron has six fields: minutes, hours, day of month, month, day of week, year; one of the two days is `?`.

use std::collections::BTreeSet;

const DAY: u32 = 24 * 60;
/// Days after which every pattern of weekdays and dates that is allowed here has shown its longest gap, leap days
/// between 2096 and 2104 apart: eight years from the start of 2024.
const DAYS: u32 = 8 * 366;
const EPOCH: (u32, u32) = (2024, 1); // 2024-01-01 was a Monday.

/// Why a schedule cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSchedule(String);

fn bad(why: impl Into<String>) -> BadSchedule {
    BadSchedule(why.into())
}

/// A schedule that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Days,
    months: BTreeSet<u32>,
    years: Option<BTreeSet<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(BTreeSet<u32>),
    /// The month's last day.
    Last,
    /// 1 is Sunday.
    OfWeek(BTreeSet<u32>),
    /// The nth such weekday of the month.
    Nth(u32, u32),
    /// The last such weekday of the month.
    LastOfWeek(u32),
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

fn number(text: &str, names: &[&str]) -> Result<u32, BadSchedule> {
    let named = names.iter().position(|n| n.eq_ignore_ascii_case(text));
    match named.and_then(|n| u32::try_from(n + 1).ok()) {
        Some(n) => Ok(n),
        None => text.parse().map_err(|_| bad(format!("\"{text}\" is no number"))),
    }
}

fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Result<BTreeSet<u32>, BadSchedule> {
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step, &[])?)),
            None => (part, None),
        };
        if step == Some(0) {
            return Err(bad(format!("\"{part}\" never moves on")));
        }
        let (from, to) = match range {
            "*" | "?" => (low, high),
            range => match range.split_once('-') {
                Some((from, to)) => (number(from, names)?, number(to, names)?),
                None => {
                    let from = number(range, names)?;
                    (from, if step.is_some() { high } else { from })
                }
            },
        };
        if from < low || to > high {
            return Err(bad(format!("\"{part}\" lies outside of {low} to {high}")));
        }
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(1);
        if from <= to {
            all.extend((from..=to).step_by(step));
        } else {
            // FRI-MON goes round.
            all.extend((from..=high).chain(low..=to).step_by(step));
        }
    }
    Ok(all)
}

/// Reads `cron(0 5 ? * * *)`.
///
/// # Errors
/// When it is not AWS's cron, or says something that the calculation does not know (`W`).
pub fn parse(text: &str) -> Result<Schedule, BadSchedule> {
    let inner = text
        .trim()
        .strip_prefix("cron(")
        .and_then(|t| t.strip_suffix(')'));
    let inner =
        inner.ok_or_else(|| bad("it is not of the form cron(minutes hours day month weekday year)"))?;
    let fields: Vec<_> = inner.split_whitespace().collect();
    let [minutes, hours, day, month, weekday, year] = fields.as_slice() else {
        return Err(bad(format!("it has {} fields; AWS's cron has six", fields.len())));
    };
    let days = match (*day, *weekday) {
        ("?", "?") => return Err(bad("day of month and day of week cannot both be ?")),
        ("?", "*") | ("*", "?" | "*") => Days::OfMonth((1..=31).collect()),
        ("?", weekday) => match (weekday.split_once('#'), weekday.strip_suffix(['L', 'l'])) {
            (Some((weekday, nth)), _) => {
                let (weekday, nth) = (number(weekday, WEEKDAYS)?, number(nth, &[])?);
                if !(1..=7).contains(&weekday) || !(1..=5).contains(&nth) {
                    return Err(bad("there is no such weekday of a month"));
                }
                Days::Nth(weekday, nth)
            }
            (None, Some("")) => Days::OfWeek(BTreeSet::from([7])),
            (None, Some(last)) => Days::LastOfWeek(number(last, WEEKDAYS)?),
            (None, None) => Days::OfWeek(field(weekday, 1, 7, WEEKDAYS)?),
        },
        ("L" | "l", "?") => Days::Last,
        (day, "?") if day.ends_with(['W', 'w']) => {
            return Err(bad("the nearest working day (W) is not supported"));
        }
        (day, "?") => Days::OfMonth(field(day, 1, 31, &[])?),
        _ => return Err(bad("either day of month or day of week has to be ?")),
    };
    Ok(Schedule {
        minutes: field(minutes, 0, 59, &[])?,
        hours: field(hours, 0, 23, &[])?,
        days,
        months: field(month, 1, 12, MONTHS)?,
        years: match *year {
            "*" => None,
            year => Some(field(year, 1970, 2199, &[])?),
        },
    })
}

fn month_length(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl Schedule {
    fn falls_on(&self, year: u32, month: u32, day: u32, weekday: u32) -> bool {
        let length = month_length(year, month);
        self.months.contains(&month)
            && match &self.days {
                Days::OfMonth(days) => days.contains(&day),
                Days::Last => day == length,
                Days::OfWeek(days) => days.contains(&weekday),
                Days::Nth(wanted, nth) => weekday == *wanted && day.div_ceil(7) == *nth,
                Days::LastOfWeek(wanted) => weekday == *wanted && day + 7 > length,
            }
    }

    /// The times of a day on which it runs, in minutes after midnight.
    fn times(&self) -> impl Iterator<Item = u32> {
        self.hours
            .iter()
            .flat_map(|h| self.minutes.iter().map(move |m| h * 60 + m))
    }

    /// The days on which it runs, from [`EPOCH`] on and whatever the year: as many as show every pattern.
    fn days(&self) -> Vec<u32> {
        let (mut year, mut month) = EPOCH;
        let (mut day, mut weekday) = (1, 2);
        let mut all = Vec::new();
        for n in 0..DAYS {
            if self.falls_on(year, month, day, weekday) {
                all.push(n);
            }
            weekday = weekday % 7 + 1;
            day += 1;
            if day > month_length(year, month) {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        all
    }

    /// Whether it runs at every moment at which `other` does, by the same clock. What runs as often but at
    /// other moments does not.
    pub fn takes_in(&self, other: &Self) -> bool {
        let all = |ours: &BTreeSet<u32>, theirs: BTreeSet<u32>| ours.is_superset(&theirs);
        let years = match (&self.years, &other.years) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ours), Some(theirs)) => ours.is_superset(theirs),
        };
        years
            && all(&self.times().collect(), other.times().collect())
            && all(
                &self.days().into_iter().collect(),
                other.days().into_iter().collect(),
            )
    }

    /// The longest and the shortest time between two starts, in minutes. `None` when it does not go on for ever:
    /// it is bound to years, or never comes round. Wall-clock minutes: where the clock is changed, an hour more.
    pub fn gaps(&self) -> Option<(u32, u32)> {
        if self.years.is_some() {
            return None;
        }
        let times: Vec<u32> = self.times().collect();
        let (first, last) = (*times.first()?, *times.last()?);
        let within = times.windows(2).filter_map(|pair| match pair {
            [a, b] => Some(b - a),
            _ => None,
        });
        let (mut longest, mut shortest) = within.fold((0, u32::MAX), |(l, s), gap| (l.max(gap), s.min(gap)));
        let mut before: Option<u32> = None;
        for n in self.days() {
            if let Some(before) = before {
                let gap = (n - before) * DAY + first - last;
                (longest, shortest) = (longest.max(gap), shortest.min(gap));
            }
            before = Some(n);
        }
        before?;
        (shortest != u32::MAX).then_some((longest, shortest))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn gaps() {
        for (text, longest, shortest) in [
            ("cron(0 5 ? * * *)", 1440, 1440),
            ("cron(0 * * * ? *)", 60, 60),
            ("cron(30 */6 ? * * *)", 360, 360),
            ("cron(0 0,1 * * ? *)", 23 * 60, 60),
            ("cron(0 5 ? * MON-FRI *)", 3 * 1440, 1440),
            ("cron(0 5 ? * FRI-MON *)", 4 * 1440, 1440),
            ("cron(0 5 ? * 1 *)", 7 * 1440, 7 * 1440),
            ("cron(0 5 1 * ? *)", 31 * 1440, 28 * 1440),
            ("cron(0 5 L * ? *)", 31 * 1440, 28 * 1440),
            ("cron(0 5 31 * ? *)", 61 * 1440, 31 * 1440),
            ("cron(0 0 1 1 ? *)", 366 * 1440, 365 * 1440),
            ("cron(0 5 ? * SUN#1 *)", 35 * 1440, 28 * 1440),
            ("cron(0 5 ? * 6L *)", 35 * 1440, 28 * 1440),
            ("cron(0 5 29 2 ? *)", 1461 * 1440, 1461 * 1440),
            ("cron(0,15 8-17/3 ? * * *)", 14 * 60 + 45, 15),
        ] {
            assert_eq!(parse(text).unwrap().gaps(), Some((longest, shortest)), "{text}");
        }
    }

    #[test]
    fn one_takes_in_another_when_it_runs_whenever_that_does() {
        for (wide, narrow) in [
            ("cron(0 * ? * * *)", "cron(0 5 ? * * *)"),
            ("cron(0 5 ? * * *)", "cron(0 5 * * ? *)"),
            ("cron(0 5 ? * * *)", "cron(0 5 ? * * 2026)"),
            ("cron(0 5 ? * MON-FRI *)", "cron(0 5 ? * TUE *)"),
            ("cron(0 5 ? * SUN *)", "cron(0 5 ? * SUN#2 *)"),
            ("cron(0 5 28-31 * ? *)", "cron(0 5 L * ? *)"),
        ] {
            assert!(
                parse(wide).unwrap().takes_in(&parse(narrow).unwrap()),
                "{wide} {narrow}"
            );
        }
        for (one, other) in [
            ("cron(0 5 ? * * *)", "cron(0 6 ? * * *)"),
            ("cron(30 * ? * * *)", "cron(0 5 ? * * *)"),
            ("cron(0 5 ? * MON *)", "cron(0 5 ? * TUE *)"),
            ("cron(0 5 ? * * 2026)", "cron(0 5 ? * * 2027)"),
            ("cron(0 5 ? * MON *)", "cron(0 6 ? * * *)"),
        ] {
            let (one, other) = (parse(one).unwrap(), parse(other).unwrap());
            assert!(
                !one.takes_in(&other) && !other.takes_in(&one),
                "{one:?} {other:?}"
            );
        }
    }

    #[test]
    fn what_does_not_go_on_has_no_gap() {
        for text in ["cron(0 5 ? * * 2026)", "cron(0 5 30 2 ? *)"] {
            assert_eq!(parse(text).unwrap().gaps(), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_said() {
        for (text, part) in [
            ("rate(1 day)", "not of the form"),
            ("cron(0 5 * * *)", "5 fields"),
            ("cron(60 5 ? * * *)", "0 to 59"),
            ("cron(0 24 ? * * *)", "0 to 23"),
            ("cron(0 5 ? * ? *)", "both"),
            ("cron(0 5 1 * MON *)", "either"),
            ("cron(0 */0 ? * * *)", "never moves"),
            ("cron(0 5 15W * ? *)", "working day"),
            ("cron(0 5 ? * XYZ *)", "no number"),
            ("cron(0 5 ? * 2#6 *)", "no such weekday"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
