//! The built program as its users run it: commands in, exit codes, text and a changed cloud out.
//!
//! The cloud is the sandbox, spoken to over HTTP by the program and by the tests' own SDK clients.
//! One sandbox serves all tests; each test has accounts of its own (`support::Estate`), so
//! that they run side by side and each can look at what was asked in its accounts alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets the unexpected has to fail at once"
)]

mod support;

mod accounts;
mod approvals;
mod assertions;
mod astray;
mod attack;
mod audit;
mod bad_cloud;
mod bad_text;
mod calls;
mod crash;
mod dips;
mod drift;
mod faults;
mod forged;
mod grants;
mod guarded;
mod history;
mod hostile;
mod laptop;
mod lock;
mod once;
mod organization;
mod partial;
mod permissions;
mod policy;
mod preflight;
mod prove;
mod saved_plan;
mod selection;
mod sensitive;
mod signing;
mod spent;
mod tags;
mod together;
mod turns;
mod writer;
