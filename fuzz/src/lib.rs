//! The oracles by their names, the memory that each may allocate, and the inputs from which the fuzzer starts.
//!
//! An oracle is an ordinary function of the crate that it tests: it panics if an invariant does not hold.
//! [`targets::TARGETS`] lists the oracles, and [`seeds::of`] returns the inputs of one. `cargo xtask fuzz` runs them
//! under libFuzzer; `tests/` runs them with captured messages and with everything that the fuzzer has found so far.
#![forbid(unsafe_code)]

pub mod seeds;
mod structures;
pub mod targets;
