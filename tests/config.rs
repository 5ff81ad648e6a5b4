//! Whole folders of configuration, with a small table of made-up kinds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on should panic"
)]

#[path = "config/bad_input.rs"]
mod bad_input;
#[path = "config/fixture.rs"]
mod fixture;
#[path = "config/modules.rs"]
mod modules;
#[path = "config/resources.rs"]
mod resources;
#[path = "config/terraform.rs"]
mod terraform;
#[path = "config/variables.rs"]
mod variables;
