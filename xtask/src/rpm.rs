//! `cargo xtask rpm`: makes two packages for Fedora, RHEL and openSUSE in the folder `rpm` of the target folder:
//! `netsession-VERSION-1.ARCHITECTURE.rpm`, and `libnetapi32-wchar32-VERSION-1.ARCHITECTURE.rpm` with the C library for characters of 32 bits.

use std::path::PathBuf;

use anyhow::Result;

use crate::built::Profile;
use crate::deb::WCHAR32;
use crate::workspace;

/// How to build what the package contains.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The profile of the build
    #[arg(long, value_enum, default_value = "release-lto")]
    pub(crate) profile: Profile,
}

/// Returns the paths of the packages: `netsession`, and the library for characters of 32 bits.
pub(crate) fn paths() -> Result<[PathBuf; 2]> {
    let folder = workspace::target()?.join("rpm");
    let (version, architecture) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Ok(["netsession", WCHAR32].map(|name| folder.join(format!("{name}-{version}-1.{architecture}.rpm"))))
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
