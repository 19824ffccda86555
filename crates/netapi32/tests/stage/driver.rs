//! [`Drive`]: a C program in a process of its own that loads the library.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Returns the path of the library that this test run has built.
pub fn library() -> PathBuf {
    let name = if cfg!(wchar32) { "libnetapi32_wchar32" } else { "libnetapi32" };
    let extension = if cfg!(target_os = "macos") { "dylib" } else { "so" };
    let folder = std::env::current_exe().unwrap();
    let path = folder.parent().unwrap().join(name).with_extension(extension);
    assert!(path.exists(), "{} does not exist", path.display());
    path
}

/// Returns the folder of the headers.
pub fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../netapi32/include")
}

/// Compiles the driver once, and returns its path.
pub fn driver() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("driver")).clone()
}

/// Compiles the program that stresses the library once, and returns its path.
pub fn host() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("host")).clone()
}

/// Compiles the program that abuses buffers once, and returns its path.
pub fn abuse() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("abuse")).clone()
}

/// Compiles the program in which allocations fail once, and returns its path.
pub fn memory() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("memory")).clone()
}

/// Compiles the program that allocates by itself once, and returns its path.
pub fn allocator() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("allocator")).clone()
}

/// Compiles the program that ends sessions by names of `wchar_t` once, and returns its path.
pub fn end() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("end")).clone()
}

/// The program that looks for secrets in its own memory, compiled once.
pub fn secrets() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("secrets")).clone()
}

/// Compiles a program of `tests/c` into the build's folder, which stays when the process ends.
fn compiled(name: &str) -> PathBuf {
    let programs = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netapi32/tests/c");
    // Another test process may compile or run the same program: the finished one takes its place at once.
    let folder = TempDir::with_prefix_in("program-", programs).unwrap();
    let unfinished = folder.path().join(name);
    let compiled = Command::new("cc")
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-I"])
        .arg(include())
        .arg(sources.join(name).with_extension("c"))
        .arg("-o")
        .arg(&unfinished)
        .arg("-ldl")
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let program = programs.join(name);
    std::fs::rename(unfinished, &program).unwrap();
    program
}

/// A run of the driver, with an empty environment.
pub struct Drive {
    pub command: Command,
    home: TempDir,
}

impl Drive {
    pub fn new(arguments: &[&str]) -> Self {
        Self::with(&driver(), &library(), arguments)
    }

    pub fn with(driver: &Path, library: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(driver);
        command.arg(library);
        Self::of(command, arguments)
    }

    /// Prepares a run of a program that is linked with the library.
    pub fn program(program: &Path, arguments: &[&str]) -> Self {
        Self::of(Command::new(program), arguments)
    }

    /// Prepares a run of a program of `tests/python`.
    pub fn python(script: &str, library: &Path, arguments: &[&str]) -> Self {
        let mut python = Command::new("python3");
        python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../netapi32/tests/python").join(script));
        python.arg(library);
        Self::of(python, arguments)
    }

    fn of(mut command: Command, arguments: &[&str]) -> Self {
        let home = TempDir::with_prefix("netsession-home-").unwrap();
        command.args(arguments).env_clear();
        command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
        Self { command, home }
    }

    /// Returns the home of the user, which is also the runtime directory.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Makes the program set the administrator's login.
    pub fn by_admin(self) -> Self {
        self.env("DRIVER_LOGIN", super::ADMIN).env("DRIVER_PASSWORD", super::PASSWORD)
    }

    /// Runs the driver, which must succeed, and returns the lines that it prints.
    pub fn lines(mut self) -> Vec<String> {
        let output = self.command.output().unwrap();
        assert!(output.status.success(), "{:?}: {output:?}", self.command);
        lines(&output)
    }

    pub fn output(mut self) -> Output {
        self.command.output().unwrap()
    }
}

pub fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
