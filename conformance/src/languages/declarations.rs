//! Programs that use the declarations of the reference. All programs of a language are built together, because compilers
//! start slowly, and run one after the other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Call, Workshop, compile, dotnet, prefix, runtime};
use crate::output::target;

/// The compiler and the runtime of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// C, by the compiler that Rust links with.
    C,
    /// C# on Mono.
    Mono,
    /// C#, compiled as for Mono, on .NET.
    DotnetCSharp,
    /// Visual Basic on .NET.
    DotnetVb,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Node.
    Node,
}

/// The built programs, by name.
#[derive(Debug)]
pub struct Programs {
    words: BTreeMap<String, Vec<OsString>>,
}

impl Programs {
    /// Builds the programs. `texts` are their sources, by names that are identifiers in every language.
    ///
    /// # Errors
    /// A program does not compile.
    pub fn build(runner: Runner, folder: &str, texts: &[(String, String)]) -> Result<Self> {
        let workshop = Workshop::new(folder)?;
        let build = match runner {
            Runner::C => c,
            Runner::Mono => mono,
            Runner::DotnetCSharp => dotnet_csharp,
            Runner::DotnetVb => dotnet_vb,
            Runner::Python => python,
            Runner::Rust => rust,
            Runner::Go => go,
            Runner::Java => java,
            Runner::Node => node,
        };
        Ok(Self { words: build(&workshop, texts)?.into_iter().collect() })
    }

    /// Returns a run of one program, with the installed library.
    ///
    /// # Errors
    /// There is no such program.
    pub fn call(&self, name: &str) -> Result<Call> {
        let words = self.words.get(name).with_context(|| format!("no program {name}"))?;
        Call::new(words, &prefix()?.join("lib"))
    }
}

type Built = Result<Vec<(String, Vec<OsString>)>>;

/// Writes each text to a file of its own, and passes the file to a function.
fn each(
    workshop: &Workshop,
    ending: &str,
    texts: &[(String, String)],
    make: impl Fn(&Path, &Path) -> Result<Vec<OsString>>,
) -> Built {
    let one = |(name, text): &(String, String)| {
        let source = workshop.target(&format!("{name}.{ending}"));
        fs::write(&source, text)?;
        let words = make(&source, &workshop.target(name)).with_context(|| format!("{name}.{ending}"))?;
        Ok((name.clone(), words))
    };
    texts.iter().map(one).collect()
}

fn c(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    let lib = prefix()?.join("lib");
    each(workshop, "c", texts, |source, program| {
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"]).arg(program).arg(source);
        compile(cc.arg("-L").arg(&lib).arg("-lnetapi32"))?;
        Ok(vec![program.into()])
    })
}

fn rust(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    let lib = prefix()?.join("lib");
    each(workshop, "rs", texts, |source, program| {
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "-Dwarnings", "-o"]).arg(program).arg(source);
        compile(rustc.arg("-L").arg(&lib))?;
        Ok(vec![program.into()])
    })
}

fn python(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    each(workshop, "py", texts, |source, _| Ok(vec!["python3".into(), "-B".into(), source.into()]))
}

fn node(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    symlink(runtime("npm/node_modules")?, workshop.target("node_modules"))?;
    each(workshop, "js", texts, |source, _| Ok(vec!["node".into(), source.into()]))
}

fn mono(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    each(workshop, "cs", texts, |source, program| {
        let program = program.with_extension("exe");
        // For the compiler, nobody assigns the fields that only the function writes.
        let mut mcs = Command::new("mcs");
        mcs.args(["-nologo", "-warnaserror", "-nowarn:649"]).arg(format!("-out:{}", program.display()));
        compile(mcs.arg(source))?;
        Ok(vec!["mono".into(), program.into()])
    })
}

fn dotnet_csharp(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    each(workshop, "cs", texts, |source, program| dotnet::build_as("csc", program, &[source.to_owned()]))
}

/// Joins all programs into one, whose first argument selects a program: each becomes a namespace, with its Imports
/// before it. A single program stays as it is.
fn dotnet_vb(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    if texts.len() == 1 {
        return each(workshop, "vb", texts, |source, program| {
            dotnet::build_as("vbc", program, &[source.to_owned()])
        });
    }
    let (mut sources, mut cases) = (Vec::new(), String::new());
    for (name, text) in texts {
        let (imports, rest): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with("Imports "));
        let rest = rest.join("\n").replace("Sub Main()", "Sub Run()");
        let text = format!("{}\nNamespace {name}\n{rest}\nEnd Namespace\n", imports.join("\n"));
        let source = workshop.target(&format!("{name}.vb"));
        fs::write(&source, text)?;
        sources.push(source);
        cases += &format!("            Case \"{name}\"\n                {name}.Program.Run()\n");
    }
    let main = format!(
        "Module Chooser\n    Sub Main(arguments As String())\n        Select Case arguments(0)\n{cases}        End Select\n    \
         End Sub\nEnd Module\n"
    );
    let source = workshop.target("Chooser.vb");
    fs::write(&source, main)?;
    sources.push(source);
    let words = dotnet::build_as("vbc", &workshop.target("All"), &sources)?;
    let chosen = |name: &String| [words.clone(), vec![name.into()]].concat();
    Ok(texts.iter().map(|(name, _)| (name.clone(), chosen(name))).collect())
}

