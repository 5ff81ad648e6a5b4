//! Whole folders of configuration, with a small table of made-up kinds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "config/arbitrary.rs"]
mod arbitrary;
#[path = "config/bad_input.rs"]
mod bad_input;
#[path = "config/fixture.rs"]
mod fixture;
#[path = "config/functions.rs"]
mod functions;
#[path = "config/grammar.rs"]
mod grammar;
#[path = "config/modules.rs"]
mod modules;
#[path = "config/policy.rs"]
mod policy;
#[path = "config/resources.rs"]
mod resources;
#[path = "config/sensitive.rs"]
mod sensitive;
#[path = "config/terraform.rs"]
mod terraform;
#[path = "config/variables.rs"]
mod variables;
