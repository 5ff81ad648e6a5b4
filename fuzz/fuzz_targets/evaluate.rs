#![allow(dead_code, reason = "each target uses one of the bodies")]
//! Parsing and evaluating never panics, hangs or exhausts the stack.
#![no_main]

#[path = "../../tests/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::evaluate(data));
