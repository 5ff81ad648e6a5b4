//! `format` and `formatlist`, with the verbs of Go's `fmt` that Terraform has.

use super::encoding::write_json;
use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param, text_of};
use crate::model::convert::convert;
use crate::model::number::Number;
use crate::model::types::Type;
use crate::model::value::{Value, View};
use num_traits::Signed as _;
use unicode_segmentation::UnicodeSegmentation;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "format",
        &[param("format", Kind::String)],
        Returns::String,
        |args, _| format(text_of(args, 0), args.get(1..).unwrap_or(&[])).map(Value::string),
    )
    .rest(param("args", Kind::Any).null()),
    function(
        "formatlist",
        &[param("format", Kind::String)],
        Returns::Strings,
        formatlist,
    )
    .rest(param("args", Kind::Any).null()),
];

/// Widest field and longest fraction; more is a mistake.
const MAX_WIDTH: usize = 10_000;

/// One `%…` of a format.
#[derive(Default)]
struct Verb {
    plus: bool,
    minus: bool,
    zero: bool,
    space: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// The argument, from 0.
    argument: usize,
    letter: char,
}

pub(super) fn format(pattern: &str, args: &[Value]) -> Result<String, CallError> {
    let mut out = String::new();
    let mut next = 0;
    let mut highest = 0;
    let mut indexed = false;
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let offset = pattern.len() - rest.len() + at;
        let tail = rest.get(at + 1..).unwrap_or("");
        let (verb, length) = read_verb(tail, &mut next, &mut highest, &mut indexed, offset)?;
        rest = tail.get(length..).unwrap_or("");
        if verb.letter == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = args.get(verb.argument) else {
            let detail = format!(
                "not enough arguments for \"%{}\" at {offset}: it needs argument {}",
                tail.get(..length).unwrap_or(""),
                verb.argument + 1
            );
            return Err(blame(0, detail));
        };
        out.push_str(&render(&verb, value, offset).map_err(|message| blame(verb.argument + 1, message))?);
    }
    out.push_str(rest);
    if highest < args.len() && !indexed {
        return Err(blame(
            highest + 1,
            format!("too many arguments: only {highest} are used by the format"),
        ));
    }
    Ok(out)
}

fn read_verb(
    text: &str,
    next: &mut usize,
    highest: &mut usize,
    indexed: &mut bool,
    offset: usize,
) -> Result<(Verb, usize), CallError> {
    let mut verb = Verb::default();
    let mut chars = text.char_indices().peekable();
    while let Some((_, c)) = chars.peek() {
        match c {
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            '0' => verb.zero = true,
            ' ' => verb.space = true,
            '#' => verb.sharp = true,
            _ => break,
        }
        chars.next();
    }
    let number =
        |chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>| -> Result<Option<usize>, CallError> {
            let mut digits = String::new();
            while let Some((_, c)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
                digits.push(c);
            }
            if digits.is_empty() {
                return Ok(None);
            }
            digits
                .parse()
                .ok()
                .filter(|n| *n <= MAX_WIDTH)
                .map(Some)
                .ok_or_else(|| blame(0, format!("a width at {offset} is larger than {MAX_WIDTH}")))
        };
    verb.width = number(&mut chars)?;
    if chars.next_if(|(_, c)| *c == '.').is_some() {
        verb.precision = Some(number(&mut chars)?.unwrap_or(0));
    }
    let mut explicit = None;
    if chars.next_if(|(_, c)| *c == '[').is_some() {
        explicit = number(&mut chars)?.filter(|n| *n > 0);
        let closed = chars.next_if(|(_, c)| *c == ']').is_some();
        if explicit.is_none() || !closed {
            return Err(blame(
                0,
                format!("the argument index at {offset} must be a number from 1 in brackets"),
            ));
        }
        *indexed = true;
    }
    let Some((at, letter)) = chars.next() else {
        return Err(blame(
            0,
            format!("the format ends inside the verb at {offset}; write %% for a percent sign"),
        ));
    };
    verb.letter = letter;
    if letter != '%' {
        verb.argument = explicit.map_or(*next, |n| n - 1);
        *next = verb.argument + 1;
        *highest = (*highest).max(*next);
    }
    Ok((verb, at + letter.len_utf8()))
}

fn render(verb: &Verb, value: &Value, offset: usize) -> Result<String, String> {
    if value.is_null() && verb.letter != 'v' {
        return Err(format!(
            "a null value cannot be formatted with %{} at {offset}",
            verb.letter
        ));
    }
    let converted =
        |ty: &Type| convert(value, ty).map_err(|cause| format!("%{} at {offset}: {cause}", verb.letter));
    let text = match verb.letter {
        'v' => return Ok(pad(&any_text(verb, value), verb)),
        't' => converted(&Type::Bool)?
            .as_bool()
            .map_or_else(String::new, |b| b.to_string()),
        'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' => {
            let number = converted(&Type::Number)?;
            let number = number.as_number().cloned().unwrap_or(Number::ZERO);
            return Ok(pad_number(&number_text(verb, &number), verb));
        }
        's' | 'q' => {
            let text = converted(&Type::String)?;
            let text: String = match (text.as_str(), verb.precision) {
                (Some(text), Some(most)) => text.graphemes(true).take(most).collect(),
                (Some(text), None) => text.to_owned(),
                (None, _) => String::new(),
            };
            if verb.letter == 'q' {
                serde_json::Value::from(text).to_string()
            } else {
                text
            }
        }
        other => {
            return Err(format!(
                "%{other} at {offset} is no verb; those are v t b d o x X e E f g G s q"
            ));
        }
    };
    Ok(pad(&text, verb))
}

