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

/// `examples/c/windows.c`: a source for Windows, for characters of 32 bits.
pub static WINDOWS_C: Program = Program::new("c-windows", |workshop| {
    let (prefix, program) = (prefix()?, workshop.target("windows"));
    let mut cc = Command::new("cc");
    cc.args(["-Wall", "-Wextra", "-Werror", "-g", "-DNETAPI32_WCHAR", "-I"])
        .arg(prefix.join("include"))
        .arg("-I")
        .arg(prefix.join("include/netsession"))
        .arg(workshop.source("c/windows.c"))
        .args(["-lnetapi32-wchar32", "-o"])
        .arg(&program)
        .env("LIBRARY_PATH", prefix.join("lib"));
    compile(&mut cc)?;
    Ok(vec![program.into()])
});