/// Makes a module with a package for each program.
fn go_module(workshop: &Workshop, texts: &[(String, String)]) -> Result<()> {
    fs::write(workshop.target("go.mod"), "module declarations\n\ngo 1.18\n")?;
    for (name, text) in texts {
        fs::create_dir(workshop.target(name))?;
        fs::write(workshop.target(name).join("main.go"), text)?;
    }
    Ok(())
}

fn go(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    let programs = workshop.target("programs");
    fs::create_dir(&programs)?;
    go_module(workshop, texts)?;
    let mut build = Command::new("go");
    build
        .args(["build", "-o"])
        .arg(&programs)
        .arg("./...")
        .current_dir(&workshop.folder)
        .env("CGO_LDFLAGS", format!("-L{}", prefix()?.join("lib").display()))
        .env("GOCACHE", target()?.join("languages/go-cache"))
        .env("GOFLAGS", "-buildvcs=false");
    compile(&mut build)?;
    Ok(texts.iter().map(|(name, _)| (name.clone(), vec![programs.join(name).into()])).collect())
}

/// Compiles all programs together, each as a package. A single program stays as it is.
fn java(workshop: &Workshop, texts: &[(String, String)]) -> Built {
    let classes = workshop.target("classes");
    let mut sources: Vec<PathBuf> = Vec::new();
    let alone = texts.len() == 1;
    for (name, text) in texts {
        let folder = workshop.target(name);
        fs::create_dir(&folder)?;
        let source = folder.join("NetApi32.java");
        let package = if alone { String::new() } else { format!("package {name};\n\n") };
        fs::write(&source, package + text)?;
        sources.push(source);
    }
    compile(Command::new(runtime("bin")?.join("javac")).arg("-d").arg(&classes).args(sources))?;
    let java = runtime("bin")?.join("java");
    let options = ["--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp"];
    let words = |name: &str| {
        let class = if alone { "NetApi32".to_owned() } else { format!("{name}.NetApi32") };
        let mut words: Vec<OsString> = vec![java.clone().into()];
        words.extend(options.map(OsString::from));
        words.extend([classes.clone().into(), class.into()]);
        words
    };
    Ok(texts.iter().map(|(name, _)| (name.clone(), words(name))).collect())
}

/// Compiles programs that the tests cannot link or run, because the library lacks the functions that they call.
///
/// # Errors
/// A program does not compile.
pub fn compile_only(runner: Runner, folder: &str, texts: &[(String, String)]) -> Result<()> {
    match runner {
        Runner::Rust => {
            let workshop = Workshop::new(folder)?;
            let compiled = each(&workshop, "rs", texts, |source, program| {
                let mut rustc = Command::new("rustc");
                rustc
                    .args(["--edition=2024", "--emit=metadata", "-Dwarnings", "-o"])
                    .arg(program)
                    .arg(source);
                compile(&mut rustc)?;
                Ok(Vec::new())
            });
            compiled.map(drop)
        }
        Runner::Go => {
            let workshop = Workshop::new(folder)?;
            go_module(&workshop, texts)?;
            let mut vet = Command::new("go");
            vet.args(["vet", "./..."]).current_dir(&workshop.folder);
            compile(vet.env("GOCACHE", target()?.join("languages/go-cache")))
        }
        Runner::Python | Runner::Node => {
            let programs = Programs::build(runner, folder, texts)?;
            for (name, words) in &programs.words {
                let (program, source) =
                    (words.first().context("no program")?, words.last().context("no source")?);
                let mut check = Command::new(program);
                match runner {
                    Runner::Node => check.arg("--check"),
                    _ => check.args(["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"]),
                };
                compile(check.arg(source)).with_context(|| name.clone())?;
            }
            Ok(())
        }
        // Their compilers do not look for the library.
        Runner::Mono | Runner::DotnetCSharp | Runner::DotnetVb | Runner::Java => {
            Programs::build(runner, folder, texts).map(drop)
        }
        Runner::C => anyhow::bail!("a program in C is linked: compile it beside the headers"),
    }
}

/// Compiles the C# that a PowerShell script passes to Add-Type. The tests have no PowerShell.
///
/// # Errors
/// The script contains no C#, or it does not compile.
pub fn compile_within_powershell(name: &str, script: &str) -> Result<()> {
    let workshop = Workshop::new(&format!("powershell-{name}"))?;
    let source = workshop.target("Within.cs");
    let (_, rest) = script.split_once("Add-Type -TypeDefinition @'\n").context("no Add-Type")?;
    let (within, _) = rest.split_once("\n'@\n").context("no end")?;
    fs::write(&source, within)?;
    let mut mcs = Command::new("mcs");
    mcs.args(["-nologo", "-warnaserror", "-nowarn:649", "-target:library"]);
    compile(mcs.arg(format!("-out:{}", workshop.target("Within.dll").display())).arg(&source))
}
