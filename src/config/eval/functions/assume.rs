//! OpenTofu's `assume…`: a promise about a value that is not known yet, checked once it is.

use super::{Function, Kind, Outcome, Returns, arg, blame, function, param, text_of, whole};
use crate::config::eval::ops::equal;
use crate::model::value::Value;

const VALUE: super::Param = param("value", Kind::Any).unknown().null().marked();
const COUNT: super::Param = param("count", Kind::Number);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "assumeequal",
        &[VALUE, param("other", Kind::Any).unknown().null()],
        Returns::Same(0),
        |args, _| {
            let (value, other) = (arg(args, 0), arg(args, 1));
            if value.is_unknown() && !other.is_unknown() {
                let fits = crate::model::convert::convert(&other, &value.ty());
                return fits.map_err(|cause| blame(1, cause.to_string()));
            }
            match equal(&value.without_marks(), &other) {
                Some(false) => Err(blame(0, "the value is not the one that was assumed")),
                _ => Ok(value),
            }
        },
    ),
    function("assumenotnull", &[VALUE], Returns::Same(0), |args, _| {
        let value = arg(args, 0);
        if value.is_null() {
            Err(blame(0, "the value is null"))
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
    function("assumelistlength", &[LIST, COUNT], Returns::Same(0), |args, _| {
        length(args, |n, m| n == m)
    }),
    function(
        "assumelistlengthmin",
        &[LIST, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n >= m),
    ),
    function(
        "assumelistlengthmax",
        &[LIST, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n <= m),
    ),
    function("assumesetlength", &[SET, COUNT], Returns::Same(0), |args, _| {
        length(args, |n, m| n == m)
    }),
    function(
        "assumesetlengthmin",
        &[SET, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n >= m),
    ),
    function(
        "assumesetlengthmax",
        &[SET, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n <= m),
    ),
    function("assumemaplength", &[MAP, COUNT], Returns::Same(0), |args, _| {
        length(args, |n, m| n == m)
    }),
    function(
        "assumemaplengthmin",
        &[MAP, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n >= m),
    ),
    function(
        "assumemaplengthmax",
        &[MAP, COUNT],
        Returns::Same(0),
        |args, _| length(args, |n, m| n <= m),
    ),
];

const LIST: super::Param = param("list", Kind::List).unknown().marked();
const SET: super::Param = param("set", Kind::Set).unknown().marked();
const MAP: super::Param = param("map", Kind::Map).unknown().marked();

fn length(args: &[Value], fits: fn(i64, i64) -> bool) -> Outcome {
    let value = arg(args, 0);
    let wanted = whole(args, 1)?;
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
