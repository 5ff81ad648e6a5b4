//! `formatdate`, `timeadd`, `timecmp`, `timestamp`, `plantimestamp`.

use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param, text_of};
use crate::model::value::Value;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "formatdate",
        &[param("format", Kind::String), param("time", Kind::String)],
        Returns::String,
        |args, _| {
            let time = parse(text_of(args, 1), 1)?;
            format(text_of(args, 0), &time).map(Value::string)
        },
    ),
    function("plantimestamp", &[], Returns::String, now),
    function(
        "timeadd",
        &[param("timestamp", Kind::String), param("duration", Kind::String)],
        Returns::String,
        |args, _| {
            let time = parse(text_of(args, 0), 0)?;
            let duration = duration(text_of(args, 1)).ok_or_else(|| {
                blame(
                    1,
                    format!(
                        "\"{}\" is not a duration such as 1h30m; the units are ns, us, ms, s, m, h",
                        text_of(args, 1)
                    ),
                )
            })?;
            let sum = time
                .checked_add(duration)
                .map_err(|_| blame(1, "the result is out of range"))?;
            Ok(Value::string(rfc3339(&sum)))
        },
    ),
    function(
        "timecmp",
        &[
            param("timestamp_a", Kind::String),
            param("timestamp_b", Kind::String),
        ],
        Returns::Number,
        |args, _| {
            let order = parse(text_of(args, 0), 0)?
                .timestamp()
                .cmp(&parse(text_of(args, 1), 1)?.timestamp());
            Ok(Value::int(i64::from(order as i8)))
        },
    ),
    function("timestamp", &[], Returns::String, now),
];

fn now(_: &[Value], context: &Context<'_>) -> Outcome {
    let now = Timestamp::from_second(context.scope.env.now.as_second())
        .map_err(|e| CallError::from(e.to_string()))?;
    Ok(Value::string(now.to_string()))
}

/// RFC 3339, as Terraform is strict about it: `2006-01-02T15:04:05Z` or with `+02:00`.
fn parse(text: &str, argument: usize) -> Result<Zoned, CallError> {
    let bad = || {
        blame(
            argument,
            format!("\"{text}\" is not a time of the form 2006-01-02T15:04:05Z (RFC 3339)"),
        )
    };
    let digits = |range: std::ops::Range<usize>| -> Option<i16> {
        let part = text.get(range)?;
        if part.bytes().all(|b| b.is_ascii_digit()) {
            part.parse().ok()
        } else {
            None
        }
    };
    let small = |range| digits(range).and_then(|n| i8::try_from(n).ok());
    let marks = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    if !marks
        .iter()
        .all(|(at, mark)| text.get(*at..*at + 1) == Some(mark.to_string().as_str()))
    {
        return Err(bad());
    }
    let rest = text.get(19..).ok_or_else(bad)?;
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(fraction) => {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, zone) = fraction.split_at(length);
            if length == 0 || length > 9 {
                return Err(bad());
            }
            (format!("{digits:0<9}").parse::<i32>().map_err(|_| bad())?, zone)
        }
        None => (0, rest),
    };
    let offset = if zone == "Z" {
        Some(Offset::UTC)
    } else {
        let sign = match zone.get(..1) {
            Some("+") => 1,
            Some("-") => -1,
            _ => return Err(bad()),
        };
        let (hours, minutes) = zone.get(1..).and_then(|z| z.split_once(':')).ok_or_else(bad)?;
        let part = |text: &str, max: i32| -> Option<i32> {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<i32>().ok())
                .flatten()
                .filter(|n| *n <= max)
        };
        let (hours, minutes) = (
            part(hours, 23).ok_or_else(bad)?,
            part(minutes, 59).ok_or_else(bad)?,
        );
        Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
    };
    let civil = (|| {
        DateTime::new(
            digits(0..4)?,
            small(5..7)?,
            small(8..10)?,
            small(11..13)?,
            small(14..16)?,
            small(17..19)?,
            nanos,
        )
        .ok()
    })();
    let (civil, offset) = (civil.ok_or_else(bad)?, offset.ok_or_else(bad)?);
    civil.to_zoned(TimeZone::fixed(offset)).map_err(|_| bad())
}

