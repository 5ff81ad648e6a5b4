//! The vocabulary of the whole program, as plain data.
