//! Posture rules over facts: what is protected, what only looks so, what is not known.
//!
//! [`assess`] is the way in: evidence, drift and exemptions go in, an [`Assessment`] comes out.
//! Nothing here reads a clock, a file or the cloud, and no rule knows a kind: it sees an object
//! store, a database or an identity.
//!
//! - [`rules`]: one file for each family of controls, and the table [`RULES`]
//! - `estate`: everything a run has seen, with look-ups
//! - [`frameworks`]: which requirement a control is evidence for
//! - `drift`, `exemption`, `objective`: what the plan, the posture and the proof add
//! - `finding`, `summary`: what comes out; `schemas/check.schema.json` is generated from it
//! - [`docs`]: `docs/controls.md`, generated from the table

mod assertion;
mod assess;
pub mod docs;
mod drift;
mod estate;
mod exemption;
mod finding;
pub mod frameworks;
mod objective;
mod rule;
pub mod rules;
mod summary;
#[cfg(test)]
pub(crate) mod testing;

pub use assertion::Assertion;
pub use assess::{Input, assess};
pub use drift::Drift;
pub use estate::{Estate, Subject};
pub use exemption::Exemption;
pub use finding::{Acceptance, Assessment, Facts, Finding, VERSION, schema};
pub use rule::{Judge, Judged, Rule, Severity, Status, Unknown, Verdict};
pub use rules::RULES;
pub use summary::{Outcome, Summary};
