//! Programs that find the library in a package of their language: the wheel of `cargo xtask wheel`, and the NuGet package of
//! `cargo xtask nuget`. Both are installed without a network.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, json};

use super::{Program, Workshop, compile, dotnet, programs, runtime};
use crate::impacket;
use crate::output::target;

/// `examples/python/windows.py`, in an environment with only the wheel.
pub static WHEEL: Program = Program::alone("python-wheel", |workshop| {
    Ok(vec![environment()?, "-B".into(), workshop.source("python/windows.py").into()])
});

/// A script for Windows that nobody changed, run by the module of the wheel.
pub static UNCHANGED_PYTHON: Program = Program::alone("python-unchanged", |_| {
    let script = programs().join("unchanged.py").into();
    Ok(vec![environment()?, "-B".into(), "-m".into(), "netsession_netapi32".into(), script])
});

/// `examples/csharp/Program.cs` with the managed API of the package.
pub static PACKAGED_CSHARP: Program =
    Program::alone("dotnet-package", |workshop| packaged(workshop, &[workshop.source("csharp/Program.cs")]));

/// Declarations as programmers paste them, with the native library of the package.
pub static PACKAGED_PASTED: Program =
    Program::alone("dotnet-package-pasted", |workshop| packaged(workshop, &[programs().join("Pasted.cs")]));

/// A program with a declaration for each spelling.
pub static PACKAGED_SPELLINGS: Program = Program::alone("dotnet-package-spellings", |workshop| {
    packaged(workshop, &[programs().join("Spellings.cs")])
});

/// Returns the one package with this extension in a folder of the target folder.
///
/// # Errors
/// There is none.
pub fn package(folder: &str, extension: &str) -> Result<PathBuf> {
    let folder = target()?.join(folder);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut packages = entries.filter(|path| path.extension().is_some_and(|it| it == extension));
    packages
        .next()
        .with_context(|| format!("no package in {}: cargo xtask wheel, cargo xtask nuget", folder.display()))
}

/// Unpacks a package into a folder.
///
/// # Errors
/// It is no ZIP file.
pub fn unpack(package: &Path, folder: &Path) -> Result<()> {
    compile(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(package).arg(folder))
}

/// Makes an empty environment of Python, and installs the wheel in it without a network. Returns its Python.
///
/// # Errors
/// pip refuses the wheel.
pub fn environment() -> Result<OsString> {
    static MADE: OnceLock<Result<OsString, String>> = OnceLock::new();
    let make = || {
        let folder = Workshop::new("python-environment")?.folder;
        let (tools, python) = (impacket::interpreter()?, folder.join("bin/python"));
        compile(Command::new(&tools).args(["-m", "venv", "--without-pip"]).arg(&folder))?;
        let install = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-cache-dir"];
        let mut pip = Command::new(&tools);
        pip.args(["-m", "pip", "--isolated", "--python"]).arg(&python).args(install);
        compile(pip.arg(package("python", "whl")?))?;
        Ok(python.into())
    };
    let made = MADE.get_or_init(|| make().map_err(|error: anyhow::Error| format!("{error:#}")));
    made.clone().map_err(|error| anyhow!(error))
}

/// Compiles a program that references the NuGet package, and writes the file by which .NET finds the parts of the package: what an
/// SDK does when it restores from a folder.
fn packaged(workshop: &Workshop, sources: &[PathBuf]) -> Result<Vec<OsString>> {
    let nuget = package("nuget", "nupkg")?;
    let place = "netsession.netapi32/0";
    let folder = workshop.target("packages").join(place);
    unpack(&nuget, &folder)?;
    let assembly = "lib/netstandard2.0/Netsession.NetApi32.dll";
    let program = workshop.target("Program");
    let mut csc = Command::new(runtime("bin")?.join("csc"));
    csc.arg(program.with_extension("dll")).arg(format!("-r:{}", folder.join(assembly).display()));
    compile(csc.args(sources))?;
    let mut natives = Map::new();
    let native =
        format!("runtimes/{}/native", if cfg!(target_arch = "x86_64") { "linux-x64" } else { "linux-arm64" });
    for entry in fs::read_dir(folder.join(&native))? {
        let name = format!("{native}/{}", entry?.file_name().to_string_lossy());
        natives.insert(name, json!({"rid": native.split('/').nth(1), "assetType": "native"}));
    }
    let (name, library) = ("Netsession.NetApi32/0", "Program/1.0.0");
    let parts = json!({
        "runtimeTarget": {"name": ".NETCoreApp,Version=v9.0"},
        "targets": {".NETCoreApp,Version=v9.0": {
            library: {"dependencies": {"Netsession.NetApi32": "0"}, "runtime": {"Program.dll": {}}},
            name: {"runtime": {assembly: {}}, "runtimeTargets": natives},
        }},
        "libraries": {
            library: {"type": "project", "serviceable": false, "sha512": ""},
            name: {"type": "package", "serviceable": true, "sha512": "", "path": place},
        },
    });
    fs::write(workshop.target("Program.deps.json"), parts.to_string())?;
    dotnet::run_as(&program, &[workshop.target("packages")])
}
