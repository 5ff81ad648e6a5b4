//! OpenTofu's `assume…`: a promise about a value that is not known yet, checked once it is.

use super::{Function, Kind, Outcome, Returns, arg, blame, function, param, text_of, whole};
use crate::config::eval::ops::equal;
use crate::model::convert::convert;
use crate::model::types::Type;
use crate::model::value::Value;

const VALUE: super::Param = param("value", Kind::Any).unknown().null().marked();
const COUNT: super::Param = param("count", Kind::Number);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "assumeequal",
        &[VALUE, param("assumed", Kind::Any).unknown().null().marked()],
        Returns::Same(1),
        |args, _| {
            let (value, assumed) = (arg(args, 0).without_marks(), arg(args, 1));
            let value = convert(&value, &assumed.ty()).map_err(|cause| blame(0, cause.to_string()))?;
            match equal(&value, &assumed) {
                Some(false) => Err(blame(0, "the value is not the one that was assumed")),
                _ => Ok(assumed),
            }
        },
    ),
    function("assumenotnull", &[VALUE], Returns::Same(0), |args, _| {
        let value = arg(args, 0);
        if value.is_null() {
            Err(blame(0, "the value is null"))
        } else if value.is_unknown() && value.ty() == Type::Any {
            Err(blame(0, "the type of the value is not known yet"))
        } else {
            Ok(value)
        }
    }),
    function(
        "assumestringprefix",
        &[
            param("value", Kind::String).unknown().marked(),
            param("prefix", Kind::String),
        ],
        Returns::String,
        |args, _| {
            let value = arg(args, 0);
            match value.as_str() {
                Some(text) if !text.starts_with(text_of(args, 1)) => {
                    Err(blame(0, "the text does not start with that prefix"))
                }
                _ => Ok(value),
            }
        },
    ),
    function(
        "assumelistlength",
        &[LIST, COUNT, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, min| n >= min).and_then(|_| length(args, 2, |n, max| n <= max)),
    ),
    function(
        "assumelistlengthmin",
        &[LIST, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n >= m),
    ),
    function(
        "assumelistlengthmax",
        &[LIST, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n <= m),
    ),
    function(
        "assumesetlength",
        &[SET, COUNT, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, min| n >= min).and_then(|_| length(args, 2, |n, max| n <= max)),
    ),
    function(
        "assumesetlengthmin",
        &[SET, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n >= m),
    ),
    function(
        "assumesetlengthmax",
        &[SET, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n <= m),
    ),
    function(
        "assumemaplength",
        &[MAP, COUNT, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, min| n >= min).and_then(|_| length(args, 2, |n, max| n <= max)),
    ),
    function(
        "assumemaplengthmin",
        &[MAP, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n >= m),
    ),
    function(
        "assumemaplengthmax",
        &[MAP, COUNT],
        Returns::Same(0),
        |args, _| length(args, 1, |n, m| n <= m),
    ),
];

const LIST: super::Param = param("list", Kind::List).unknown().marked();
const SET: super::Param = param("set", Kind::Set).unknown().marked();
const MAP: super::Param = param("map", Kind::Map).unknown().marked();

fn length(args: &[Value], bound: usize, fits: fn(i64, i64) -> bool) -> Outcome {
    let value = arg(args, 0);
    let wanted = whole(args, bound)?;
    if value.is_unknown() {
        return Ok(value);
    }
    let length = i64::try_from(value.children().count()).unwrap_or(i64::MAX);
    if fits(length, wanted) {
        Ok(value)
    } else {
        Err(blame(
            0,
            format!("it has {length} elements, against what was assumed ({wanted})"),
        ))
    }
}
