//! Weekly windows, in which something may happen: `Sun 03:00-05:00 UTC`.

use crate::model::schema::Attr;
use crate::model::types::Type;
use crate::model::value::Value;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// The same hours on some days of every week, in UTC. From the first minute up to, but without, the
/// last; where the last is not after the first, it is one of the next day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Window {
    /// The first day, from 0 for Monday.
    first: u16,
    /// The last day; before the first one where the range goes over Sunday.
    last: u16,
    /// Minutes from midnight.
    from: u16,
    /// Minutes from midnight, up to 24:00.
    to: u16,
}

/// Why a text is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWindow {
    /// Not three parts.
    #[error("\"{0}\" is not a window such as \"Sun 03:00-05:00 UTC\"")]
    Form(String),
    /// Another day.
    #[error(
        "\"{0}\" is not a day; they are Mon, Tue, Wed, Thu, Fri, Sat and Sun, and ranges such as Mon-Fri"
    )]
    Day(String),
    /// Another time.
    #[error("\"{0}\" is not a time from 00:00 to 23:59 (24:00 as an end)")]
    Time(String),
    /// Nothing, or a whole day: nobody can tell.
    #[error("\"{0}\" begins when it ends; a whole day is 00:00-24:00")]
    Empty(String),
    /// Hours that summer time moves are no hours to rely on.
    #[error("\"{0}\" is not a time zone that windows know; they are in UTC")]
    Zone(String),
}

impl FromStr for Window {
    type Err = BadWindow;
    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let (days, hours) = match parts.as_slice() {
            [days, hours, "UTC"] => (*days, *hours),
            [_, _, zone] => return Err(BadWindow::Zone((*zone).to_owned())),
            _ => return Err(BadWindow::Form(text.to_owned())),
        };
        let day = |name: &str| {
            let found = (0..).zip(DAYS).find(|(_, known)| *known == name);
            found
                .map(|(at, _)| at)
                .ok_or_else(|| BadWindow::Day(name.to_owned()))
        };
        let (first, last) = match days.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(days)?, day(days)?),
        };
        let (from, to) = hours
            .split_once('-')
            .ok_or_else(|| BadWindow::Form(text.to_owned()))?;
        let window = Self {
            first,
            last,
            from: minutes(from, false)?,
            to: minutes(to, true)?,
        };
        if window.from == window.to {
            return Err(BadWindow::Empty(hours.to_owned()));
        }
        Ok(window)
    }
}

fn minutes(text: &str, end: bool) -> Result<u16, BadWindow> {
    let bad = || BadWindow::Time(text.to_owned());
    let (hours, minutes) = text.split_once(':').ok_or_else(bad)?;
    let two = |digits: &str| -> Option<u16> {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let (hours, minutes) = (two(hours).ok_or_else(bad)?, two(minutes).ok_or_else(bad)?);
    let fits = (hours < 24 && minutes < 60) || (end && hours == 24 && minutes == 0);
    fits.then_some(hours * 60 + minutes).ok_or_else(bad)
}

impl TryFrom<String> for Window {
    type Error = BadWindow;
    fn try_from(text: String) -> Result<Self, BadWindow> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: u16| DAYS.get(usize::from(at)).copied().unwrap_or_default();
        f.write_str(day(self.first))?;
        if self.first != self.last {
            write!(f, "-{}", day(self.last))?;
        }
        let time = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        write!(f, " {}-{} UTC", time(self.from), time(self.to))
    }
}

impl Window {
    /// Whether it holds a minute of the week, counted from Monday 00:00.
    fn holds(self, minute: u16) -> bool {
        let (day, time) = (minute / DAY, minute % DAY);
        let begins = |day: u16| {
            if self.first <= self.last {
                (self.first..=self.last).contains(&day)
            } else {
                day >= self.first || day <= self.last
            }
        };
        if self.from < self.to {
            begins(day) && (self.from..self.to).contains(&time)
        } else {
            (begins(day) && time >= self.from) || (begins((day + 6) % 7) && time < self.to)
        }
    }
}

/// Some windows; without any, all the time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Windows(pub Vec<Window>);

impl Windows {
    /// Whether nothing is restricted.
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }

    fn holds(&self, minute: u16) -> bool {
        self.is_always() || self.0.iter().any(|w| w.holds(minute))
    }

    /// Whether this moment is in one of them.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.holds(minute(at))
    }

    /// Whether there is no minute in the others that is not in these.
    pub fn cover(&self, others: &Windows) -> bool {
        let mut edges = edges([self, others].into_iter());
        edges.all(|m| self.holds(m) || !others.holds(m))
    }
}

