//! Numbers: `abs`, `ceil`, `floor`, `log`, `max`, `min`, `parseint`, `pow`, `signum`, `sum`.

use super::{
    CallError, Context, Function, Kind, Outcome, Returns, arg, blame, elements_of, function, param, whole,
};
use crate::model::convert::convert;
use crate::model::number::{Number, NumberError};
use crate::model::types::Type;
use crate::model::value::Value;
use num_bigint::BigInt;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "abs",
        &[param("num", Kind::Number)],
        Returns::Number,
        |args, _| Ok(Value::number(number(args, 0).abs())),
    ),
    function(
        "ceil",
        &[param("num", Kind::Number)],
        Returns::Number,
        |args, _| Ok(Value::number(number(args, 0).ceil())),
    ),
    function(
        "floor",
        &[param("num", Kind::Number)],
        Returns::Number,
        |args, _| Ok(Value::number(number(args, 0).floor())),
    ),
    function(
        "log",
        &[param("num", Kind::Number), param("base", Kind::Number)],
        Returns::Number,
        log,
    ),
    function("max", &[], Returns::Number, |args, _| {
        extreme(args, |new, old| new > old)
    })
    .rest(param("numbers", Kind::Number)),
    function("min", &[], Returns::Number, |args, _| {
        extreme(args, |new, old| new < old)
    })
    .rest(param("numbers", Kind::Number)),
    function(
        "parseint",
        &[param("number", Kind::Any), param("base", Kind::Number)],
        Returns::Number,
        parseint,
    ),
    function(
        "pow",
        &[param("num", Kind::Number), param("power", Kind::Number)],
        Returns::Number,
        pow,
    ),
    function("signum", &[param("num", Kind::Number)], Returns::Number, signum),
    function("sum", &[param("list", Kind::Any)], Returns::Number, sum),
];

impl From<NumberError> for CallError {
    fn from(error: NumberError) -> Self {
        error.to_string().into()
    }
}

fn number(args: &[Value], place: usize) -> Number {
    args.get(place)
        .and_then(Value::as_number)
        .cloned()
        .unwrap_or(Number::ZERO)
}

fn from_float(float: f64) -> Outcome {
    Number::from_f64(float)
        .map(Value::number)
        .ok_or_else(|| "the result is not a finite number".into())
}

fn log(args: &[Value], _: &Context<'_>) -> Outcome {
    from_float(number(args, 0).to_f64().ln() / number(args, 1).to_f64().ln())
}

fn pow(args: &[Value], _: &Context<'_>) -> Outcome {
    let (base, power) = (number(args, 0), number(args, 1));
    // Whole powers of whole numbers are exact where a float is.
    from_float(base.to_f64().powf(power.to_f64()))
}

fn signum(args: &[Value], _: &Context<'_>) -> Outcome {
    let number = number(args, 0);
    if !number.is_integer() {
        return Err(blame(0, "a whole number is required"));
    }
    Ok(Value::int(if number.is_zero() {
        0
    } else if number.is_negative() {
        -1
    } else {
        1
    }))
}

fn extreme(args: &[Value], better: fn(&Number, &Number) -> bool) -> Outcome {
    let mut best: Option<Number> = None;
    for place in 0..args.len() {
        let number = number(args, place);
        if best.as_ref().is_none_or(|best| better(&number, best)) {
            best = Some(number);
        }
    }
    best.map(Value::number)
        .ok_or_else(|| "at least one number is required".into())
}

fn parseint(args: &[Value], _: &Context<'_>) -> Outcome {
    let value = arg(args, 0);
    let Some(text) = value.as_str() else {
        return Err(blame(0, "a string is required"));
    };
    let base = whole(args, 1)?;
    let Some(base) = u32::try_from(base).ok().filter(|b| (2..=62).contains(b)) else {
        return Err(blame(1, "the base must be from 2 to 62"));
    };
    let bad = || blame(0, format!("\"{text}\" is not a whole number in base {base}"));
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || digits.len() > 2000 {
        return Err(bad());
    }
    let mut number = BigInt::ZERO;
    for c in digits.chars() {
        let digit = match c {
            '0'..='9' => c as u32 - '0' as u32,
            'a'..='z' => c as u32 - 'a' as u32 + 10,
            // Up to base 36 both cases mean the same; beyond, capitals come after small letters.
            'A'..='Z' if base <= 36 => c as u32 - 'A' as u32 + 10,
            'A'..='Z' => c as u32 - 'A' as u32 + 36,
            _ => return Err(bad()),
        };
        if digit >= base {
            return Err(bad());
        }
        number = number * base + digit;
    }
    Ok(Value::number(Number::from_bigint(if negative {
        -number
    } else {
        number
    })?))
}

fn sum(args: &[Value], _: &Context<'_>) -> Outcome {
    let value = arg(args, 0);
    let Some(elements) = value.as_sequence() else {
        return Err(blame(0, "a list, set or tuple is required"));
    };
    if elements.is_empty() {
        return Err(blame(0, "the list is empty"));
    }
    let mut total = Number::ZERO;
    for element in elements_of(args, 0) {
        let converted = convert(element, &Type::Number);
        let Some(number) = converted.as_ref().ok().and_then(Value::as_number) else {
            return Err(blame(0, "every element must be a number"));
        };
        total = total.add(number)?;
    }
    Ok(Value::number(total))
}
