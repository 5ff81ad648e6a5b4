//! A folder of HCL to an evaluated posture.
//!
//! [`load`] is the way in. It reads a folder's files ([`files`]), sorts their blocks
//! ([`declarations`]), finds out what refers to what ([`references`], [`order`]) and evaluates
//! everything in that order ([`module`]): variables, locals, accounts, resources ([`resources`]
//! with [`expand`] and [`body`]), calls of modules ([`calls`]), outputs. Expressions are evaluated
//! in [`eval`]. What resource kinds there are it learns from a [`Registry`].
//!
//! It reads the folder, the modules that it names, and what file functions name. It never
//! reads the environment or the cloud.

mod approvals;
mod body;
mod calls;
mod checks;
mod conditions;
pub mod console;
mod declarations;
mod display;
pub mod eval;
mod expand;
mod files;
pub mod grammar;
mod inputs;
mod json;
mod load;
mod module;
mod names;
mod objectives;
mod order;
mod posture;
mod quantity;
mod references;
mod registry;
mod resources;
mod sensitive;
mod settings;
mod type_expr;
pub mod typed;
mod variables;

pub use approvals::policy_schema;
pub use display::display;
pub use files::holds_posture;
pub use inputs::Inputs;
pub use load::load;
pub use posture::{
    CheckSeverity, Declared, Exemption, FailedCheck, Kept, Lifecycle, LockSettings, Output, Posture,
    ResourceBlock, Settings,
};
pub use registry::Registry;
pub use settings::schemas;
