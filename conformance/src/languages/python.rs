//! Python, with ctypes.

use std::ffi::OsString;

use anyhow::Result;

use super::{Program, Workshop, programs};

/// `examples/python`.
pub static PYTHON: Program = Program::new("python", build);

fn build(workshop: &Workshop) -> Result<Vec<OsString>> {
    Ok(vec!["python3".into(), "-B".into(), workshop.source("python/sessions.py").into()])
}

/// `programs/ends_unfinished.py`, which ends the listed sessions without a user by the functions of `examples/python`.
pub static PYTHON_ROWS: Program = Program::new("python-rows", |workshop| {
    let (program, example) = (programs().join("ends_unfinished.py"), workshop.source("python"));
    Ok(vec!["python3".into(), "-B".into(), program.into(), example.into()])
});
