//! What an `rds_instance` block declares.

use crate::block;
use crate::model::schema::{Attr, Reference};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Days, Region};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

block! {
    /// How a database instance is protected. The instance must exist.
    pub struct Spec {
        /// The instance's identifier; RDS keeps it in lower case.
        pub identifier: String,
        /// Whether the instance is protected from deletion.
        pub deletion_protection: Option<bool>,
        /// Automated backups: how far back one can go.
        pub pitr: Option<Pitr>,
        /// Whether snapshots carry the instance's tags.
        pub copy_tags: Option<bool>,
        /// Copies of the automated backups in other regions. With at least one, a copy in a region that
        /// is not named is stopped; with none, copies are left alone.
        pub replicate: Vec<Replicate>,
        /// Whether storage is encrypted. This is only looked at: RDS decides it when the instance is created.
        pub encrypted: Option<bool>,
        /// Whether a standby in another zone exists. This is only looked at: it changes cost and load.
        pub multi_az: Option<bool>,
        /// Tags; others are left alone.
        pub tags: Option<BTreeMap<String, String>>,
    }
}

block! {
    /// Automated backups and point-in-time recovery.
    pub struct Pitr {
        /// How far back one can go, 1d to 35d.
        pub retention: Retention,
        /// When the daily backup is made, in UTC: `03:00-04:00`, at least half an hour. RDS chooses when left out.
        pub window: Option<Window>,
    }
}

block! {
    /// A copy of the automated backups in another region.
    pub struct Replicate {
        /// Where to.
        pub region: Region,
        /// How far back one can go there, 1d to 35d; 7d when left out. RDS cannot change it: the copy is
        /// stopped and started anew, and what is written in between is not restorable to its moment there.
        pub retention: Option<Retention>,
        /// A key in that region, by reference, ARN, id or alias; needed when the instance is encrypted. It cannot be
        /// changed while backups are retained there.
        pub kms_key: Option<Reference>,
    }
}

/// A retention of automated backups. Never 0: that deletes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Retention(Days<1, 35>);

impl Retention {
    /// So many days, when RDS accepts them.
    pub fn new(days: u32) -> Option<Self> {
        Days::new(days).map(Self)
    }

    /// In days.
    pub fn days(self) -> u32 {
        self.0.get()
    }
}

impl Attr for Retention {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        Days::<1, 35>::accepts()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or("it is not a text")?;
        let duration: Option<crate::model::Duration> = text.parse().ok();
        if duration.is_some_and(|d| d.as_secs() == 0) {
            return Err(
                "0 would switch automated backups off and delete every one that exists, so that no point in \
                 time could be restored any more; backstay never does that"
                    .into(),
            );
        }
        text.parse().map(Self)
    }
}

/// A daily window in UTC, `hh24:mi-hh24:mi`; it may cross midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// Minutes after midnight.
    start: u32,
    /// Length in minutes.
    length: u32,
}

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

impl Window {
    /// Whether it overlaps a weekly window such as `sun:05:00-sun:06:00`. One that cannot be
    /// read overlaps nothing: RDS judges then.
    pub fn overlaps_weekly(&self, weekly: &str) -> bool {
        let Some((from, to)) = weekly.split_once('-') else {
            return false;
        };
        let (Some(from), Some(to)) = (minute_of_week(from), minute_of_week(to)) else {
            return false;
        };
        let length = (to + WEEK - from) % WEEK;
        (0..7).any(|day| {
            let start = day * DAY + self.start;
            // Either one starts inside the other, going round the week.
            (start + WEEK - from) % WEEK < length || (from + WEEK - start) % WEEK < self.length
        })
    }
}

/// `hh24:mi` in minutes.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two =
        |s: &str| (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok());
    let (hours, minutes) = (two(hours)??, two(minutes)??);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `ddd:hh24:mi` in minutes after Monday's midnight.
fn minute_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = days.iter().position(|d| d.eq_ignore_ascii_case(day))?;
    Some(u32::try_from(day).ok()? * DAY + minute_of_day(time)?)
}

impl std::str::FromStr for Window {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is not a window; write it as \"03:00-04:00\", in UTC");
        let (from, to) = text.split_once('-').ok_or_else(bad)?;
        let (start, end) = (
            minute_of_day(from).ok_or_else(bad)?,
            minute_of_day(to).ok_or_else(bad)?,
        );
        let length = (end + DAY - start) % DAY;
        if length < 30 {
            return Err(format!(
                "\"{text}\" is {length} minutes long; RDS wants at least 30"
            ));
        }
        Ok(Self { start, length })
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = (self.start + self.length) % DAY;
        let start = self.start;
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            start / 60,
            start % 60,
            end / 60,
            end % 60
        )
    }
}

impl TryFrom<String> for Window {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl Attr for Window {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        "a daily window in UTC such as \"03:00-04:00\", at least half an hour long".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().ok_or("it is not a text")?.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_of_nothing_says_what_it_would_destroy() {
        for zero in ["0", "0d", "0h"] {
            let why = Retention::parse(&Value::string(zero)).unwrap_err();
            assert!(why.contains("delete every one that exists"), "{why}");
        }
        let why = Retention::parse(&Value::string("36d")).unwrap_err();
        assert!(why.contains("1d to 35d"), "{why}");
        assert_eq!(Retention::parse(&Value::string("5w")).unwrap().days(), 35);
    }

    #[test]
    fn windows_are_read_as_rds_writes_them() {
        for text in ["03:00-04:00", "00:00-00:30", "23:45-00:15"] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
        for text in [
            "3:00-4:00",
            "03:00",
            "03:00-03:29",
            "24:00-01:00",
            "03:60-04:30",
            "03:00-03:00",
            "a-b",
            "",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn windows_overlap_round_midnight_and_round_the_week() {
        for (daily, weekly, overlaps) in [
            ("03:00-04:00", "sun:03:30-sun:04:30", true),
            ("03:00-04:00", "sun:04:00-sun:05:00", false),
            ("23:30-00:30", "wed:00:00-wed:01:00", true),
            ("23:30-00:30", "mon:00:15-mon:00:45", true),
            ("00:00-01:00", "sun:23:30-mon:00:30", true),
            ("03:00-04:00", "sat:22:00-sun:02:00", false),
            ("03:00-04:00", "nonsense", false),
        ] {
            let window: Window = daily.parse().unwrap();
            assert_eq!(window.overlaps_weekly(weekly), overlaps, "{daily} and {weekly}");
        }
    }
}
