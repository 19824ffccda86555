//! `cargo xtask lint`.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::steps::{Steps, heading};
use crate::{architecture, licences};

/// Formatting, clippy, the arrows of ARCHITECTURE.md, licences and sources.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    steps.check("rustfmt", Command::new("cargo").args(["fmt", "--all", "--check"]))?;
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
    findings(steps, "architecture", architecture::check);
    findings(steps, "licences and sources", licences::check);
    cargo_deny(steps)
}

/// A check of our own: it passes when it finds nothing.
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
