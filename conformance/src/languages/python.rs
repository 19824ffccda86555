//! Python, with ctypes.

use std::ffi::OsString;

use anyhow::Result;

use super::{Program, Workshop};

/// `examples/python`.
pub static PYTHON: Program = Program::new("python", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    Ok(vec!["python3".into(), "-B".into(), workshop.source("python/sessions.py").into()])
}
