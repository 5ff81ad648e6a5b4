//! A proof: as a matrix for people, as JSON, and one cell explained down to the facts.

mod derivation;
mod explain;
mod scenarios;
mod text;

use crate::diag::render;
use crate::prove::{Cell, Loss, Proof, Survival, Verdict};
pub use explain::explain;
pub use scenarios::scenarios;
pub use text::text;

/// The proof as one JSON object (`schemas/prove.schema.json`).
///
/// # Errors
/// When it is no JSON, which would be a defect.
pub fn json(proof: &Proof) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(proof)?;
    text.push('\n');
    Ok(text)
}

/// The JSON Schema of a proof, as `schemas/prove.schema.json` holds it.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Printed)
}

/// What is printed as JSON: a proof, or why there is none.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Printed {
    Proof(Proof),
    Failed(render::Failed),
}

/// A verdict in a word.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Unproven => "unproven",
        Verdict::Unknown => "unknown",
        Verdict::CannotBeMet => "cannot be met",
        Verdict::Fails => "fails",
    }
}

/// One character for what becomes of a copy, as reference tables of the field write it.
pub(super) fn letter(survival: &Survival) -> &'static str {
    match survival {
        Survival::Survives => "Y",
        Survival::Conditional(_) => "c",
        Survival::Unknown(_) => "?",
        Survival::Lost(_) => "-",
    }
}

/// Loss in a few words.
pub(super) fn loss(loss: Loss) -> String {
    match loss {
        Loss::AtMost(time) if time.as_secs() == 0 => "nothing".into(),
        Loss::AtMost(time) => format!("≤ {time}"),
        Loss::Measured(time) if time.as_secs() == 0 => "nothing now".into(),
        Loss::Measured(time) => format!("{time} now"),
        Loss::Growing(time) => format!("{time} and growing"),
        Loss::Unbounded => "no bound".into(),
        Loss::Everything => "everything".into(),
    }
}

/// What a cell loses. Where no copy is left for certain and one may be, that is the worst case.
pub(super) fn loss_of(cell: &Cell) -> String {
    let perhaps = |s: &Survival| matches!(s, Survival::Conditional(_) | Survival::Unknown(_));
    match cell.loss {
        Loss::Everything if cell.copies.iter().any(|c| perhaps(&c.survival)) => "everything at worst".into(),
        told => loss(told),
    }
}
