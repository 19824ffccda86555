//! `cargo xtask bench`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::built::Built;
use crate::{peers, root};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this: `netapi32` for the C library; `server` for the embedded server, of it `copies` beside smbd, `ended` copies, or `tables`
    part: Option<String>,
}

/// Builds for release and runs the benchmark, which prints its table.
///
/// # Errors
/// A tool is missing, or the build fails.
pub(crate) fn run(options: &Options) -> Result<bool> {
    peers::ensure_installed()?;
    let python = peers::impacket()?.join("bin/python");
    let built = Built::release()?;
    let mut bench = Command::new("cargo");
    bench
        .args(["bench", "--locked", "--package", "netsession-conformance", "--bench", "speed", "--"])
        .args(&options.part)
        .env("NETSESSION_BIN", built.command)
        .env("NETSESSION_LIBRARY", built.library)
        .env("NETSESSION_PYTHON", python)
        .current_dir(root());
    Ok(bench.status()?.success())
}
