//! The lattice of protection as a table, one row for each attribute: what is strong, what is weak, and
//! that the way down weakens and the way up does not.
//!
//! A row's states are what an apply of its declarations leaves, so that the same text says what is declared
//! and what is live. Where a state cannot be declared, it is only seen, and only the way out of it is judged.
//!
//! No row, because no kind manages it: MFA delete (needs the root user's device; lifecycle and versioning of
//! such a bucket are findings), whether SSE-C is blocked (kept as it is), Multi-AZ, encryption and the key of a
//! copy of a database, and the key and air gap of a vault (findings), grants of a key besides its policy, visibility of
//! snapshots, DynamoDB, alerts, and other providers. Retention 0 of a database cannot be declared: see `rds_instance`'s own tests.

mod backups;
mod databases;
mod identities;
mod keys;
mod objects;

use super::world::{World, applied};
use crate::kinds::testing::{accepted, place};
use crate::model::AttributeChange;
use crate::model::change::{Diff, Direction};
use serde_json::{Value as Json, json};

/// One side of a row.
enum Side {
    /// A block, and what an apply of it leaves.
    Declared(Json),
    /// What an apply of the block leaves and somebody then changed so; it is never asked for.
    Seen(Json, Json),
}

impl From<Json> for Side {
    fn from(block: Json) -> Self {
        Self::Declared(block)
    }
}

/// A state that nobody declares: what an apply of `block` leaves, with `patch` merged into it.
fn seen(block: Json, patch: Json) -> Side {
    Side::Seen(block, patch)
}

/// How the sides of a row stand to one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The first is more.
    Stronger,
    /// Neither is: each way takes something away.
    Incomparable,
    /// Neither is, and nothing is taken away.
    Equal,
    /// The first is no less, and the second takes nothing away that could be recovered.
    Harmless,
    /// The first is more, in that the way down takes something away; the way up only takes nothing.
    HarmlessUp,
}

/// A row of the table.
struct Row {
    path: &'static str,
    strong: Side,
    weak: Side,
    order: Order,
    /// The way up can never be undone.
    up_is_final: bool,
    /// The way up interrupts something.
    up_disrupts: bool,
    check: fn(&Row, base: &Json) -> Result<(), String>,
}

/// A row in which `strong` is more protection than `weak`; `path` is where the attribute's path begins.
fn row<K: World>(path: &'static str, strong: impl Into<Side>, weak: impl Into<Side>) -> Row {
    Row {
        path,
        strong: strong.into(),
        weak: weak.into(),
        order: Order::Stronger,
        up_is_final: false,
        up_disrupts: false,
        check: check::<K>,
    }
}

impl Row {
    fn incomparable(mut self) -> Self {
        self.order = Order::Incomparable;
        self
    }

    fn equal(mut self) -> Self {
        self.order = Order::Equal;
        self
    }

    fn harmless(mut self) -> Self {
        self.order = Order::Harmless;
        self
    }

    fn harmless_up(mut self) -> Self {
        self.order = Order::HarmlessUp;
        self
    }

    fn up_is_final(mut self) -> Self {
        self.up_is_final = true;
        self
    }

    fn up_disrupts(mut self) -> Self {
        self.up_disrupts = true;
        self
    }
}

