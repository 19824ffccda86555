//! Every oracle by its name, what it may allocate, and the inputs it starts from.
//!
//! The oracles are ordinary functions of the crates that they test. `cargo xtask fuzz` runs them under
//! libFuzzer; `tests/` runs them on captures and on everything that fuzzing has found so far.
#![forbid(unsafe_code)]

pub mod seeds;
mod structures;
pub mod targets;
