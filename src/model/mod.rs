//! The vocabulary of the whole program, as plain data.

pub mod convert;
pub mod number;
pub mod types;
pub mod value;
