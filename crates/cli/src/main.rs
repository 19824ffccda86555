//! The netsession command.
#![forbid(unsafe_code)]

fn main() {}
