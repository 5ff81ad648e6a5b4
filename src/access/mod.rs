//! Who may do what: the policy logic of AWS, on documents that were read, in three values.
//!
//! [`evaluate`] answers one [`Request`] in an [`Environment`] of documents. What is not known (a condition
//! key that the caller chooses, a document nobody could read) makes the answer *depend*, with the statement
//! and condition that decide. [`Over`] reads such an answer as possible, [`Under`] as not certain; their
//! answers do not combine. [`anywhere`] asks about any part of what a pattern takes in, [`grants`] for each
//! statement that could allow something. [`assume`] is the graph of who can become whom.

mod anywhere;
pub mod assume;
mod condition;
mod decision;
mod evaluate;
pub mod glob;
mod grants;
mod holder;
mod naming;
pub mod narrowing;
mod pattern;
mod policy;
mod principal;
mod request;
#[cfg(test)]
mod tests;
mod truth;

pub use anywhere::anywhere;
pub use decision::{Decision, Layer, Open, Reason, Verdict};
pub use evaluate::{Environment, Guardrails, evaluate};
pub use grants::{Grant, grants};
pub use holder::Holder;
pub use naming::name_like;
pub use policy::{Policies, takes_in};
pub use principal::is_unique_id;
pub use request::{Caller, Context, Known, Request, Target};
pub use truth::{Answer, Mode, Over, Truth, Under};
