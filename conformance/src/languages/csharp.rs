//! C# on Mono.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Program, Workshop, compile, prefix, programs};

/// `examples/csharp`.
pub static MONO: Program = Program::new("mono", |workshop| {
    build(workshop, &[workshop.source("csharp/Program.cs"), workshop.source("csharp/Sessions.cs")])
});

/// `examples/seed`, with the declaration in C#.
pub static MONO_SEED: Program =
    Program::new("mono-seed", |workshop| build(workshop, &[workshop.source("seed/Program.cs")]));

/// The same, with a spelling of the library for which there is no link: Mono finds it by the dllmap.
pub static MONO_OTHER_SPELLING: Program = Program::new("mono-other-spelling", |workshop| {
    let text = fs::read_to_string(workshop.source("seed/Program.cs"))?;
    let other = text.replace("\"NetApi32.dll\"", "\"nEtApI32.DlL\"");
    ensure!(other != text, "the spelling is not there");
    let source = workshop.target("Program.cs");
    fs::write(&source, other)?;
    let words = build(workshop, &[source])?;
    let program = PathBuf::from(words.last().context("no program")?);
    fs::copy(prefix()?.join("share/netsession/netapi32.dll.config"), program.with_extension("exe.config"))?;
    Ok(words)
});

/// Declarations as programmers paste them: spellings, pointers of 32 bits, a free of their own.
pub static MONO_PASTED: Program =
    Program::new("mono-pasted", |workshop| build(workshop, &[programs().join("Pasted.cs")]));

fn build(workshop: &Workshop, sources: &[PathBuf]) -> Result<Vec<OsString>> {
    let program = workshop.target("Program.exe");
    let mut mcs = Command::new("mcs");
    mcs.args(["-nologo", "-warnaserror"]).arg(format!("-out:{}", program.display())).args(sources);
    compile(&mut mcs)?;
    Ok(vec!["mono".into(), program.into()])
}
