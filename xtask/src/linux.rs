//! The Linux kernel of the tests that mount a share: Debian's, unpacked into `linux` in the target folder, not installed.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::packaged::output;
use crate::workspace;

/// The package that depends on the kernel: the one for virtual machines, which has few modules.
const PACKAGE: &str = "linux-image-cloud-amd64";

/// Downloads and unpacks the kernel, and returns the folder, which has `boot` and `lib`.
pub(crate) fn ensure_downloaded() -> Result<PathBuf> {
    ensure!(cfg!(target_arch = "x86_64"), "the machine of these tests is x86-64");
    let folder = workspace::target()?.join("linux");
    if folder.exists() {
        return Ok(folder);
    }
    let part = folder.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    let depends = output("apt-cache", &["depends", PACKAGE])?;
    let kernel = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    let kernel = kernel.with_context(|| format!("apt-cache does not know {PACKAGE}"))?;
    println!("Downloading {kernel} into {}", folder.display());
    // apt-get downloads into the current folder.
    let place = part.to_string_lossy();
    output("sh", &["-c", "cd \"$0\" && exec apt-get --quiet=2 download \"$1\"", &place, kernel])?;
    let package = fs::read_dir(&part)?.next().context("nothing was downloaded")??.path();
    output("dpkg-deb", &["-x", &package.to_string_lossy(), &place])?;
    fs::remove_file(package)?;
    fs::rename(&part, &folder)?;
    Ok(folder)
}
