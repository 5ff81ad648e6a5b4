//! Making new lists and maps out of others.

use super::{
    CallError, Context, Function, Kind, Outcome, Returns, arg, blame, elements_of, function, param, whole,
};
use crate::model::number::Number;
use crate::model::types::{Mode, Type, unify};
use crate::model::value::{Value, View};
use std::collections::BTreeMap;

const LIST: super::Param = param("list", Kind::Any).shallow();

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "chunklist",
        &[param("list", Kind::List).shallow(), param("size", Kind::Number)],
        Returns::Any,
        chunklist,
    ),
    function(
        "compact",
        &[param("list", Kind::Strings)],
        Returns::Strings,
        compact,
    ),
    function("concat", &[], Returns::Any, concat).rest(param("seqs", Kind::Any).shallow()),
    function(
        "distinct",
        &[param("list", Kind::List)],
        Returns::Same(0),
        distinct,
    ),
    function("flatten", &[LIST], Returns::Any, flatten),
    function("merge", &[], Returns::Any, merge).rest(param("maps", Kind::Any).null().shallow()),
    function("range", &[], Returns::Any, range).rest(param("params", Kind::Number)),
    function("reverse", &[LIST], Returns::Any, reverse),
    function(
        "slice",
        &[
            LIST,
            param("start_index", Kind::Number),
            param("end_index", Kind::Number),
        ],
        Returns::Any,
        slice,
    ),
    function("sort", &[param("list", Kind::Strings)], Returns::Strings, sort),
    function(
        "transpose",
        &[param("values", Kind::MapOfStrings)],
        Returns::Same(0),
        transpose,
    ),
    function(
        "zipmap",
        &[param("keys", Kind::Strings), param("values", Kind::Any).shallow()],
        Returns::Any,
        zipmap,
    ),
];

/// Most elements that `range` makes, as in Terraform.
const MAX_RANGE: usize = 1024;

fn chunklist(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let View::List(ty, elements) = list.view() else {
        return Err(blame(0, "a list is required"));
    };
    let size = whole(args, 1)?;
    if size < 0 {
        return Err(blame(1, "the size must not be negative"));
    }
    let size = usize::try_from(size).unwrap_or(0);
    let chunks: Vec<Value> = if elements.is_empty() {
        Vec::new()
    } else if size == 0 {
        vec![list.clone()]
    } else {
        elements
            .chunks(size)
            .map(|chunk| Value::list_of(ty.clone(), chunk.to_vec()))
            .collect()
    };
    Ok(Value::list_of(Type::list(ty.clone()), chunks))
}

fn compact(args: &[Value], _: &Context<'_>) -> Outcome {
    let kept = elements_of(args, 0)
        .iter()
        .filter(|e| e.as_str().is_some_and(|t| !t.is_empty()))
        .cloned()
        .collect();
    Ok(Value::list_of(Type::String, kept))
}

fn concat(args: &[Value], _: &Context<'_>) -> Outcome {
    if args.is_empty() {
        return Err("at least one list is required".into());
    }
    let mut all = Vec::new();
    for (place, value) in args.iter().enumerate() {
        match value.view() {
            View::List(_, e) | View::Tuple(e) => all.extend_from_slice(e),
            _ => return Err(blame(place, "only lists and tuples are accepted")),
        }
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.iter().all(|t| matches!(t, Type::List(_)))
        && let Some(Type::List(element)) = unify(&types, Mode::Unsafe)
    {
        let converted: Result<Vec<_>, _> = all
            .iter()
            .map(|e| crate::model::convert::convert(e, &element))
            .collect();
        if let Ok(converted) = converted {
            return Ok(Value::list_of(Type::clone(&element), converted));
        }
    }
    Ok(Value::tuple(all))
}

fn distinct(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let View::List(ty, elements) = list.view() else {
        return Err(blame(0, "a list is required"));
    };
    let mut seen = std::collections::BTreeSet::new();
    let kept = elements
        .iter()
        .filter(|e| seen.insert(Ordered((*e).clone())))
        .cloned()
        .collect();
    Ok(Value::list_of(ty.clone(), kept))
}

/// A value in the order of sets.
struct Ordered(Value);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.order(&other.0)
    }
}

fn flatten(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    if list.as_sequence().is_none() {
        return Err(blame(0, "a list, set or tuple is required"));
    }
    let mut out = Vec::new();
    let mut sensitive = false;
    if !flatten_into(&list, &mut out, &mut sensitive) {
        return Ok(Value::unknown(Type::Any).marked_if(sensitive));
    }
    Ok(Value::tuple(out).marked_if(sensitive))
}

