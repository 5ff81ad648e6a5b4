//! Who may do what: the policy logic of AWS, on documents that were read, in three values.
//!
//! [`evaluate`] answers one [`Request`] in an [`Environment`] of documents. What is not known (a condition
//! key that the caller chooses, a document nobody could read) makes the answer *depend*, with the statement
//! and condition that decide. [`Over`] reads such an answer as possible, [`Under`] as not certain; their
//! answers do not combine. [`assume`] is the graph of who can become whom.

pub mod assume;
mod condition;
mod decision;
mod evaluate;
pub mod glob;
mod pattern;
mod policy;
mod principal;
mod request;
#[cfg(test)]
mod tests;
mod truth;

pub use decision::{Decision, Layer, Reason, Verdict};
pub use evaluate::{Environment, Guardrails, evaluate};
pub use policy::Policies;
pub use request::{Caller, Context, Known, Request, Target};
pub use truth::{Answer, Mode, Over, Truth, Under};
