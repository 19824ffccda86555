//! Node, with koffi.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;

use anyhow::Result;

use super::{Program, Workshop, runtime};

/// `examples/node`.
pub static NODE: Program = Program::new("node", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    for name in ["package.json", "sessions.js"] {
        fs::copy(workshop.source("node").join(name), workshop.target(name))?;
    }
    symlink(runtime("npm/node_modules")?, workshop.target("node_modules"))?;
    Ok(vec!["node".into(), workshop.target("sessions.js").into()])
}
