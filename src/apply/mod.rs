//! Applying a plan: runs its steps in their order and decides nothing.
//!
//! This is the only module that obtains a [`crate::aws::Writer`].

pub mod audit;
mod enact;
mod engine;
mod event;
mod fresh;
mod lock;
mod preflight;
mod queue;

pub use engine::{Options, run};
pub use event::{Event, Outcome, StepResult, Verdict};
pub use fresh::verify;
pub use lock::{Locked, Waiting, holder, lock, unlock};
pub use preflight::{Preflight, preflight};