/// Judges every row; each block of it stands on top of `base`.
fn hold(base: &Json, table: Vec<Row>) {
    let wrong: Vec<_> = table
        .iter()
        .enumerate()
        .filter_map(|(n, row)| {
            let why = (row.check)(row, base).err()?;
            Some(format!("row {}, {}, {why}", n + 1, row.path))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `patch` over `json`: objects are merged, everything else is replaced, and null removes.
fn merge(json: &mut Json, patch: &Json) {
    match (json, patch) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn block(base: &Json, over: &Json) -> Json {
    let mut whole = base.clone();
    let into = whole.as_object_mut().unwrap();
    for (name, value) in over.as_object().unwrap() {
        match value {
            Json::Null => drop(into.remove(name)),
            value => drop(into.insert(name.clone(), value.clone())),
        }
    }
    whole
}

fn live<K: World>(base: &Json, side: &Side) -> K::Live {
    let (declared, patch) = match side {
        Side::Declared(declared) => (declared, &json!({})),
        Side::Seen(declared, patch) => (declared, patch),
    };
    let spec = accepted::<K>(&block(base, declared));
    let live = K::used(applied::<K>(&spec, K::found().as_ref()));
    let mut live = serde_json::to_value(live).unwrap();
    merge(&mut live, patch);
    serde_json::from_value(live).unwrap_or_else(|e| panic!("{patch}: {e}"))
}

/// What a plan says that goes from one side to the other; `None` where the other is never asked for.
fn between<K: World>(base: &Json, from: &Side, to: &Side) -> Option<Diff<K::Op>> {
    let Side::Declared(declared) = to else { return None };
    let spec = accepted::<K>(&block(base, declared));
    Some(K::diff(&spec, Some(&live::<K>(base, from)), &place()))
}

fn check<K: World>(row: &Row, base: &Json) -> Result<(), String> {
    use Direction::{Neutral, Strengthens, Weakens};
    let down = between::<K>(base, &row.strong, &row.weak);
    let up = between::<K>(base, &row.weak, &row.strong);
    let (down_is, up_is): (&[Direction], &[Direction]) = match row.order {
        Order::Stronger => (&[Weakens], &[Strengthens]),
        Order::Incomparable => (&[Weakens], &[Weakens]),
        Order::Equal => (&[Neutral], &[Neutral]),
        Order::Harmless => (&[Neutral], &[Neutral, Strengthens]),
        Order::HarmlessUp => (&[Weakens], &[Neutral, Strengthens]),
    };
    if down.is_none() && up.is_none() {
        return Err("there is nothing to judge".into());
    }
    if let Some(diff) = &down {
        judged::<K>(row, diff, down_is).map_err(|why| format!("down: {why}"))?;
    }
    if let Some(diff) = &up {
        let all = judged::<K>(row, diff, up_is).map_err(|why| format!("up: {why}"))?;
        let is_final = all.iter().any(|a| a.irreversible.is_some());
        let disrupts = all.iter().any(|a| a.disruptive.is_some());
        if (is_final, disrupts) != (row.up_is_final, row.up_disrupts) {
            return Err(format!("up: final {is_final}, disrupts {disrupts}: {all:#?}"));
        }
    }
    Ok(())
}

/// All that a plan changes, when it is as a whole as expected and the row's attribute is among it.
fn judged<'a, K: World>(
    row: &Row,
    diff: &'a Diff<K::Op>,
    expected: &[Direction],
) -> Result<Vec<&'a AttributeChange>, String> {
    if !diff.unreadable.is_empty() || !diff.findings.is_empty() {
        return Err(format!("{diff:#?}"));
    }
    let all: Vec<_> = diff.changes.iter().flat_map(|c| &c.attributes).collect();
    if !all.iter().any(|a| a.path.starts_with(row.path)) {
        return Err(format!("no change of it: {all:#?}"));
    }
    // What goes up in one way and down in another goes down.
    let weakens = all.iter().any(|a| a.direction == Direction::Weakens);
    let strengthens = all
        .iter()
        .any(|a| a.direction == Direction::Strengthens && a.path.starts_with(row.path));
    let whole = match (weakens, strengthens) {
        (true, _) => Direction::Weakens,
        (false, true) => Direction::Strengthens,
        (false, false) => Direction::Neutral,
    };
    if !expected.contains(&whole) {
        return Err(format!("{whole:?}, expected {expected:?}: {all:#?}"));
    }
    let silent = |a: &&AttributeChange| a.direction == Direction::Weakens && a.reason.is_none();
    match all.iter().copied().find(silent) {
        Some(attribute) => Err(format!("it does not say why: {attribute:#?}")),
        None => Ok(all),
    }
}
