//! Condition operators, in three values.

use super::decision::Open;
use super::pattern::{Pattern, literal};
use super::request::{Known, Request, Target};
use super::truth::Truth;
use std::net::IpAddr;

/// What a pair of values is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Text,
    TextIgnoringCase,
    Glob,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Arn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `ForAllValues`, `ForAnyValue`, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Null,
    Is { compare: Compare, negated: bool },
    Unheard,
}

/// One line of a `Condition`: operator, key, values.
#[derive(Debug, Clone)]
pub(super) struct Test {
    operator: Operator,
    quantifier: Quantifier,
    if_exists: bool,
    key: String,
    values: Vec<Pattern>,
    open: Open,
}

impl Test {
    pub(super) fn new<'v>(
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = &'v String>,
        variables: bool,
    ) -> Self {
        let lower = operator.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            _ => (Quantifier::None, lower.as_str()),
        };
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let operator_read = read(rest);
        let globs = matches!(
            operator_read,
            Operator::Is {
                compare: Compare::Glob | Compare::Arn,
                ..
            }
        );
        let pattern = |v: &String| {
            if globs {
                Pattern::new(v, variables)
            } else {
                Pattern::plain(v, variables)
            }
        };
        let written: Vec<String> = values.into_iter().cloned().collect();
        let values = written.iter().map(pattern).collect();
        Self {
            operator: operator_read,
            quantifier,
            if_exists,
            key: key.to_ascii_lowercase(),
            open: Open::Condition {
                operator: operator.to_owned(),
                key: key.to_owned(),
                values: written,
            },
            values,
        }
    }

    /// Operator, key and values as the policy writes them.
    pub(super) fn open(&self) -> Open {
        self.open.clone()
    }

    /// True for an operator that AWS's reference does not list.
    pub(super) fn is_unheard(&self) -> bool {
        self.operator == Operator::Unheard
    }

    pub(super) fn holds(&self, request: &Request<'_>) -> Truth {
        let known = request.known(&self.key);
        let (compare, negated) = match self.operator {
            Operator::Unheard => return Truth::Maybe,
            Operator::Null => {
                let absent = match &*known {
                    Known::Unknown => return Truth::Maybe,
                    Known::Absent => true,
                    Known::Matching(_) => false,
                    Known::Values(values) => values.is_empty(),
                };
                return Truth::any(
                    self.values
                        .iter()
                        .map(|v| v.matches(if absent { "true" } else { "false" }, request)),
                );
            }
            Operator::Is { compare, negated } => (compare, negated),
        };
        let values = match &*known {
            Known::Unknown => return Truth::Maybe,
            Known::Matching(wider) => {
                let found = Truth::any(self.values.iter().map(|p| equal_all(compare, p, wider, request)));
                return self.turned(found, negated, request);
            }
            Known::Values(values) if !values.is_empty() => values,
            Known::Absent | Known::Values(_) => {
                return match self.quantifier {
                    Quantifier::All => Truth::Yes,
                    // The reference says no for `ForAnyValue` and yes for `IfExists`, and not which wins.
                    Quantifier::Any if self.if_exists => Truth::Maybe,
                    Quantifier::Any => Truth::No,
                    Quantifier::None => (self.if_exists || negated).into(),
                };
            }
        };
        let each = values.iter().map(|value| {
            let found = Truth::any(self.values.iter().map(|p| equal(compare, p, value, request)));
            self.turned(found, negated, request)
        });
        match self.quantifier {
            Quantifier::All => Truth::all(each),
            Quantifier::Any => Truth::any(each),
            // AWS leaves open what several values without a quantifier mean.
            Quantifier::None if values.len() > 1 => each.reduce(Truth::join).unwrap_or(Truth::Maybe),
            Quantifier::None => Truth::all(each),
        }
    }
}

impl Test {
    /// What was found of a value, as the operator means it.
    fn turned(&self, found: Truth, negated: bool, request: &Request<'_>) -> Truth {
        // AWS does not say what a variable without a value means to a negated operator.
        let blank = negated && self.values.iter().any(|p| p.fill(request).is_none());
        let found = if blank { found.max(Truth::Maybe) } else { found };
        if negated { !found } else { found }
    }
}

