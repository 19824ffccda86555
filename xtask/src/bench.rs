//! `cargo xtask bench`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{peers, root};

/// The C library as cargo names it.
const LIBRARY: &str = if cfg!(target_os = "macos") { "libnetapi32.dylib" } else { "libnetapi32.so" };

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this: `netapi32` for the C library; `server` for the embedded server, of it `copies` beside smbd, `ended` copies, or `tables`
    part: Option<String>,
}

/// Builds for release and runs the benchmark, which prints its table.
pub(crate) fn run(options: &Options) -> Result<bool> {
    peers::ensure_installed()?;
    let python = peers::impacket()?.join("bin/python");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--package", "netsession-cli"]);
    build.args(["--package", "netsession-netapi32"]).current_dir(root());
    if !build.status()?.success() {
        return Ok(false);
    }
    let mut bench = Command::new("cargo");
    bench
        .args(["bench", "--locked", "--package", "netsession-conformance", "--bench", "speed", "--"])
        .args(&options.part)
        .env("NETSESSION_BIN", root().join("target/release/netsession"))
        .env("NETSESSION_LIBRARY", root().join("target/release").join(LIBRARY))
        .env("NETSESSION_PYTHON", python)
        .current_dir(root());
    Ok(bench.status()?.success())
}
