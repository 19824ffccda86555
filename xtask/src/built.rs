//! The command and the C library, as one build made them.
//!
//! [`Built::with`] takes the paths from the messages of the build that it runs, so nothing older than that build
//! can be installed, packaged or measured, wherever cargo puts its output.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::root;

/// The libraries as cargo names them.
const LIBRARY: &str = if cfg!(target_os = "macos") { "libnetapi32.dylib" } else { "libnetapi32.so" };
const WCHAR32_LIBRARY: &str =
    if cfg!(target_os = "macos") { "libnetapi32_wchar32.dylib" } else { "libnetapi32_wchar32.so" };

/// The results of a build.
#[derive(Debug)]
pub(crate) struct Built {
    /// The program `netsession`.
    pub(crate) command: PathBuf,
    /// The shared library for characters of 16 bits.
    pub(crate) library: PathBuf,
    /// The shared library for characters of 32 bits.
    pub(crate) wchar32_library: PathBuf,
}

/// The profile of a build, in Cargo.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Builds fast, for tests.
    Release,
    /// Has link-time optimization, for packages and measurements.
    ReleaseLto,
}

impl Profile {
    /// Returns the name by which cargo knows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::ReleaseLto => "release-lto",
        }
    }
}

impl Built {
    /// Builds them with this profile.
    ///
    /// # Errors
    /// The build fails; cargo has printed why.
    pub(crate) fn with(profile: Profile) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "build",
            "--profile",
            profile.name(),
            "--locked",
            "--package=netsession-cli",
            "--package=netsession-netapi32",
            "--package=netsession-netapi32-wchar32",
        ]);
        let mut files = Files::by(cargo.current_dir(root()))?;
        Ok(Self {
            command: files.take("netsession")?,
            library: files.take(LIBRARY)?,
            wchar32_library: files.take(WCHAR32_LIBRARY)?,
        })
    }
}

/// The files that a build made.
#[derive(Debug)]
struct Files(Vec<PathBuf>);

impl Files {
    /// Runs a build, and reads which files it made.
    fn by(cargo: &mut Command) -> Result<Self> {
        cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
        let mut child = cargo.spawn().context("starting cargo")?;
        let mut files = Vec::new();
        for line in BufReader::new(child.stdout.take().context("cargo has no output")?).lines() {
            files.extend(artifacts(&line?));
        }
        ensure!(child.wait()?.success(), "the release build failed");
        Ok(Self(files))
    }

    /// Removes the file of this name, and returns its path.
    fn take(&mut self, name: &str) -> Result<PathBuf> {
        let place = self.0.iter().position(|path| path.file_name().is_some_and(|file| file == name));
        place.map(|place| self.0.swap_remove(place)).with_context(|| format!("the build made no {name}"))
    }
}

/// The files that one message of cargo names.
fn artifacts(message: &str) -> Vec<PathBuf> {
    let Ok(message) = serde_json::from_str::<Value>(message) else { return Vec::new() };
    let is_artifact = message.get("reason").and_then(Value::as_str) == Some("compiler-artifact");
    let files = message.get("filenames").and_then(Value::as_array).filter(|_| is_artifact);
    files.into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{Files, LIBRARY};

    const MANIFEST: &str = "[workspace]\n[package]\nname = \"netsession\"\nedition = \"2024\"\n\
        [lib]\nname = \"netapi32\"\ncrate-type = [\"cdylib\"]\npath = \"lib.rs\"\n\
        [[bin]]\nname = \"netsession\"\npath = \"main.rs\"\n";

    /// A failure here would install a library of an earlier build where `CARGO_TARGET_DIR` leads cargo elsewhere.
    #[test]
    fn what_was_just_built_is_found_in_another_target_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (source, elsewhere) = (folder.path().join("source"), folder.path().join("elsewhere"));
        let stale = source.join("target/release");
        fs::create_dir_all(&stale).unwrap();
        for name in ["netsession", LIBRARY] {
            fs::write(stale.join(name), "stale").unwrap();
        }
        fs::write(source.join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(source.join("main.rs"), "fn main() {}").unwrap();
        fs::write(source.join("lib.rs"), "").unwrap();
        let build = |source: &std::path::Path| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--release", "--offline"]).current_dir(source);
            Files::by(cargo.env("CARGO_TARGET_DIR", &elsewhere).env_remove("CARGO_BUILD_TARGET_DIR"))
        };
        let mut built = build(&source).unwrap();
        assert_eq!(built.take("netsession").unwrap(), elsewhere.join("release/netsession"));
        let library = built.take(LIBRARY).unwrap();
        assert_eq!(library, elsewhere.join("release").join(LIBRARY));
        assert!(fs::read(&library).unwrap().starts_with(b"\x7fELF") || cfg!(not(target_os = "linux")));
        // The second build compiles nothing, but still reports where everything is.
        assert_eq!(build(&source).unwrap().take(LIBRARY).unwrap(), library);
        // A failed build returns nothing, although the files of the earlier one still exist.
        fs::write(source.join("lib.rs"), "no Rust").unwrap();
        assert_eq!(build(&source).unwrap_err().to_string(), "the release build failed");
    }
}
