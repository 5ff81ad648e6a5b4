//! Plans for people and for programs.

pub mod json;
mod policy;
pub mod text;
