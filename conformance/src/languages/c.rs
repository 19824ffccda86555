//! C, with the compiler that Rust links with.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, prefix};

/// `examples/c`.
pub static C: Program = Program::new("c", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    let (prefix, program) = (prefix()?, workshop.target("sessions"));
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"])
        .arg(workshop.source("c/sessions.c"))
        .args(["-lnetapi32", "-o"])
        .arg(&program)
        .env("C_INCLUDE_PATH", prefix.join("include"))
        .env("LIBRARY_PATH", prefix.join("lib"));
    compile(&mut cc)?;
    Ok(vec![program.into()])
}
