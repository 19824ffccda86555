//! [`Driver`]: a C program that loads the library.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// A C program that loads the library and calls it: `crates/netapi32/tests/c/driver.c`.
pub(crate) struct Driver {
    folder: TempDir,
    library: PathBuf,
}

impl Driver {
    pub(crate) fn compile() -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-driver-")?;
        let netapi32 = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32");
        let mut compiler = Command::new("cc");
        compiler.args(["-std=gnu11", "-O1", "-pthread", "-I"]).arg(netapi32.join("include"));
        compiler
            .arg(netapi32.join("tests/c/driver.c"))
            .arg("-o")
            .arg(folder.path().join("driver"))
            .arg("-ldl");
        ensure!(compiler.status()?.success(), "the driver does not compile");
        let name = if cfg!(target_os = "macos") { "libnetapi32.dylib" } else { "libnetapi32.so" };
        // Cargo builds the library beside the tests, because they depend on its crate.
        let library = std::env::current_exe()?.parent().context("no folder")?.join(name);
        ensure!(library.exists(), "{} does not exist", library.display());
        Ok(Self { folder, library })
    }

    /// Returns a run of the program in a home of its own: a command such as `list`, and its arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<(Command, TempDir)> {
        let home = TempDir::with_prefix("netsession-home-")?;
        let mut command = Command::new(self.folder.path().join("driver"));
        command.arg(&self.library).args(arguments).env_clear().env("PATH", "/usr/bin:/bin");
        command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
        command.env("XDG_CONFIG_HOME", home.path().join("config")).env("NETSESSION_LOG", "warn");
        Ok((command, home))
    }
}
