//! What cargo knows about this workspace: its crates, their dependencies, and the target folder.
//!
//! [`Workspace::read`] asks cargo; [`target`] is the one answer that most tasks need:
//!
//! ```ignore
//! let runtimes = workspace::target()?.join("runtimes");
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::root;

/// The answer of `cargo metadata`.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<Package>,
}

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its Cargo.toml.
    pub(crate) folder: PathBuf,
    /// The first file of each library, program, test and benchmark.
    pub(crate) roots: Vec<PathBuf>,
    /// The crates of the workspace that it is built with.
    pub(crate) uses: BTreeSet<String>,
    /// The crates of the workspace that only its tests need.
    pub(crate) test_uses: BTreeSet<String>,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// Cargo cannot be started, or refuses.
    pub(crate) fn read() -> Result<Self> {
        Self::read_with(&mut Command::new("cargo"))
    }

    fn read_with(cargo: &mut Command) -> Result<Self> {
        cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline"]).current_dir(root());
        let output = cargo.output().context("starting cargo")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        Self::parse(&serde_json::from_slice(&output.stdout)?)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(PathBuf::from);
        let packages = metadata.get("packages").and_then(Value::as_array);
        let packages = packages.context("cargo metadata names no packages")?;
        let names: BTreeSet<String> = packages.iter().filter_map(name).collect();
        Ok(Self {
            root: text("workspace_root").context("cargo metadata names no workspace_root")?,
            target: text("target_directory").context("cargo metadata names no target_directory")?,
            packages: packages.iter().filter_map(|package| Package::parse(package, &names)).collect(),
        })
    }

    /// The folder of the workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The crates.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }
}

/// Returns the folder of everything that cargo builds: `target`, or what `CARGO_TARGET_DIR` or a configuration says.
///
/// # Errors
/// As [`Workspace::read`].
pub(crate) fn target() -> Result<PathBuf> {
    Ok(Workspace::read()?.target)
}

impl Package {
    fn parse(package: &Value, names: &BTreeSet<String>) -> Option<Self> {
        let list = |field: &str| package.get(field).and_then(Value::as_array).into_iter().flatten();
        let path = |target: &Value| target.get("src_path").and_then(Value::as_str).map(PathBuf::from);
        let is_for_tests =
            |dependency: &&Value| dependency.get("kind").and_then(Value::as_str) == Some("dev");
        let own = name(package)?;
        let (test_uses, uses): (Vec<&Value>, Vec<&Value>) = list("dependencies").partition(is_for_tests);
        let of_workspace = |dependencies: Vec<&Value>| -> BTreeSet<String> {
            let other = dependencies.into_iter().filter_map(name);
            // A crate may test itself through its own features.
            other.filter(|other| names.contains(other) && *other != own).collect()
        };
        let uses = of_workspace(uses);
        let test_uses = of_workspace(test_uses).difference(&uses).cloned().collect();
        let manifest = PathBuf::from(package.get("manifest_path")?.as_str()?);
        let folder = manifest.parent()?.to_owned();
        Some(Self { folder, roots: list("targets").filter_map(path).collect(), uses, test_uses, name: own })
    }
}

fn name(value: &Value) -> Option<String> {
    Some(value.get("name")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::Workspace;

    /// A failure here would look for programs, runtimes and packages where cargo does not put them.
    #[test]
    fn the_target_folder_is_where_the_variable_says() {
        let mut cargo = Command::new(env!("CARGO"));
        let workspace = Workspace::read_with(cargo.env("CARGO_TARGET_DIR", "/elsewhere/target")).unwrap();
        assert_eq!(workspace.target, Path::new("/elsewhere/target"));
    }

    /// A failure here would check no crate, or not every file of one.
    #[test]
    fn crates_and_their_first_files_are_read() {
        let workspace = Workspace::read().unwrap();
        let xtask = workspace.packages().iter().find(|package| package.name == "xtask").unwrap();
        let files = ["xtask/src/main.rs", "xtask/tests/published.rs", "xtask/tests/toolchain.rs"];
        assert_eq!(xtask.roots, files.map(|file| workspace.root().join(file)));
        assert!(xtask.uses.contains("netsession-reference"), "{xtask:?}");
    }
}
