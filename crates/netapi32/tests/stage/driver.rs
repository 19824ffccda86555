//! [`Drive`]: a C program in a process of its own that loads the library.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Returns the path of the library that this test run has built.
pub fn library() -> PathBuf {
    let name = if cfg!(target_os = "macos") { "libnetapi32.dylib" } else { "libnetapi32.so" };
    let path = std::env::current_exe().unwrap().parent().unwrap().join(name);
    assert!(path.exists(), "{} does not exist", path.display());
    path
}

/// Returns the folder of the headers.
pub fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Compiles the driver once, and returns its path.
pub fn driver() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    compiled("driver", &FOLDER)
}

/// Compiles the program that stresses the library once, and returns its path.
pub fn host() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    compiled("host", &FOLDER)
}

/// Compiles the program in which allocations fail once, and returns its path.
pub fn memory() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    compiled("memory", &FOLDER)
}

/// The program that looks for secrets in its own memory, compiled once.
pub fn secrets() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    compiled("secrets", &FOLDER)
}

/// Compiles a program of `tests/c` into a folder, unless the folder exists.
fn compiled(name: &str, folder: &OnceLock<TempDir>) -> PathBuf {
    let folder = folder.get_or_init(|| {
        let folder = TempDir::with_prefix("netsession-driver-").unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
        let compiled = Command::new("cc")
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-I"])
            .arg(include())
            .arg(sources.join(name).with_extension("c"))
            .arg("-o")
            .arg(folder.path().join(name))
            .arg("-ldl")
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        folder
    });
    folder.path().join(name)
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
        let home = TempDir::with_prefix("netsession-home-").unwrap();
        let mut command = Command::new(driver);
        command.arg(library).args(arguments).env_clear();
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
