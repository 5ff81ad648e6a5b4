//! A folder of HCL to an evaluated posture.

pub mod console;
pub mod eval;
mod type_expr;
pub mod typed;
