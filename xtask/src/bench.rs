//! `cargo xtask bench`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{peers, root};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this: `server` for the embedded server, of it `copies` beside smbd, `ended` copies, or `tables`
    part: Option<String>,
}

/// Builds for release and runs the benchmark, which prints its table.
pub(crate) fn run(options: &Options) -> Result<bool> {
    peers::ensure_installed()?;
    let python = peers::impacket()?.join("bin/python");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--package", "netsession-cli"]).current_dir(root());
    if !build.status()?.success() {
        return Ok(false);
    }
    let mut bench = Command::new("cargo");
    bench
        .args(["bench", "--locked", "--package", "netsession-conformance", "--bench", "speed", "--"])
        .args(&options.part)
        .env("NETSESSION_BIN", root().join("target/release/netsession"))
        .env("NETSESSION_PYTHON", python)
        .current_dir(root());
    Ok(bench.status()?.success())
}
