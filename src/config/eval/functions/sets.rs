//! `setunion`, `setintersection`, `setsubtract`, `setproduct`.

use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param};
use crate::model::convert::convert;
use crate::model::types::{Mode, Type, unify};
use crate::model::value::{Value, View};

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "setintersection",
        &[param("first_set", Kind::Set)],
        Returns::Any,
        intersection,
    )
    .rest(param("other_sets", Kind::Set)),
    function("setproduct", &[], Returns::Any, product).rest(param("sets", Kind::Any).shallow()),
    function(
        "setsubtract",
        &[param("a", Kind::Set), param("b", Kind::Set)],
        Returns::Any,
        subtract,
    ),
    function("setunion", &[param("first_set", Kind::Set)], Returns::Any, union)
        .rest(param("other_sets", Kind::Set)),
];

/// Most elements of a product.
const MAX_PRODUCT: usize = 1 << 20;

/// The arguments with one element type.
fn alike(args: &[Value]) -> Result<(Type, Vec<Value>), CallError> {
    // An empty set of no type says nothing about the others' type.
    let types: Vec<Type> = args
        .iter()
        .filter(|v| !(matches!(v.view(), View::Set(Type::Any, e) if e.is_empty())))
        .filter_map(|v| v.ty().element().cloned())
        .collect();
    let ty = if types.is_empty() {
        Some(Type::Any)
    } else {
        unify(&types, Mode::Unsafe)
    };
    let Some(ty) = ty else {
        return Err("the sets must have one element type".into());
    };
    let set = Type::set(ty.clone());
    let converted: Result<Vec<Value>, CallError> = args
        .iter()
        .enumerate()
        .map(|(place, v)| convert(v, &set).map_err(|cause| blame(place, cause.to_string())))
        .collect();
    Ok((ty, converted?))
}

fn elements(value: &Value) -> &[Value] {
    value.as_sequence().unwrap_or(&[])
}

fn has(set: &Value, value: &Value) -> bool {
    elements(set).binary_search_by(|e| e.order(value)).is_ok()
}

fn union(args: &[Value], _: &Context<'_>) -> Outcome {
    let (ty, sets) = alike(args)?;
    Ok(Value::set_of(
        ty,
        sets.iter().flat_map(|s| elements(s).iter().cloned()).collect(),
    ))
}

fn intersection(args: &[Value], _: &Context<'_>) -> Outcome {
    let (ty, sets) = alike(args)?;
    let (first, others) = sets.split_first().ok_or("at least one set is required")?;
    let kept = elements(first)
        .iter()
        .filter(|e| others.iter().all(|s| has(s, e)))
        .cloned()
        .collect();
    Ok(Value::set_of(ty, kept))
}

fn subtract(args: &[Value], _: &Context<'_>) -> Outcome {
    let (ty, sets) = alike(args)?;
    let [first, second] = sets.as_slice() else {
        return Err("two sets are required".into());
    };
    let kept = elements(first)
        .iter()
        .filter(|e| !has(second, e))
        .cloned()
        .collect();
    Ok(Value::set_of(ty, kept))
}

/// Every combination, as tuples. The result is a list when an argument has an order.
fn product(args: &[Value], _: &Context<'_>) -> Outcome {
    if args.len() < 2 {
        return Err("at least two sets are required".into());
    }
    let mut ordered = false;
    let mut factors: Vec<(Type, Vec<Value>)> = Vec::new();
    let mut total: usize = 1;
    for (place, value) in args.iter().enumerate() {
        let factor = match value.view() {
            View::Set(ty, e) => (ty.clone(), e.to_vec()),
            View::List(ty, e) => {
                ordered = true;
                (ty.clone(), e.to_vec())
            }
            View::Tuple(e) => {
                ordered = true;
                let types: Vec<Type> = e.iter().map(Value::ty).collect();
                let ty = if types.is_empty() {
                    Some(Type::Any)
                } else {
                    unify(&types, Mode::Unsafe)
                };
                let ty = ty.ok_or_else(|| blame(place, "all elements must have the same type"))?;
                let converted: Result<Vec<_>, CallError> = e
                    .iter()
                    .map(|v| convert(v, &ty).map_err(|c| blame(place, c.to_string())))
                    .collect();
                (ty, converted?)
            }
            _ => return Err(blame(place, "a set, list or tuple is required")),
        };
        total = total.saturating_mul(factor.1.len());
        factors.push(factor);
    }
    if total > MAX_PRODUCT {
        return Err(format!("the result would have {total} elements").into());
    }
    let ty = Type::tuple(factors.iter().map(|(ty, _)| ty.clone()).collect::<Vec<_>>());
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (_, elements) in &factors {
        rows = rows
            .iter()
            .flat_map(|row| {
                elements.iter().map(move |e| {
                    let mut row = row.clone();
                    row.push(e.clone());
                    row
                })
            })
            .collect();
    }
    let tuples = rows.into_iter().map(Value::tuple).collect();
    Ok(if ordered {
        Value::list_of(ty, tuples)
    } else {
        Value::set_of(ty, tuples)
    })
}
