//! Compilers and runtimes of other languages that Debian does not package. [`ensure_installed`] installs them from npm and
//! PyPI, with pinned versions and checksums, into `runtimes` in the target folder. It uses those of the machine instead
//! where they are new enough.
//!
//! The tests find the same commands in `runtimes/bin`, whatever their source:
//!
//! | command | does |
//! | --- | --- |
//! | `csc OUT.dll SOURCE.cs...` | compiles C# for .NET |
//! | `vbc OUT.dll SOURCE.vb...` | compiles Visual Basic for .NET |
//! | `dotnet PROGRAM.dll ARGUMENT...` | runs a program on .NET 9 or later |
//! | `javac -d FOLDER SOURCE.java...` | compiles Java 22 or later |
//! | `java ARGUMENT...` | runs it |
//!
//! koffi and two SMB clients, for Node, are in `runtimes/npm/node_modules`.

mod dotnet;
mod java;

use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{peers, workspace};

/// The packages of npm, with their checksums.
const PACKAGES: &str = include_str!("package.json");
const CHECKSUMS: &str = include_str!("package-lock.json");

/// The tests of a language that this machine cannot have.
pub(crate) struct Missing {
    /// A part of the names of those tests.
    pub(crate) tests: &'static str,
    /// The number of those tests.
    pub(crate) count: usize,
    /// The language, and why it is missing.
    pub(crate) why: String,
}

/// Returns the folder of everything.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("runtimes"))
}

/// `cargo xtask runtimes`.
pub(crate) fn run() -> Result<bool> {
    peers::ensure_installed(false)?;
    let missing = ensure_installed(&peers::impacket()?.join("bin/python"))?;
    for language in &missing {
        println!("left out: {}", language.why);
    }
    Ok(missing.is_empty())
}

/// Installs everything that is missing. `python` must have pip.
pub(crate) fn ensure_installed(python: &Path) -> Result<Vec<Missing>> {
    let folder = folder()?;
    fs::create_dir_all(folder.join("bin"))?;
    npm(&folder.join("npm"))?;
    let mut missing = Vec::new();
    if let Err(error) = dotnet::install(&folder) {
        let why = format!("C# and Visual Basic on .NET: {error:#}");
        missing.push(Missing { tests: "dotnet_", count: 22, why });
    }
    if let Err(error) = java::install(&folder, python) {
        missing.push(Missing { tests: "java_", count: 8, why: format!("Java: {error:#}") });
    }
    Ok(missing)
}

/// Installs the packages of npm, which compares each with its checksum. It does not run their own scripts.
fn npm(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), PACKAGES)?;
    fs::write(folder.join("package-lock.json"), CHECKSUMS)?;
    once(&folder.join("installed"), &[PACKAGES, CHECKSUMS], || {
        println!(
            "Installing koffi, SMB clients, .NET and a Visual Basic compiler from npm into {}",
            folder.display()
        );
        let mut ci = Command::new("npm");
        ci.args(["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
        succeed(&mut ci)
    })
}

/// Does `work`, unless an earlier run has done it with the same `inputs`, which `stamp` keeps.
fn once(stamp: &Path, inputs: &[&str], work: impl FnOnce() -> Result<()>) -> Result<()> {
    let inputs = inputs.concat();
    if fs::read_to_string(stamp).is_ok_and(|text| text == inputs) {
        return Ok(());
    }
    work()?;
    fs::write(stamp, inputs)?;
    Ok(())
}

/// A command in bin/: the lines of a shell script.
fn command(folder: &Path, name: &str, script: &str) -> Result<()> {
    let path = folder.join("bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
    executable(&path)
}

/// Lets a file run as a program.
pub(crate) fn executable(path: &Path) -> Result<()> {
    #[cfg(unix)]
    let permissions: Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    #[cfg(not(unix))]
    let permissions: Permissions = path.metadata()?.permissions();
    Ok(fs::set_permissions(path, permissions)?)
}

/// Runs a command, and prints its output only if it fails.
fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&text));
    Ok(())
}