/// The first moment from `at` on that is in one of the windows of every list; `None` when there
/// never is one.
pub fn next_open<'a>(lists: impl Iterator<Item = &'a Windows>, at: Timestamp) -> Option<Timestamp> {
    let lists: Vec<&Windows> = lists.collect();
    let now = minute(at);
    let open = |minute: u16| lists.iter().all(|list| list.holds(minute));
    if open(now) {
        return Some(at);
    }
    let opening = edges(lists.iter().copied()).filter(|minute| open(*minute));
    let wait = opening.map(|minute| (minute + WEEK - now) % WEEK).min()?;
    // On the minute, as windows begin.
    let into = at.as_second().rem_euclid(60);
    at.checked_add((i64::from(wait) * 60 - into).seconds())
        .ok()
        .and_then(|then| Timestamp::from_second(then.as_second()).ok())
}

/// Every minute of the week at which something may open or close; between two of them nothing does.
fn edges<'a>(lists: impl Iterator<Item = &'a Windows>) -> impl Iterator<Item = u16> {
    let mut times: Vec<u16> = lists
        .flat_map(|list| list.0.iter().flat_map(|w| [w.from, w.to]))
        .collect();
    times.push(0);
    (0..7).flat_map(move |day| {
        let of_day: Vec<u16> = times.iter().map(|time| (day * DAY + time) % WEEK).collect();
        of_day
    })
}

fn minute(at: Timestamp) -> u16 {
    let then = at.to_zoned(TimeZone::UTC);
    let part = |n: i8| u16::try_from(n).unwrap_or_default();
    part(then.weekday().to_monday_zero_offset()) * DAY + part(then.hour()) * 60 + part(then.minute())
}

impl fmt::Display for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&each.join(" or "))
    }
}

impl Attr for Windows {
    fn ty() -> Type {
        Type::Any
    }
    fn accepts() -> String {
        "a weekly window such as \"Sun 03:00-05:00 UTC\" or \"Mon-Fri 22:00-04:00 UTC\", or a list of them"
            .into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        let one = |value: &Value| -> Result<Window, String> {
            let text = value.as_str().ok_or("it is not a text")?;
            text.parse().map_err(|e: BadWindow| e.to_string())
        };
        match value.as_sequence() {
            // No window at all would be "never" to one reader and "always" to another.
            Some([]) => Err("the list is empty".into()),
            Some(items) => items.iter().map(one).collect::<Result<_, _>>().map(Windows),
            None => one(value).map(|window| Windows(vec![window])),
        }
    }
}

