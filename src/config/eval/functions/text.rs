//! Text: cutting, joining, changing case and padding.

use super::{Context, Function, Kind, Outcome, Returns, blame, elements_of, function, param, text_of, whole};
use crate::model::value::Value;
use unicode_segmentation::UnicodeSegmentation;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "chomp",
        &[param("str", Kind::String)],
        Returns::String,
        |args, _| Ok(Value::string(text_of(args, 0).trim_end_matches(['\n', '\r']))),
    ),
    function(
        "endswith",
        &[param("str", Kind::String), param("suffix", Kind::String)],
        Returns::Bool,
        |args, _| Ok(Value::bool(text_of(args, 0).ends_with(text_of(args, 1)))),
    ),
    function(
        "indent",
        &[param("spaces", Kind::Number), param("str", Kind::String)],
        Returns::String,
        indent,
    ),
    function("join", &[param("separator", Kind::String)], Returns::String, join)
        .rest(param("lists", Kind::Strings)),
    function(
        "lower",
        &[param("str", Kind::String)],
        Returns::String,
        |args, _| {
            Ok(Value::string(
                text_of(args, 0).chars().map(lower).collect::<String>(),
            ))
        },
    ),
    function(
        "split",
        &[param("separator", Kind::String), param("str", Kind::String)],
        Returns::Strings,
        split,
    ),
    function(
        "startswith",
        &[
            param("str", Kind::String).unknown(),
            param("prefix", Kind::String),
        ],
        Returns::Bool,
        |args, _| {
            if args.first().is_some_and(Value::is_unknown) {
                // Every text starts with nothing.
                let empty = text_of(args, 1).is_empty();
                return Ok(if empty {
                    Value::bool(true)
                } else {
                    Value::unknown(crate::model::types::Type::Bool)
                });
            }
            Ok(Value::bool(text_of(args, 0).starts_with(text_of(args, 1))))
        },
    ),
    function(
        "strcontains",
        &[param("str", Kind::String), param("substr", Kind::String)],
        Returns::Bool,
        |args, _| Ok(Value::bool(text_of(args, 0).contains(text_of(args, 1)))),
    ),
    function(
        "strrev",
        &[param("str", Kind::String)],
        Returns::String,
        |args, _| {
            Ok(Value::string(
                text_of(args, 0).graphemes(true).rev().collect::<String>(),
            ))
        },
    ),
    function(
        "substr",
        &[
            param("str", Kind::String),
            param("offset", Kind::Number),
            param("length", Kind::Number),
        ],
        Returns::String,
        substr,
    ),
    function("title", &[param("str", Kind::String)], Returns::String, title),
    function(
        "trim",
        &[param("str", Kind::String), param("cutset", Kind::String)],
        Returns::String,
        |args, _| {
            let cutset = text_of(args, 1);
            Ok(Value::string(
                text_of(args, 0).trim_matches(|c| cutset.contains(c)),
            ))
        },
    ),
    function(
        "trimprefix",
        &[param("str", Kind::String), param("prefix", Kind::String)],
        Returns::String,
        |args, _| {
            let text = text_of(args, 0);
            Ok(Value::string(text.strip_prefix(text_of(args, 1)).unwrap_or(text)))
        },
    ),
    function(
        "trimspace",
        &[param("str", Kind::String)],
        Returns::String,
        |args, _| Ok(Value::string(text_of(args, 0).trim())),
    ),
    function(
        "trimsuffix",
        &[param("str", Kind::String), param("suffix", Kind::String)],
        Returns::String,
        |args, _| {
            let text = text_of(args, 0);
            Ok(Value::string(text.strip_suffix(text_of(args, 1)).unwrap_or(text)))
        },
    ),
    function(
        "upper",
        &[param("str", Kind::String)],
        Returns::String,
        |args, _| {
            Ok(Value::string(
                text_of(args, 0).chars().map(upper).collect::<String>(),
            ))
        },
    ),
];

/// Case is changed character by character: what has no single counterpart, like ß, stays.
fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Largest indentation; more is a mistake and not worth the memory.
const MAX_INDENT: i64 = 10_000;

fn indent(args: &[Value], _: &Context<'_>) -> Outcome {
    let spaces = whole(args, 0)?;
    if !(0..=MAX_INDENT).contains(&spaces) {
        return Err(blame(
            0,
            format!("the number of spaces must be from 0 to {MAX_INDENT}"),
        ));
    }
    let pad = format!("\n{}", " ".repeat(usize::try_from(spaces).unwrap_or(0)));
    Ok(Value::string(text_of(args, 1).replace('\n', &pad)))
}

fn join(args: &[Value], _: &Context<'_>) -> Outcome {
    if args.len() < 2 {
        return Err("at least one list is required".into());
    }
    let mut parts = Vec::new();
    for place in 1..args.len() {
        for (index, element) in elements_of(args, place).iter().enumerate() {
            let Some(text) = element.as_str() else {
                return Err(blame(
                    place,
                    format!("element {index} is null; a null value cannot be joined"),
                ));
            };
            parts.push(text);
        }
    }
    Ok(Value::string(parts.join(text_of(args, 0))))
}

fn split(args: &[Value], _: &Context<'_>) -> Outcome {
    let (separator, text) = (text_of(args, 0), text_of(args, 1));
    let parts: Vec<Value> = if separator.is_empty() {
        // Without a separator every character is a part.
        text.chars().map(|c| Value::string(c.to_string())).collect()
    } else {
        text.split(separator).map(Value::string).collect()
    };
    Ok(Value::list_of(crate::model::types::Type::String, parts))
}

/// Offset and length count grapheme clusters; a negative offset counts from the end.
fn substr(args: &[Value], _: &Context<'_>) -> Outcome {
    let graphemes: Vec<&str> = text_of(args, 0).graphemes(true).collect();
    let count = i64::try_from(graphemes.len()).unwrap_or(i64::MAX);
    let (offset, length) = (whole(args, 1)?, whole(args, 2)?);
    if length < -1 {
        return Err(blame(2, "the length must be -1 (up to the end) or more"));
    }
    let start = if offset < 0 {
        (count + offset.max(-count)).max(0)
    } else {
        offset.min(count)
    };
    let taken = if length < 0 { count } else { length };
    let start = usize::try_from(start).unwrap_or(0);
    let taken = usize::try_from(taken).unwrap_or(usize::MAX);
    Ok(Value::string(
        graphemes.into_iter().skip(start).take(taken).collect::<String>(),
    ))
}

fn title(args: &[Value], _: &Context<'_>) -> Outcome {
    let mut out = String::new();
    let mut after_word = false;
    for c in text_of(args, 0).chars() {
        if after_word {
            out.push(c);
        } else {
            out.push(upper(c));
        }
        // A letter, digit, underscore or mark inside a word; anything else separates words.
        after_word = c.is_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace());
    }
    Ok(Value::string(out))
}
