//! Applying a plan: runs its steps in their order and decides nothing.
//!
//! This is the only module that obtains a [`crate::aws::Writer`].

mod engine;
mod event;
mod fresh;
mod queue;

pub use engine::{Options, run};
pub use event::{Event, Outcome, StepResult, Verdict};
pub use fresh::verify;
