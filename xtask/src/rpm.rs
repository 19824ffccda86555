//! `cargo xtask rpm`: makes a package for Fedora, RHEL and openSUSE, `rpm/netsession-VERSION-1.ARCHITECTURE.rpm` in the target folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::built::Profile;
use crate::workspace;

/// How to build what the package contains.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The profile of the build
    #[arg(long, value_enum, default_value = "release-lto")]
    pub(crate) profile: Profile,
}

/// Returns the path of the package.
pub(crate) fn path() -> Result<PathBuf> {
    let name = format!("netsession-{}-1.{}.rpm", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Ok(workspace::target()?.join("rpm").join(name))
}

/// Builds this program again with the writer of packages, and runs it.
#[cfg(not(feature = "rpm"))]
pub(crate) fn run(options: &Options) -> Result<bool> {
    let mut again = std::process::Command::new("cargo");
    again.args(["run", "--quiet", "--locked", "--package=xtask", "--features=rpm", "--", "rpm"]);
    again.args(["--profile", options.profile.name()]);
    Ok(again.current_dir(crate::root()).status()?.success())
}

#[cfg(feature = "rpm")]
pub(crate) use package::run;

#[cfg(feature = "rpm")]
mod package;
