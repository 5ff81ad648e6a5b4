//! Looking into lists and maps: `element`, `lookup`, `contains`, `length` and the like.

use super::{
    Context, Function, Kind, Outcome, Returns, arg, blame, elements_of, function, param, text_of, whole,
};
use crate::config::eval::ops::equal;
use crate::model::convert::{convert, with_article};
use crate::model::types::{Mode, Type, unify};
use crate::model::value::{Value, View};
use unicode_segmentation::UnicodeSegmentation;

const LIST: super::Param = param("list", Kind::Any).shallow();

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "alltrue",
        &[param("list", Kind::Bools).shallow()],
        Returns::Bool,
        alltrue,
    ),
    function(
        "anytrue",
        &[param("list", Kind::Bools).shallow()],
        Returns::Bool,
        anytrue,
    ),
    function("coalesce", &[], Returns::Any, coalesce)
        .rest(param("vals", Kind::Any).unknown().null().marked()),
    function("coalescelist", &[], Returns::Any, coalescelist).rest(param("vals", Kind::Any).null().shallow()),
    function(
        "contains",
        &[LIST, param("value", Kind::Any).null().shallow()],
        Returns::Bool,
        contains,
    ),
    function(
        "element",
        &[LIST, param("index", Kind::Number)],
        Returns::Any,
        element,
    ),
    function(
        "index",
        &[LIST, param("value", Kind::Any)],
        Returns::Number,
        index,
    ),
    function(
        "keys",
        &[param("map", Kind::Any).unknown().marked()],
        Returns::Strings,
        keys,
    ),
    function(
        "length",
        &[param("value", Kind::Any).unknown().marked()],
        Returns::Number,
        length,
    ),
    function(
        "lookup",
        &[param("map", Kind::Any).shallow(), param("key", Kind::String)],
        Returns::Any,
        lookup,
    )
    .rest(param("default", Kind::Any).unknown().null().marked()),
    function(
        "matchkeys",
        &[
            param("values", Kind::List).shallow(),
            param("keys", Kind::List),
            param("searchset", Kind::List),
        ],
        Returns::Same(0),
        matchkeys,
    ),
    function(
        "one",
        &[param("list", Kind::Any).unknown().marked()],
        Returns::Any,
        one,
    ),
    function(
        "values",
        &[param("map", Kind::Any).shallow()],
        Returns::Any,
        values,
    ),
];

fn alltrue(args: &[Value], _: &Context<'_>) -> Outcome {
    for element in elements_of(args, 0) {
        if element.is_unknown() {
            return Ok(Value::unknown(Type::Bool));
        }
        if element.as_bool() != Some(true) {
            return Ok(Value::bool(false).marked_if(element.is_sensitive()));
        }
    }
    Ok(Value::bool(true).marked_if(elements_of(args, 0).iter().any(Value::is_sensitive)))
}

fn anytrue(args: &[Value], _: &Context<'_>) -> Outcome {
    let elements = elements_of(args, 0);
    let sensitive = elements.iter().any(Value::is_sensitive);
    if elements.iter().any(|e| e.as_bool() == Some(true)) {
        return Ok(Value::bool(true).marked_if(sensitive));
    }
    let unknown = elements.iter().any(Value::is_unknown);
    Ok(if unknown {
        Value::unknown(Type::Bool)
    } else {
        Value::bool(false)
    }
    .marked_if(sensitive))
}

/// The first value that is neither null nor an empty text.
fn coalesce(args: &[Value], _: &Context<'_>) -> Outcome {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    let Some(ty) = unify(&types, Mode::Unsafe) else {
        return Err(if args.is_empty() {
            "at least one argument is required".into()
        } else {
            "all arguments must have the same type".into()
        });
    };
    for (place, value) in args.iter().enumerate() {
        if value.is_unknown() {
            return Ok(Value::unknown(ty).marked_if(value.is_sensitive()));
        }
        if value.is_null() {
            continue;
        }
        let converted = convert(value, &ty).map_err(|cause| blame(place, cause.to_string()))?;
        if converted.as_str() == Some("") {
            continue;
        }
        return Ok(converted);
    }
    Err("no argument has a value: all are null or empty text".into())
}

