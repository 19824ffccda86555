//! A check of everything for macOS, on Debian: Debian's compiler has the source of the standard library, and `ziglang` of PyPI a C
//! compiler with Apple's headers. Nothing is linked, and nothing runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::steps::{Steps, heading};
use crate::windows::{debian_cargo, write_program};
use crate::{peers, workspace};

/// Apple's and Intel's processors, as Rust and as Zig call them.
const TARGETS: [(&str, &str); 2] =
    [("aarch64-apple-darwin", "aarch64-macos"), ("x86_64-apple-darwin", "x86_64-macos")];

/// The compiler that the check uses.
const ZIG: &str = "ziglang==0.17.0";

/// Checks the command, the C library and the embedded server for both processors.
///
/// # Errors
/// The check cannot start.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    for (target, zig) in TARGETS {
        let name = format!("a check for {target}");
        heading(&name);
        let checked = peers::ensure_windows_installed().and_then(|()| check(target, zig));
        if let Err(error) = &checked {
            println!("{error:#}");
        }
        steps.outcome(&name, checked.is_ok());
    }
    Ok(())
}

fn check(target: &str, zig: &str) -> Result<()> {
    let folder = workspace::target()?.join("macos");
    let python = installed(&folder.join("zig"))?;
    let compiler = wrapper(&folder.join(format!("cc-{zig}")), &format!("cc -target {zig}"), &python)?;
    let archiver = wrapper(&folder.join("ar"), "ar", &python)?;
    let name = target.replace('-', "_");
    let mut cargo = debian_cargo(&folder);
    cargo
        .args(["check", "--locked", "-Zbuild-std=std,panic_unwind", "--target", target])
        .args(["--package=netsession-cli", "--package=netsession-netapi32", "--package=netsession-server"])
        .env(format!("CC_{name}"), compiler)
        .env(format!("AR_{name}"), archiver);
    ensure!(
        cargo.status().context("starting Debian's cargo")?.success(),
        "netsession does not compile for {target}"
    );
    Ok(())
}

/// Installs the compiler into a virtual environment, and returns that environment's Python.
fn installed(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(folder).status()?;
        ensure!(made.success(), "python3-venv is missing");
    }
    let pip = Command::new(&python).args(["-m", "pip", "install", "--quiet", ZIG]).status()?;
    ensure!(pip.success(), "pip cannot install {ZIG}");
    Ok(python)
}

/// Writes a script that runs a command of the compiler. It leaves out `--target`, which names the processor in another way.
fn wrapper(path: &Path, command: &str, python: &Path) -> Result<PathBuf> {
    let python = python.display();
    let text = format!(
        "#!/bin/bash\nfor argument; do\n    shift\n    case $argument in\n        --target=*|-arch|arm64|x86_64) ;;\n        \
         *) set -- \"$@\" \"$argument\" ;;\n    esac\ndone\nexec '{python}' -m ziglang {command} \"$@\"\n"
    );
    write_program(path, &text)?;
    Ok(path.to_owned())
}
