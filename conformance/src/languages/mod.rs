//! The languages whose programs call the C library. A [`Program`] is an example, built once in each test run; a [`Call`] runs
//! it with the library as `cargo xtask install` lays it out.
//!
//! Each language has a small file: how its sources become a program, and the command that runs it.

mod c;
mod csharp;
pub mod declarations;
mod dotnet;
mod go;
mod java;
pub mod kits;
mod node;
mod pascal;
mod python;
mod visual_basic;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use tempfile::TempDir;

use crate::netsession::{Outcome, finish};
use crate::output::target;
use crate::samba::PASSWORD;

pub use c::{C, ENUMERATIONS, EVERY, WIDE_ENUMERATIONS, WINDOWS_C};
pub use csharp::{MONO, MONO_OTHER_SPELLING, MONO_PASTED, MONO_SEED};
pub use dotnet::{CSHARP, CSHARP_SEED};
pub use go::GO;
pub use java::{JAVA, JNA};
pub use kits::{PACKAGED_CSHARP, PACKAGED_PASTED, PACKAGED_SPELLINGS, UNCHANGED_PYTHON, WHEEL};
pub use node::NODE;
pub use pascal::PASCAL;
pub use python::{PYTHON, PYTHON_ROWS};
pub use visual_basic::{VISUAL_BASIC, VISUAL_BASIC_PASTED, VISUAL_BASIC_SEED};

/// A program in one language, built at its first use.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    build: fn(&Workshop) -> Result<Vec<OsString>>,
    /// Whether it has the library from a package of its language, and must not find the installed one.
    has_own_library: bool,
    built: OnceLock<Result<Vec<OsString>, String>>,
}

/// The folder in which a program is built.
#[derive(Debug)]
pub struct Workshop {
    /// The folder of its sources.
    examples: PathBuf,
    /// An empty folder for the compiled programs.
    folder: PathBuf,
}

/// One run of a program, without the configuration of the machine.
#[derive(Debug)]
pub struct Call {
    command: Command,
    home: TempDir,
}

impl Program {
    const fn new(name: &'static str, build: fn(&Workshop) -> Result<Vec<OsString>>) -> Self {
        Self { name, build, has_own_library: false, built: OnceLock::new() }
    }

    const fn alone(name: &'static str, build: fn(&Workshop) -> Result<Vec<OsString>>) -> Self {
        Self { name, build, has_own_library: true, built: OnceLock::new() }
    }

    /// Its name, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The words of the command that runs it.
    ///
    /// # Errors
    /// The program cannot be built.
    pub fn words(&self) -> Result<&[OsString]> {
        let built = self.built.get_or_init(|| {
            let build = || (self.build)(&Workshop::new(self.name)?);
            build().with_context(|| format!("building {}", self.name)).map_err(|error| format!("{error:#}"))
        });
        built.as_ref().map(Vec::as_slice).map_err(|error| anyhow!(error.clone()))
    }

    /// Returns a run without a login, with the installed library, or the one of its package.
    ///
    /// # Errors
    /// The program cannot be built.
    pub fn call(&self) -> Result<Call> {
        if self.has_own_library {
            self.call_with(Path::new(""))
        } else {
            self.call_with(&prefix()?.join("lib"))
        }
    }

    /// Returns a run by another program, such as valgrind.
    ///
    /// # Errors
    /// The program cannot be built.
    pub fn call_under(&self, outer: &[&str]) -> Result<Call> {
        let words = outer.iter().map(OsString::from).chain(self.words()?.iter().cloned());
        Call::new(&words.collect::<Vec<_>>(), &prefix()?.join("lib"))
    }

    /// Returns a run with the library in `libraries`.
    ///
    /// # Errors
    /// The program cannot be built.
    pub fn call_with(&self, libraries: &Path) -> Result<Call> {
        Call::new(self.words()?, libraries)
    }
}

