//! Lengths of time as the language writes them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time: a whole number and a unit, several in a row (`"1d12h"`), or `"0"`.
///
/// Units: `s`, `m` (minutes), `h`, `d` (24 hours), `w` (7 days), `mo` (31 days) and `y`
/// (365.25 days, rounded up to a day), so that a retention written in months or years
/// never falls short of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(u64);

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a duration; write a whole number and a unit, such as \"15m\", \"12h\", \"30d\" or \"7y\""
)]
pub struct BadDuration(String);

impl Duration {
    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// So many days.
    pub const fn from_days(days: u32) -> Self {
        Self(days as u64 * DAY)
    }

    /// In seconds.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// In days, when it is a whole number of them that fits.
    pub fn whole_days(self) -> Option<u32> {
        if self.0.is_multiple_of(DAY) {
            u32::try_from(self.0 / DAY).ok()
        } else {
            None
        }
    }
}

impl FromStr for Duration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        let bad = || BadDuration(text.to_owned());
        if text == "0" {
            return Ok(Self(0));
        }
        if text.is_empty() {
            return Err(bad());
        }
        let mut total: u64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
            let (number, tail) = rest.split_at_checked(digits).ok_or_else(bad)?;
            let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(letters).ok_or_else(bad)?;
            let number: u64 = number.parse().map_err(|_| bad())?;
            let seconds = match unit {
                "s" => Some(number),
                "m" => number.checked_mul(MINUTE),
                "h" => number.checked_mul(HOUR),
                "d" => number.checked_mul(DAY),
                "w" => number.checked_mul(7 * DAY),
                "mo" => number.checked_mul(31 * DAY),
                "y" => number
                    .checked_mul(1461)
                    .map(|quarters| quarters.div_ceil(4))
                    .and_then(|days| days.checked_mul(DAY)),
                _ => None,
            };
            total = seconds.and_then(|s| total.checked_add(s)).ok_or_else(bad)?;
            rest = tail;
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        let mut rest = self.0;
        for (unit, size) in [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1)] {
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Duration {
    type Error = BadDuration;
    fn try_from(text: String) -> Result<Self, BadDuration> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(value: Duration) -> Self {
        value.to_string()
    }
}

/// A whole number of days between `MIN` and `MAX`, written as a duration (`"30d"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Days<MIN, MAX> {
    /// The number of days, when it lies in the range.
    pub fn new(days: u32) -> Option<Self> {
        (MIN..=MAX).contains(&days).then_some(Self(days))
    }

    /// The number of days.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Days<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl<const MIN: u32, const MAX: u32> FromStr for Days<MIN, MAX> {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let duration: Duration = text.parse().map_err(|e: BadDuration| e.to_string())?;
        let days = duration
            .whole_days()
            .ok_or_else(|| format!("\"{text}\" is not a whole number of days; the service counts in days"))?;
        Self::new(days).ok_or_else(|| format!("{text} is outside what the service accepts: {MIN}d to {MAX}d"))
    }
}

impl<const MIN: u32, const MAX: u32> TryFrom<String> for Days<MIN, MAX> {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl<const MIN: u32, const MAX: u32> From<Days<MIN, MAX>> for String {
    fn from(value: Days<MIN, MAX>) -> Self {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        for (text, seconds) in [
            ("0", 0),
            ("15m", 900),
            ("1d12h", DAY + 12 * HOUR),
            ("2w", 14 * DAY),
            ("1y", 366 * DAY),
            ("7y", 2557 * DAY),
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in [
            "",
            "m",
            "15",
            "-1d",
            "1 d",
            "1x",
            "99999999999999999999d",
            "18446744073709551615w",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_have_bounds() {
        type Retention = Days<1, 35>;
        assert_eq!("5w".parse::<Retention>().unwrap().get(), 35);
        assert!("36d".parse::<Retention>().unwrap_err().contains("1d to 35d"));
        assert!(
            "36h"
                .parse::<Retention>()
                .unwrap_err()
                .contains("whole number of days")
        );
    }
}