/// False when something unknown may be a list.
fn flatten_into(list: &Value, out: &mut Vec<Value>, sensitive: &mut bool) -> bool {
    for element in list.as_sequence().unwrap_or(&[]) {
        match element.view() {
            View::List(..) | View::Set(..) | View::Tuple(_) => {
                *sensitive |= element.is_sensitive();
                if !flatten_into(element, out, sensitive) {
                    return false;
                }
            }
            View::Unknown(Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => return false,
            _ => out.push(element.clone()),
        }
    }
    true
}

/// Later arguments win. Maps of one type give a map, anything else an object.
fn merge(args: &[Value], _: &Context<'_>) -> Outcome {
    let mut merged: BTreeMap<String, Value> = BTreeMap::new();
    let mut types = Vec::new();
    for (place, value) in args.iter().enumerate() {
        if !matches!(value.ty(), Type::Map(_) | Type::Object(_) | Type::Any) {
            return Err(blame(place, "only maps and objects are accepted"));
        }
        if value.is_null() {
            continue;
        }
        types.push(value.ty());
        merged.extend(value.entries().map(|(k, v)| (k.to_owned(), v.clone())));
    }
    match types.first() {
        Some(Type::Map(element)) if types.iter().all(|t| Some(t) == types.first()) => {
            Ok(Value::map_of(Type::clone(element), merged))
        }
        None => match args.first().map(Value::ty) {
            Some(ty) if !matches!(ty, Type::Any) => Ok(Value::null_of(ty)),
            _ => Ok(Value::object(merged)),
        },
        _ => Ok(Value::object(merged)),
    }
}

fn range(args: &[Value], _: &Context<'_>) -> Outcome {
    let number = |place: usize| args.get(place).and_then(Value::as_number).cloned();
    let zero = Number::ZERO;
    let (start, limit, step) = match args.len() {
        1 => (Some(zero.clone()), number(0), None),
        2 => (number(0), number(1), None),
        3 => (number(0), number(1), number(2)),
        _ => return Err("one to three numbers are required".into()),
    };
    let (Some(start), Some(limit)) = (start, limit) else {
        return Err("numbers are required".into());
    };
    let down = limit < start;
    let step = step.unwrap_or_else(|| Number::from(if down { -1 } else { 1 }));
    if step.is_zero() {
        return Err(blame(2, "the step must not be zero"));
    }
    if down && !step.is_negative() {
        return Err(blame(2, "the step must be negative when the range goes down"));
    }
    if !down && step.is_negative() && start != limit {
        return Err(blame(2, "the step must be positive when the range goes up"));
    }
    let mut list = Vec::new();
    let mut at = start;
    while if down { at > limit } else { at < limit } {
        if list.len() == MAX_RANGE {
            return Err(format!("the range has more than {MAX_RANGE} elements").into());
        }
        list.push(Value::number(at.clone()));
        at = at.add(&step).map_err(CallError::from)?;
    }
    Ok(Value::list_of(Type::Number, list))
}

fn reverse(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let reversed = |e: &[Value]| e.iter().rev().cloned().collect::<Vec<_>>();
    match list.view() {
        View::List(ty, e) | View::Set(ty, e) => Ok(Value::list_of(ty.clone(), reversed(e))),
        View::Tuple(e) => Ok(Value::tuple(reversed(e))),
        _ => Err(blame(0, "a list, set or tuple is required")),
    }
}

fn slice(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let (View::List(_, elements) | View::Tuple(elements)) = list.view() else {
        return Err(blame(0, "a list or tuple is required"));
    };
    let bound = |place: usize| -> Result<usize, CallError> {
        usize::try_from(whole(args, place)?).map_err(|_| blame(place, "the index must not be negative"))
    };
    let (start, end) = (bound(1)?, bound(2)?);
    if end > elements.len() {
        return Err(blame(
            2,
            format!("the end is past the list's length of {}", elements.len()),
        ));
    }
    let Some(part) = elements.get(start..end) else {
        return Err(blame(1, "the start is after the end"));
    };
    match list.view() {
        View::List(ty, _) => Ok(Value::list_of(ty.clone(), part.to_vec())),
        _ => Ok(Value::tuple(part.to_vec())),
    }
}

fn sort(args: &[Value], _: &Context<'_>) -> Outcome {
    let mut texts = Vec::new();
    for element in elements_of(args, 0) {
        texts.push(
            element
                .as_str()
                .ok_or_else(|| blame(0, "a null element cannot be sorted"))?,
        );
    }
    texts.sort_unstable();
    Ok(Value::list_of(
        Type::String,
        texts.into_iter().map(Value::string).collect(),
    ))
}

fn transpose(args: &[Value], _: &Context<'_>) -> Outcome {
    let map = arg(args, 0);
    let mut inverted: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, list) in map.entries() {
        for element in list.as_sequence().unwrap_or(&[]) {
            let text = element
                .as_str()
                .ok_or_else(|| blame(0, "the elements must be text, not null"))?;
            inverted
                .entry(text.to_owned())
                .or_default()
                .push(Value::string(key));
        }
    }
    let entries = inverted
        .into_iter()
        .map(|(k, v)| (k, Value::list_of(Type::String, v)))
        .collect();
    Ok(Value::map_of(Type::list(Type::String), entries))
}

fn zipmap(args: &[Value], _: &Context<'_>) -> Outcome {
    let keys = elements_of(args, 0);
    let values = arg(args, 1);
    let (View::List(_, elements) | View::Tuple(elements)) = values.view() else {
        return Err(blame(1, "a list or tuple is required"));
    };
    if keys.len() != elements.len() {
        return Err(format!("there are {} keys but {} values", keys.len(), elements.len()).into());
    }
    let mut entries = BTreeMap::new();
    for (key, value) in keys.iter().zip(elements) {
        let key = key.as_str().ok_or_else(|| blame(0, "a key must not be null"))?;
        entries.insert(key.to_owned(), value.clone());
    }
    match values.view() {
        View::List(ty, _) => Ok(Value::map_of(ty.clone(), entries)),
        _ => Ok(Value::object(entries)),
    }
}