fn any_text(verb: &Verb, value: &Value) -> String {
    match value.view() {
        View::String(text) if !verb.sharp => text.to_owned(),
        View::Number(number) => number.to_string(),
        View::Bool(b) => b.to_string(),
        View::Null(_) => "null".to_owned(),
        _ => {
            let mut json = String::new();
            write_json(value, &mut json);
            json
        }
    }
}

fn number_text(verb: &Verb, number: &Number) -> String {
    let radix = |base: u32| {
        let whole = number.trunc_to_bigint();
        let sign = if whole.is_negative() { "-" } else { "" };
        format!("{sign}{}", whole.magnitude().to_str_radix(base))
    };
    let text = match verb.letter {
        'b' => radix(2),
        'o' => radix(8),
        'x' => radix(16),
        'X' => radix(16).to_uppercase(),
        'd' => radix(10),
        'f' => number.to_fixed(verb.precision.unwrap_or(6)),
        'e' => number.to_scientific(Some(verb.precision.unwrap_or(6))),
        'E' => number
            .to_scientific(Some(verb.precision.unwrap_or(6)))
            .to_uppercase(),
        'G' => general(number, verb.precision).to_uppercase(),
        _ => general(number, verb.precision),
    };
    match (number.is_negative(), verb.plus, verb.space) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text,
    }
}

/// `%g`: scientific for very large and very small numbers, without trailing zeros.
fn general(number: &Number, precision: Option<usize>) -> String {
    let scientific = match precision {
        Some(digits) => number.to_scientific(Some(digits.max(1) - 1)),
        None => number.to_scientific(None),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let limit = match precision {
        Some(p) => i64::try_from(p.max(1)).unwrap_or(i64::MAX),
        // What Go does when as many digits as needed are printed.
        None => 6,
    };
    if exponent < -4 || exponent >= limit {
        let trimmed = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{trimmed}e{sign}{:02}", exponent.abs());
    }
    match precision {
        None => number.to_string(),
        Some(p) => {
            let places = i64::try_from(p.max(1)).unwrap_or(1) - 1 - exponent;
            let fixed = number.to_fixed(usize::try_from(places).unwrap_or(0));
            if fixed.contains('.') {
                fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                fixed
            }
        }
    }
}

fn pad(text: &str, verb: &Verb) -> String {
    let missing = verb
        .width
        .unwrap_or(0)
        .saturating_sub(text.graphemes(true).count());
    let blanks = " ".repeat(missing);
    if verb.minus {
        format!("{text}{blanks}")
    } else if verb.zero {
        format!("{}{text}", "0".repeat(missing))
    } else {
        format!("{blanks}{text}")
    }
}

/// Zeros go between the sign and the digits.
fn pad_number(text: &str, verb: &Verb) -> String {
    if verb.zero && !verb.minus && text.starts_with(['-', '+', ' ']) {
        let (sign, digits) = text.split_at(1);
        let inner = Verb {
            width: verb.width.map(|w| w.saturating_sub(1)),
            zero: true,
            ..Verb::default()
        };
        return format!("{sign}{}", pad(digits, &inner));
    }
    pad(text, verb)
}

/// Lists are walked together; other values stand for themselves each time.
fn formatlist(args: &[Value], _: &Context<'_>) -> Outcome {
    let pattern = text_of(args, 0);
    let values = args.get(1..).unwrap_or(&[]);
    if values.is_empty() {
        return Ok(Value::list_of(
            Type::String,
            vec![Value::string(format(pattern, &[])?)],
        ));
    }
    let mut length: Option<(usize, usize)> = None;
    for (place, value) in values.iter().enumerate() {
        let Some(elements) = value.as_sequence() else {
            continue;
        };
        match length {
            Some((first, expected)) if expected != elements.len() => {
                let message = format!(
                    "it has {} elements, but argument {} has {expected}",
                    elements.len(),
                    first + 1
                );
                return Err(blame(place + 1, message));
            }
            Some(_) => {}
            None => length = Some((place + 1, elements.len())),
        }
    }
    let count = length.map_or(1, |(_, n)| n);
    let mut out = Vec::with_capacity(count);
    for index in 0..count {
        let row: Vec<Value> = values
            .iter()
            .map(|v| v.as_sequence().and_then(|e| e.get(index)).unwrap_or(v).clone())
            .collect();
        out.push(Value::string(format(pattern, &row)?));
    }
    Ok(Value::list_of(Type::String, out))
}
