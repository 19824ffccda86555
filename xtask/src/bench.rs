//! `cargo xtask bench`.

use std::process::Command;

use anyhow::Result;

use crate::{peers, root};

/// Builds for release and runs the benchmark, which prints its table.
pub(crate) fn run() -> Result<bool> {
    peers::ensure_installed()?;
    let python = peers::impacket()?.join("bin/python");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--package", "netsession-cli"]).current_dir(root());
    if !build.status()?.success() {
        return Ok(false);
    }
    let mut bench = Command::new("cargo");
    bench
        .args(["bench", "--locked", "--package", "netsession-conformance", "--bench", "speed"])
        .env("NETSESSION_BIN", root().join("target/release/netsession"))
        .env("NETSESSION_PYTHON", python)
        .current_dir(root());
    Ok(bench.status()?.success())
}