fn zone_text(time: &Zoned, colon: &str) -> String {
    let seconds = time.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

fn rfc3339(time: &Zoned) -> String {
    let zone = if time.offset() == Offset::UTC {
        "Z".to_owned()
    } else {
        zone_text(time, ":")
    };
    format!("{}{zone}", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// A duration as Go writes it: `1h30m`, `-1.5s`.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b'.')
            .count();
        let (number, tail) = rest.split_at(length);
        let unit_length = tail
            .chars()
            .take_while(|c| !c.is_ascii_digit() && *c != '.')
            .map(char::len_utf8)
            .sum();
        let (unit, tail) = tail.split_at(unit_length);
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let digits = fraction.get(..fraction.len().min(15)).unwrap_or("");
        let part: i128 = if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        };
        let divisor = 10i128.pow(u32::try_from(digits.len()).ok()?);
        nanos = nanos
            .checked_add(whole.checked_mul(scale)?)?
            .checked_add(part.checked_mul(scale)? / divisor)?;
        rest = tail;
    }
    let nanos = i64::try_from(if negative { -nanos } else { nanos }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// Runs of one letter are fields; text in single quotes, and all that is no letter, is literal.
fn format(pattern: &str, time: &Zoned) -> Result<String, CallError> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            quoted(&mut chars, &mut out)?;
            continue;
        }
        if !c.is_ascii_alphabetic() {
            out.push(c);
            continue;
        }
        let mut field = String::from(c);
        while let Some(next) = chars.next_if_eq(&c) {
            field.push(next);
        }
        let text = self::field(&field, time).ok_or_else(|| {
            blame(
                0,
                format!("\"{field}\" is no field of a date; put literal letters in single quotes"),
            )
        })?;
        out.push_str(&text);
    }
    Ok(out)
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Result<(), CallError> {
    let mut empty = true;
    loop {
        match chars.next() {
            Some('\'') if chars.next_if_eq(&'\'').is_some() => out.push('\''),
            Some('\'') => {
                if empty {
                    out.push('\'');
                }
                return Ok(());
            }
            Some(c) => out.push(c),
            None => return Err(blame(0, "the single quote is never closed")),
        }
        empty = false;
    }
}

fn field(field: &str, time: &Zoned) -> Option<String> {
    let hour12 = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let utc = time.offset() == Offset::UTC;
    Some(match field {
        "YYYY" => format!("{:04}", time.year()),
        "YY" => format!("{:02}", time.year() % 100),
        "MMMM" => time.strftime("%B").to_string(),
        "MMM" => time.strftime("%b").to_string(),
        "MM" => format!("{:02}", time.month()),
        "M" => time.month().to_string(),
        "DD" => format!("{:02}", time.day()),
        "D" => time.day().to_string(),
        "EEEE" => time.strftime("%A").to_string(),
        "EEE" => time.strftime("%a").to_string(),
        "hh" => format!("{:02}", time.hour()),
        "h" => time.hour().to_string(),
        "HH" => format!("{hour12:02}"),
        "H" => hour12.to_string(),
        "AA" => if time.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if time.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{:02}", time.minute()),
        "m" => time.minute().to_string(),
        "ss" => format!("{:02}", time.second()),
        "s" => time.second().to_string(),
        "ZZZZZ" => zone_text(time, ":"),
        "ZZZZ" => zone_text(time, ""),
        "ZZZ" => {
            if utc {
                "UTC".to_owned()
            } else {
                zone_text(time, "")
            }
        }
        "Z" => {
            if utc {
                "Z".to_owned()
            } else {
                zone_text(time, ":")
            }
        }
        _ => return None,
    })
}
