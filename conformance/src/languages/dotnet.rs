//! C# on .NET 9 or later, and the parts that Visual Basic shares with it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::{Program, Workshop, compile, runtime};

/// `examples/csharp`.
pub static CSHARP: Program = Program::new("dotnet-csharp", |workshop| {
    build("csc", workshop, &[workshop.source("csharp/Program.cs"), workshop.source("csharp/Sessions.cs")])
});

/// `examples/seed`, with the declaration in C#.
pub static CSHARP_SEED: Program = Program::new("dotnet-csharp-seed", |workshop| {
    build("csc", workshop, &[workshop.source("seed/Program.cs")])
});

/// Compiles with `compiler`, and returns the command that runs the program.
pub(super) fn build(compiler: &str, workshop: &Workshop, sources: &[PathBuf]) -> Result<Vec<OsString>> {
    build_as(compiler, &workshop.target("Program"), sources)
}

/// The same, with a name for the program.
pub(super) fn build_as(compiler: &str, program: &Path, sources: &[PathBuf]) -> Result<Vec<OsString>> {
    compile(Command::new(runtime("bin")?.join(compiler)).arg(program.with_extension("dll")).args(sources))?;
    run_as(program, &[])
}

/// Writes the settings of a program, which finds its packages in `packages`, and returns the command that runs it.
pub(super) fn run_as(program: &Path, packages: &[PathBuf]) -> Result<Vec<OsString>> {
    let settings = json!({"runtimeOptions": {
        "framework": {"name": "Microsoft.NETCore.App", "version": "9.0.0"},
        "rollForward": "Major",
        "configProperties": {"System.Globalization.Invariant": true},
        "additionalProbingPaths": packages,
    }});
    fs::write(program.with_extension("runtimeconfig.json"), settings.to_string())?;
    Ok(vec![runtime("bin")?.join("dotnet").into(), program.with_extension("dll").into()])
}
