//! Go, with cgo.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use super::{Program, Workshop, compile, prefix};
use crate::output::target;

/// `examples/go`.
pub static GO: Program = Program::new("go", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    let (prefix, program) = (prefix()?, workshop.target("sessions"));
    let mut go = Command::new("go");
    go.args(["build", "-o"])
        .arg(&program)
        .arg("sessions.go")
        .current_dir(workshop.source("go"))
        .env("C_INCLUDE_PATH", prefix.join("include"))
        .env("LIBRARY_PATH", prefix.join("lib"))
        .env("GOCACHE", target()?.join("languages/go-cache"))
        .env("GOFLAGS", "-buildvcs=false");
    compile(&mut go)?;
    Ok(vec![program.into()])
}