impl Workshop {
    fn new(name: &str) -> Result<Self> {
        let folder = target()?.join("languages").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self { examples: examples().canonicalize()?, folder: folder.canonicalize()? })
    }

    fn source(&self, name: &str) -> PathBuf {
        self.examples.join(name)
    }

    fn target(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Call {
    fn new(words: &[OsString], libraries: &Path) -> Result<Self> {
        let home = TempDir::new()?;
        let (program, arguments) = words.split_first().context("no command")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"))
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("XDG_RUNTIME_DIR", home.path())
            .env("LC_ALL", "C.UTF-8")
            .env("LD_LIBRARY_PATH", libraries)
            // Otherwise .NET leaves a socket in the temporary folder.
            .env("DOTNET_EnableDiagnostics", "0")
            .env("NETSESSION_LOG", "warn")
            .stdin(Stdio::null());
        Ok(Self { command, home })
    }

    /// Sets the login `user`, with the password of all users of private servers, for `server` only.
    #[must_use]
    pub fn login(self, user: &str, server: &str) -> Self {
        self.env("NETSESSION_LOGIN", user)
            .env("NETSESSION_PASSWORD", PASSWORD)
            .env("NETSESSION_SERVERS", server)
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// The program does not start, or hangs.
    pub fn run(mut self) -> Result<Outcome> {
        let start = Instant::now();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().with_context(|| format!("starting {:?}", self.command))?;
        let outcome = finish(child, start);
        drop(self.home);
        outcome
    }
}

/// A session as an example prints it: `\\127.0.0.7`, a tabulator, `alice`, a tabulator, `12 s`.
#[must_use]
pub fn listed(outcome: &Outcome) -> Vec<(String, String)> {
    let mut sessions: Vec<_> = outcome
        .stdout
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?.trim_start_matches('\\').to_owned(), cells.next()?.to_owned()))
        })
        .collect();
    sessions.sort();
    sessions
}

/// Returns the functions that a header of the C library declares.
#[must_use]
pub fn declared_functions(header: &str) -> Vec<String> {
    let results = ["NET_API_STATUS ", "HRESULT ", "void "];
    let name = |line: &str| {
        let (name, _) = results.iter().find_map(|result| line.strip_prefix(result))?.split_once('(')?;
        Some(name.to_owned())
    };
    header.lines().filter_map(name).collect()
}

/// Returns the installed tree: the one in `NETSESSION_PREFIX`, else the one that `cargo xtask test` makes.
///
/// # Errors
/// There is none.
pub fn prefix() -> Result<PathBuf> {
    let folder = folder_of("NETSESSION_PREFIX", "prefix")?;
    folder.canonicalize().with_context(|| {
        format!(
            "the library is not installed in {}: cargo xtask install --prefix target/prefix",
            folder.display()
        )
    })
}

/// Returns a command or folder that `cargo xtask runtimes` installs.
fn runtime(name: &str) -> Result<PathBuf> {
    let folder = folder_of("NETSESSION_RUNTIMES", "runtimes")?;
    let path = folder.join(name);
    path.canonicalize().with_context(|| format!("{} is not there: cargo xtask runtimes", path.display()))
}

/// Returns the folder of the packages for Node.
///
/// # Errors
/// `cargo xtask runtimes` has not installed them.
pub fn npm_packages() -> Result<PathBuf> {
    runtime("npm/node_modules")
}

/// Builds the programs with the SMB clients of crates.io, and returns this one. They have a target folder and versions of their
/// own.
///
/// # Errors
/// Cargo cannot fetch or compile them.
pub fn rust_client(name: &str) -> Result<PathBuf> {
    let folder = target()?.join("rust-clients");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--locked", "--manifest-path"]);
    cargo.arg(programs().join("clients/rust/Cargo.toml")).arg("--target-dir").arg(&folder);
    compile(&mut cargo)?;
    Ok(folder.join("debug").join(name))
}

/// The folder of examples.
#[must_use]
pub fn examples() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// The folder of programs in the manner of those that are found in public.
#[must_use]
pub fn programs() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/programs"))
}

/// The folder that a variable names, else the one of that name among cargo's output.
fn folder_of(variable: &str, name: &str) -> Result<PathBuf> {
    match std::env::var_os(variable) {
        Some(folder) => Ok(folder.into()),
        None => Ok(target()?.join(name)),
    }
}

/// Runs a compiler.
fn compile(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&text));
    Ok(())
}