/// The same for each value that `wider` matches.
fn equal_all(compare: Compare, pattern: &Pattern, wider: &str, request: &Request<'_>) -> Truth {
    match compare {
        Compare::Text | Compare::Glob => pattern.matches_all(wider, request),
        Compare::Arn => pattern.takes_in(&Target::Within(wider), request),
        _ => Truth::Maybe,
    }
}

fn read(name: &str) -> Operator {
    use Order::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let (compare, negated) = match name {
        "null" => return Operator::Null,
        "stringequals" => (Compare::Text, false),
        "stringnotequals" => (Compare::Text, true),
        "stringequalsignorecase" => (Compare::TextIgnoringCase, false),
        "stringnotequalsignorecase" => (Compare::TextIgnoringCase, true),
        "stringlike" => (Compare::Glob, false),
        "stringnotlike" => (Compare::Glob, true),
        "numericequals" => (Compare::Number(Equal), false),
        "numericnotequals" => (Compare::Number(Equal), true),
        "numericlessthan" => (Compare::Number(Less), false),
        "numericlessthanequals" => (Compare::Number(LessOrEqual), false),
        "numericgreaterthan" => (Compare::Number(Greater), false),
        "numericgreaterthanequals" => (Compare::Number(GreaterOrEqual), false),
        "dateequals" => (Compare::Date(Equal), false),
        "datenotequals" => (Compare::Date(Equal), true),
        "datelessthan" => (Compare::Date(Less), false),
        "datelessthanequals" => (Compare::Date(LessOrEqual), false),
        "dategreaterthan" => (Compare::Date(Greater), false),
        "dategreaterthanequals" => (Compare::Date(GreaterOrEqual), false),
        "bool" => (Compare::Bool, false),
        "binaryequals" => (Compare::Binary, false),
        "ipaddress" => (Compare::Address, false),
        "notipaddress" => (Compare::Address, true),
        "arnequals" | "arnlike" => (Compare::Arn, false),
        "arnnotequals" | "arnnotlike" => (Compare::Arn, true),
        _ => return Operator::Unheard,
    };
    Operator::Is { compare, negated }
}

fn equal(compare: Compare, pattern: &Pattern, value: &str, request: &Request<'_>) -> Truth {
    match compare {
        Compare::Text | Compare::Glob => return pattern.matches(value, request),
        Compare::Arn if value.starts_with("arn:") => return pattern.matches_arn(value, request),
        Compare::Arn => return Truth::No,
        _ => {}
    }
    let Some(filled) = pattern.fill(request) else {
        return Truth::No;
    };
    if !filled.certain {
        return Truth::Maybe;
    }
    let wanted = &*filled.text;
    // What cannot be read as the operator wants it decides nothing.
    let read = match compare {
        Compare::TextIgnoringCase => Some(wanted.to_lowercase() == literal(value).to_lowercase()),
        Compare::Bool => Some(wanted.eq_ignore_ascii_case(value)),
        Compare::Binary => Some(wanted == value),
        Compare::Number(order) => number(value).zip(number(wanted)).map(|(v, w)| order.holds(v, w)),
        Compare::Date(order) => date(value).zip(date(wanted)).map(|(v, w)| order.holds(v, w)),
        Compare::Address => address(wanted, value),
        Compare::Text | Compare::Glob | Compare::Arn => None,
    };
    read.map_or(Truth::Maybe, Truth::from)
}

impl Order {
    fn holds(self, value: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => (value - wanted).abs() < f64::EPSILON,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Seconds since 1970: a date of ISO 8601, or such a number already.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of this age are exact in a double"
)]
fn date(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        return Some(seconds);
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(stamp.as_second() as f64);
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let stamp = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(stamp.as_second() as f64)
}

fn address(network: &str, value: &str) -> Option<bool> {
    let value: IpAddr = value.parse().ok()?;
    if let Ok(one) = network.parse::<IpAddr>() {
        return Some(one == value);
    }
    Some(network.parse::<ipnet::IpNet>().ok()?.contains(&value))
}