fn coalescelist(args: &[Value], _: &Context<'_>) -> Outcome {
    for (place, value) in args.iter().enumerate() {
        match value.view() {
            View::Null(_) => {}
            View::List(_, e) | View::Tuple(e) => {
                if !e.is_empty() {
                    return Ok(value.clone());
                }
            }
            _ => return Err(blame(place, "only lists and tuples are accepted")),
        }
    }
    Err("no argument is a list with elements".into())
}

fn contains(args: &[Value], _: &Context<'_>) -> Outcome {
    let Some(elements) = args.first().and_then(Value::as_sequence) else {
        return Err(blame(0, "a list, set or tuple is required"));
    };
    let wanted = arg(args, 1);
    let sensitive = wanted.contains_sensitive() || elements.iter().any(Value::contains_sensitive);
    let mut unknown = false;
    for element in elements {
        match equal(element, &wanted) {
            Some(true) => return Ok(Value::bool(true).marked_if(sensitive)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown {
        Value::unknown(Type::Bool)
    } else {
        Value::bool(false)
    }
    .marked_if(sensitive))
}

/// An index past the end starts again from the front.
fn element(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let (View::List(_, elements) | View::Tuple(elements)) = list.view() else {
        return Err(blame(0, "a list or tuple is required"));
    };
    let index = whole(args, 1)?;
    if index < 0 {
        return Err(blame(1, "the index must not be negative"));
    }
    let count = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Err(blame(0, "the list is empty"));
    }
    let place = usize::try_from(index % count).unwrap_or(0);
    elements
        .get(place)
        .cloned()
        .ok_or_else(|| "the list is empty".into())
}

fn index(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let (View::List(_, elements) | View::Tuple(elements)) = list.view() else {
        return Err(blame(0, "a list or tuple is required"));
    };
    let wanted = arg(args, 1);
    let sensitive = elements.iter().any(Value::contains_sensitive);
    for (place, element) in elements.iter().enumerate() {
        match equal(element, &wanted) {
            Some(true) => return Ok(Value::count(place).marked_if(sensitive)),
            Some(false) => {}
            None => return Ok(Value::unknown(Type::Number).marked_if(sensitive)),
        }
    }
    Err(if elements.is_empty() {
        blame(0, "the list is empty")
    } else {
        blame(1, "the list does not hold this value")
    })
}

fn keys(args: &[Value], _: &Context<'_>) -> Outcome {
    let map = arg(args, 0);
    let names = |value: &Value| value.entries().map(|(k, _)| Value::string(k)).collect::<Vec<_>>();
    let result = match map.view() {
        View::Object(_) => Value::tuple(names(&map)),
        View::Map(..) => Value::list_of(Type::String, names(&map)),
        // The type alone tells an object's names.
        View::Unknown(Type::Object(fields)) => Value::tuple(fields.keys().map(Value::string).collect()),
        View::Unknown(Type::Map(_) | Type::Any) => Value::unknown(Type::list(Type::String)),
        _ => {
            return Err(blame(
                0,
                format!("a map or object is required, not {}", with_article(&map.ty())),
            ));
        }
    };
    Ok(result.marked_if(map.is_sensitive()))
}

fn values(args: &[Value], _: &Context<'_>) -> Outcome {
    let map = arg(args, 0);
    let list = map.entries().map(|(_, v)| v.clone()).collect();
    match map.view() {
        View::Object(_) => Ok(Value::tuple(list)),
        View::Map(ty, _) => Ok(Value::list_of(ty.clone(), list)),
        _ => Err(blame(
            0,
            format!("a map or object is required, not {}", with_article(&map.ty())),
        )),
    }
}

fn length(args: &[Value], _: &Context<'_>) -> Outcome {
    let value = arg(args, 0);
    let count = match value.view() {
        View::String(text) => Value::count(text.graphemes(true).count()),
        View::List(_, e) | View::Tuple(e) => Value::count(e.len()),
        // Unknown elements of a set may turn out equal.
        View::Set(_, e) if e.len() > 1 && !value.is_wholly_known() => Value::unknown(Type::Number),
        View::Set(_, e) => Value::count(e.len()),
        View::Map(_, e) | View::Object(e) => Value::count(e.len()),
        View::Unknown(Type::Tuple(types)) => Value::count(types.len()),
        View::Unknown(Type::Object(fields)) => Value::count(fields.len()),
        View::Unknown(Type::Number | Type::Bool) | View::Bool(_) | View::Number(_) => {
            return Err(blame(0, "only text and collections have a length"));
        }
        View::Unknown(_) | View::Null(_) => Value::unknown(Type::Number),
    };
    Ok(count.marked_if(value.is_sensitive()))
}

fn lookup(args: &[Value], _: &Context<'_>) -> Outcome {
    let map = arg(args, 0);
    let key = text_of(args, 1);
    if args.len() > 3 {
        return Err(blame(3, "at most one default is accepted"));
    }
    let (View::Map(..) | View::Object(_)) = map.view() else {
        return Err(blame(
            0,
            format!("a map or object is required, not {}", with_article(&map.ty())),
        ));
    };
    let default = match (args.get(2), map.view()) {
        (Some(default), View::Map(ty, _)) => {
            Some(convert(default, ty).map_err(|cause| blame(2, cause.to_string()))?)
        }
        (default, _) => default.cloned(),
    };
    match (map.get(key), default) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(blame(
            1,
            format!("there is no element \"{key}\", and no default is given"),
        )),
    }
}

