#![allow(dead_code, reason = "each target uses one of the bodies")]
//! Formatted text parses to the same values, and formatting twice changes nothing.
#![no_main]

#[path = "../../tests/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::format(data));
