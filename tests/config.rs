//! Whole folders of configuration, with a small table of made-up kinds.

#[path = "config/bad_input.rs"]
mod bad_input;
#[path = "config/fixture.rs"]
mod fixture;
#[path = "config/modules.rs"]
mod modules;
#[path = "config/resources.rs"]
mod resources;
#[path = "config/variables.rs"]
mod variables;
