//! `cargo xtask lint`: [`run`] is a list of checks, each of which counts as one ([`Steps`]).

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::steps::{Steps, heading};
use crate::{architecture, circles, formatting, licences, sizes};

/// Checks the formatting, clippy's and rustdoc's warnings, the arrows of ARCHITECTURE.md, circles and lengths of files,
/// licences and sources.
///
/// # Errors
/// A tool cannot be started.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    steps.check("rustfmt", Command::new("cargo").args(["fmt", "--all", "--check"]))?;
    steps.check("rustfmt of the modules that macros declare", &mut formatting::check()?)?;
    steps.check(
        "clippy",
        Command::new("cargo").args([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-Dwarnings",
        ]),
    )?;
    documentation(steps)?;
    findings(steps, "architecture", architecture::check);
    findings(steps, "circles of files", circles::check);
    findings(steps, "long files", sizes::check);
    findings(steps, "licences and sources", licences::check);
    cargo_deny(steps)
}

/// Builds the documentation, first as users see it, then with private items, whose links must not be broken either.
fn documentation(steps: &mut Steps) -> Result<()> {
    for (name, flags) in
        [("documentation", "-Dwarnings"), ("private documentation", "-Dwarnings --document-private-items")]
    {
        let mut doc = Command::new("cargo");
        doc.args(["doc", "--quiet", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", flags);
        steps.check(name, &mut doc)?;
    }
    Ok(())
}

/// Runs a check of our own, which passes if it finds nothing.
fn findings(steps: &mut Steps, name: &str, check: fn() -> Result<Vec<String>>) {
    heading(name);
    let found = check().unwrap_or_else(|error| vec![format!("{error:#}")]);
    for finding in &found {
        println!("{finding}");
    }
    steps.outcome(name, found.is_empty());
}

fn cargo_deny(steps: &mut Steps) -> Result<()> {
    let quiet = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    if !quiet(Command::new("cargo-deny").arg("--version")) {
        steps.leave_out("cargo-deny (known vulnerabilities, duplicate crates): it is not installed", 1);
        return Ok(());
    }
    let mut checks = vec!["bans", "licenses", "sources"];
    if quiet(Command::new("cargo-deny").args(["fetch", "db"])) {
        checks.push("advisories");
    } else {
        steps.leave_out("known vulnerabilities: the advisory database could not be fetched", 1);
    }
    steps.check("cargo-deny", Command::new("cargo-deny").arg("check").args(checks))?;
    Ok(())
}
