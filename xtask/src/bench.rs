//! `cargo xtask bench`: builds the command and the C library for release ([`Built`]), and runs `conformance/benches/speed`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::built::{Built, Profile};
use crate::{linux, peers, root};

/// The part to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure only this: `netapi32` (the C library), `many` (a thousand servers at once: time, allocations), `estate`
    /// (a thousand servers beside rpcclient, and ten thousand), `top` (the live view over twenty servers), `journal` (a record, an ending with it, a search),
    /// `kerberos` (a ticket beside NTLM in a domain), `server` (the embedded server), or its parts `copies`, `small` (many files, many clients), `mount` (by Linux), `ended`, `tables`
    part: Option<String>,
}

/// Builds for release and runs the benchmark, which prints its table.
///
/// # Errors
/// A tool is missing, or the build fails.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let has_mount = matches!(options.part.as_deref(), None | Some("server" | "mount"));
    peers::ensure_installed(has_mount)?;
    let kernel = if has_mount { Some(linux::ensure_downloaded()?) } else { None };
    let python = peers::impacket()?.join("bin/python");
    let built = Built::with(Profile::ReleaseLto)?;
    let bench = |name: &str, part: Option<&str>| -> Result<bool> {
        let mut bench = Command::new("cargo");
        bench
            .args(["bench", "--locked", "--package", "netsession-conformance", "--bench", name, "--"])
            .args(part)
            .env("NETSESSION_BIN", &built.command)
            .env("NETSESSION_LIBRARY", &built.library)
            .env("NETSESSION_PYTHON", &python)
            .envs(kernel.iter().map(|folder| ("NETSESSION_LINUX", folder)))
            .current_dir(root());
        Ok(bench.status()?.success())
    };
    match options.part.as_deref() {
        // This is a program of its own, because it counts allocations.
        Some(part @ ("many" | "journal")) => bench(part, None),
        Some(part) => bench("speed", Some(part)),
        None => Ok(bench("speed", None)? && bench("many", None)? && bench("journal", None)?),
    }
}