#[cfg(test)]
pub(crate) use tests::any_windows;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn windows(texts: &[&str]) -> Windows {
        Windows(texts.iter().map(|t| t.parse().unwrap()).collect())
    }

    #[test]
    fn a_window_is_read_and_written_alike() {
        for text in [
            "Sun 03:00-05:00 UTC",
            "Mon-Fri 22:00-04:00 UTC",
            "Fri-Mon 00:00-24:00 UTC",
        ] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_window_is_told_apart() {
        for (text, why) in [
            ("", "is not a window"),
            ("Sun", "is not a window"),
            ("Sun 03:00 UTC", "is not a window"),
            ("Sun 03:00-05:00", "is not a window"),
            ("Sunday 03:00-05:00 UTC", "is not a day"),
            ("sun 03:00-05:00 UTC", "is not a day"),
            ("Mon-Fri-Sun 03:00-05:00 UTC", "is not a day"),
            ("Sun 3:00-05:00 UTC", "is not a time"),
            ("Sun 03:60-05:00 UTC", "is not a time"),
            ("Sun 24:00-05:00 UTC", "is not a time"),
            ("Sun 03:00-24:01 UTC", "is not a time"),
            ("Sun +3:00-05:00 UTC", "is not a time"),
            ("Sun 03:00-03:00 UTC", "begins when it ends"),
            ("Sun 03:00-05:00 CET", "is not a time zone"),
        ] {
            let said = text.parse::<Window>().unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    /// 2026-03-01 is a Sunday.
    #[test]
    fn moments_are_in_or_out() {
        let table: &[(&[&str], &str, bool)] = &[
            (&["Sun 03:00-05:00 UTC"], "2026-03-01T02:59:59Z", false),
            (&["Sun 03:00-05:00 UTC"], "2026-03-01T03:00:00Z", true),
            (&["Sun 03:00-05:00 UTC"], "2026-03-01T04:59:59.999Z", true),
            (&["Sun 03:00-05:00 UTC"], "2026-03-01T05:00:00Z", false),
            (&["Sun 03:00-05:00 UTC"], "2026-03-02T04:00:00Z", false),
            // Over midnight, and from Sunday into Monday.
            (&["Sat 22:00-04:00 UTC"], "2026-03-01T03:59:00Z", true),
            (&["Sat 22:00-04:00 UTC"], "2026-03-01T22:00:00Z", false),
            (&["Sun 22:00-04:00 UTC"], "2026-03-02T03:59:00Z", true),
            (&["Sun 22:00-04:00 UTC"], "2026-03-01T03:59:00Z", false),
            (&["Sun 22:00-00:00 UTC"], "2026-03-01T23:59:00Z", true),
            (&["Sun 22:00-00:00 UTC"], "2026-03-02T00:00:00Z", false),
            // Ranges, and those over Sunday.
            (&["Mon-Fri 00:00-24:00 UTC"], "2026-03-01T12:00:00Z", false),
            (&["Mon-Fri 00:00-24:00 UTC"], "2026-03-06T23:59:00Z", true),
            (&["Sat-Mon 00:00-24:00 UTC"], "2026-03-01T12:00:00Z", true),
            (&["Sat-Mon 00:00-24:00 UTC"], "2026-03-03T12:00:00Z", false),
            // Several, and none.
            (
                &["Tue 03:00-05:00 UTC", "Sun 03:00-05:00 UTC"],
                "2026-03-01T03:30:00Z",
                true,
            ),
            (&[], "2026-03-01T03:30:00Z", true),
        ];
        for (texts, moment, open) in table {
            assert_eq!(windows(texts).is_open(at(moment)), *open, "{texts:?} at {moment}");
        }
    }

    #[test]
    fn the_next_opening_is_the_first_that_all_share() {
        let sunday = windows(&["Sun 03:00-05:00 UTC"]);
        let next = |lists: &[&Windows], now: &str| next_open(lists.iter().copied(), at(now));
        assert_eq!(
            next(&[&sunday], "2026-03-01T05:00:30.5Z"),
            Some(at("2026-03-08T03:00:00Z"))
        );
        assert_eq!(
            next(&[&sunday], "2026-03-01T04:00:30Z"),
            Some(at("2026-03-01T04:00:30Z"))
        );
        let later = windows(&["Mon-Sun 04:30-06:00 UTC"]);
        assert_eq!(
            next(&[&sunday, &later], "2026-02-28T12:00:00Z"),
            Some(at("2026-03-01T04:30:00Z"))
        );
        let never = windows(&["Tue 03:00-05:00 UTC"]);
        assert_eq!(next(&[&sunday, &never], "2026-03-01T04:00:00Z"), None);
    }

    #[test]
    fn covering_is_about_minutes_not_about_how_they_are_written() {
        let covers = |a: &[&str], b: &[&str]| windows(a).cover(&windows(b));
        assert!(covers(&["Sun 03:00-05:00 UTC"], &["Sun 03:30-04:00 UTC"]));
        assert!(!covers(&["Sun 03:30-04:00 UTC"], &["Sun 03:00-05:00 UTC"]));
        let halves = ["Sun 03:00-04:00 UTC", "Sun 04:00-05:00 UTC"];
        assert!(covers(&halves, &["Sun 03:00-05:00 UTC"]) && covers(&["Sun 03:00-05:00 UTC"], &halves));
        assert!(covers(&["Sat 22:00-02:00 UTC"], &["Sun 00:00-02:00 UTC"]));
        assert!(covers(&[], &["Sun 03:00-05:00 UTC"]));
        assert!(!covers(&["Sun 03:00-05:00 UTC"], &[]));
        assert!(covers(&["Mon-Sun 00:00-24:00 UTC"], &[]));
    }

    fn any_window() -> impl Strategy<Value = Window> {
        (0..7u16, 0..7u16, 0..DAY, 0..=DAY)
            .prop_map(|(first, last, from, to)| Window {
                first,
                last,
                from,
                to,
            })
            .prop_filter("it has a length", |w| w.from != w.to)
    }

    pub(crate) fn any_windows() -> impl Strategy<Value = Windows> {
        proptest::collection::vec(any_window(), 0..3).prop_map(Windows)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Looking at edges alone is as good as looking at every minute.
        #[test]
        fn nothing_happens_between_edges(a in any_windows(), b in any_windows()) {
            let each = (0..WEEK).all(|m| a.holds(m) || !b.holds(m));
            prop_assert_eq!(a.cover(&b), each);
        }
    }

    proptest! {
        #[test]
        fn every_window_reads_back(window in any_window()) {
            prop_assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
        }

        #[test]
        fn the_next_opening_is_open_and_nothing_before_it_is(
            windows in any_windows(), second in 0i64..2_000_000_000
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let next = next_open(std::iter::once(&windows), now).unwrap();
            prop_assert!(windows.is_open(next) && next >= now);
            if next > now {
                prop_assert!(!windows.is_open(now));
                prop_assert!(!windows.is_open(next - 1.seconds()));
            }
        }

        #[test]
        fn whoever_is_covered_is_never_open_alone(
            a in any_windows(), b in any_windows(), second in 0i64..2_000_000_000
        ) {
            let now = Timestamp::from_second(second).unwrap();
            prop_assert!(!a.cover(&b) || !b.is_open(now) || a.is_open(now));
            prop_assert!(a.cover(&a));
        }

        #[test]
        fn no_text_makes_it_fail_otherwise(text in "\\PC{0,24}") {
            let _ = text.parse::<Window>();
        }
    }
}
