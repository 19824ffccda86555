//! C, with the compiler that Rust links with.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, prefix, programs};

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

/// `programs/enumerations.c`, for characters of 16 bits.
pub static ENUMERATIONS: Program = Program::new("c-enumerations", |workshop| enumerations(workshop, false));

/// The same source, for characters of 32 bits.
pub static WIDE_ENUMERATIONS: Program =
    Program::new("c-enumerations-wide", |workshop| enumerations(workshop, true));

fn enumerations(workshop: &Workshop, is_wide: bool) -> Result<Vec<OsString>> {
    let (prefix, program) = (prefix()?, workshop.target("enumerations"));
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"])
        .args(is_wide.then_some("-DNETAPI32_WCHAR"))
        .arg(programs().join("enumerations.c"))
        .arg(if is_wide { "-lnetapi32-wchar32" } else { "-lnetapi32" })
        .arg("-o")
        .arg(&program)
        .env("C_INCLUDE_PATH", prefix.join("include"))
        .env("LIBRARY_PATH", prefix.join("lib"));
    compile(&mut cc)?;
    Ok(vec![program.into()])
}

/// `programs/every.c`, which loads both builds of the library.
pub static EVERY: Program = Program::new("c-every", |workshop| {
    let program = workshop.target("every");
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-pthread"])
        .arg(programs().join("every.c"))
        .arg("-o")
        .arg(&program)
        .arg("-ldl");
    compile(&mut cc)?;
    Ok(vec![program.into()])
});
