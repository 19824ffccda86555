//! Free Pascal, which also compiles sources for Delphi.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, prefix};

/// `examples/pascal`.
pub static PASCAL: Program = Program::new("pascal", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    let (libraries, source) = (prefix()?.join("lib"), workshop.target("sessions.pas"));
    fs::copy(workshop.source("pascal/sessions.pas"), &source)?;
    let mut fpc = Command::new("fpc");
    fpc.args(["-v0", "-Sew"]).arg(format!("-k-L{}", libraries.display()));
    compile(fpc.arg(source))?;
    Ok(vec![workshop.target("sessions").into()])
}