fn matchkeys(args: &[Value], _: &Context<'_>) -> Outcome {
    let (values, keys, search) = (arg(args, 0), elements_of(args, 1), elements_of(args, 2));
    let View::List(ty, elements) = values.view() else {
        return Err(blame(0, "a list is required"));
    };
    if elements.len() != keys.len() {
        return Err("the list of keys must be as long as the list of values".into());
    }
    let types: Vec<Type> = keys.iter().chain(search).map(Value::ty).collect();
    let key_ty = if types.is_empty() {
        Some(Type::Any)
    } else {
        unify(&types, Mode::Unsafe)
    };
    let Some(key_ty) = key_ty else {
        return Err("the keys and the searched values must have the same type".into());
    };
    let converted = |list: &[Value]| -> Result<Vec<Value>, super::CallError> {
        list.iter()
            .map(|v| convert(v, &key_ty).map_err(|cause| cause.to_string().into()))
            .collect()
    };
    let (keys, search) = (converted(keys)?, converted(search)?);
    let kept = elements
        .iter()
        .zip(&keys)
        .filter(|(_, key)| search.iter().any(|s| equal(s, key) == Some(true)))
        .map(|(value, _)| value.clone())
        .collect();
    Ok(Value::list_of(ty.clone(), kept))
}

/// The only element, or null when there is none.
fn one(args: &[Value], _: &Context<'_>) -> Outcome {
    let list = arg(args, 0);
    let too_many = || Err(blame(0, "it must have at most one element"));
    let result = match list.view() {
        View::Unknown(Type::Any) => Value::unknown(Type::Any),
        View::Unknown(Type::List(ty) | Type::Set(ty)) => Value::unknown(Type::clone(ty)),
        View::Unknown(Type::Tuple(types)) => match types.as_ref() {
            [] => Value::unknown(Type::Any),
            [only] => Value::unknown(only.clone()),
            _ => return too_many(),
        },
        View::List(ty, elements) | View::Set(ty, elements) => match elements {
            [] => Value::null_of(ty.clone()),
            [only] => only.clone(),
            _ if matches!(list.view(), View::Set(..)) && !list.is_wholly_known() => {
                Value::unknown(ty.clone())
            }
            _ => return too_many(),
        },
        View::Tuple([]) => Value::null(),
        View::Tuple([only]) => only.clone(),
        View::Tuple(_) => return too_many(),
        _ => return Err(blame(0, "a list, set or tuple is required")),
    };
    Ok(result.marked_if(list.is_sensitive()))
}
