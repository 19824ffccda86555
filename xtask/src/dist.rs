//! `cargo xtask dist`: every package of a release in the folder `dist` of the target folder, with checksums and the list of crates.
//! `cargo xtask test --packages` makes the same, and installs each ([`check`]).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use crate::built::{Built, Profile};
use crate::packages::Packages;
use crate::steps::{Steps, heading};
use crate::{install, peers, runtimes, sbom, workspace};

/// The programs with the tests of packages.
const PROGRAMS: [&str; 4] = ["packages", "installed", "programs", "languages"];

/// Parts of the names of those tests.
const TESTS: [&str; 7] =
    ["debian_", "tarball_", "rpm_package_", "windows_zip_", "python_wheel_", "nuget_", "dotnet_package_"];

/// Builds for release, and makes the packages.
pub(crate) fn run() -> Result<bool> {
    make(&Built::with(Profile::ReleaseLto)?)?;
    Ok(true)
}

/// Returns the folder of the packages.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("dist"))
}

/// Makes the packages of a build, with those for Windows that a build of its own makes.
pub(crate) fn make(built: &Built) -> Result<Packages> {
    let mut packages = Packages::of(built)?;
    if packages.deb.is_none() {
        println!("No Debian package: there is no dpkg-deb.");
    }
    if cfg!(target_os = "linux") {
        packages.add_rpm(Profile::ReleaseLto)?;
    }
    match peers::ensure_windows_installed() {
        Ok(()) => packages.add_zip()?,
        Err(error) => println!("No ZIP file for Windows: {error:#}"),
    }
    let folder = folder()?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut files = packages.files().into_iter().map(named).collect::<Result<Vec<_>>>()?;
    let crates = sbom::text(&["netsession-cli", "netsession-netapi32"])?;
    files.push((format!("netsession-{}.cdx.json", env!("CARGO_PKG_VERSION")), crates.into_bytes()));
    files.sort();
    let mut sums = String::new();
    for (name, content) in &files {
        fs::write(folder.join(name), content)?;
        sums += &format!("{}  {name}\n", hexadecimal(&Sha256::digest(content)));
    }
    fs::write(folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    println!("in {}", folder.display());
    Ok(packages)
}

/// Makes a release, and installs each of its packages in a system that has nothing else.
///
/// # Errors
/// The tests cannot start.
pub(crate) fn check(steps: &mut Steps) -> Result<()> {
    const NAME: &str = "the packages of a release";
    heading(NAME);
    let made = Built::with(Profile::ReleaseLto).and_then(|built| Ok((make(&built)?, built)));
    steps.outcome(NAME, made.is_ok());
    let (packages, built) = match made {
        Ok(made) => made,
        Err(error) => {
            println!("{error:#}");
            return Ok(());
        }
    };
    let mut sums = Command::new("sh");
    sums.args(["-c", "cd \"$1\" && sha256sum --check --strict SHA256SUMS", "sh"]).arg(folder()?);
    steps.check("their checksums", &mut sums)?;
    let prefix = workspace::target()?.join("prefix");
    install::into(&prefix, &built)?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    tests.args(PROGRAMS.iter().flat_map(|name| ["--test", name]));
    tests.args(["--", "--include-ignored"]).args(TESTS);
    for (is_made, name, count, what) in [
        (packages.deb.is_some(), "debian_", 5, "the Debian packages: there is no dpkg-deb"),
        (packages.rpm.is_some(), "rpm_package_", 1, "the RPM packages: they are for Linux"),
        (packages.zip.is_some(), "windows_zip_", 1, "the ZIP file: there is no compiler for Windows"),
    ] {
        if !is_made {
            tests.args(["--skip", name]);
            steps.leave_out(what, count);
        }
    }
    let impacket = peers::impacket()?;
    for missing in runtimes::ensure_installed(&impacket.join("bin/python"))? {
        tests.args(["--skip", missing.tests]);
        steps.leave_out(&missing.why, missing.count);
    }
    tests.env("NETSESSION_BIN", &built.command).env("NETSESSION_PREFIX", prefix);
    tests.env("NETSESSION_IMPACKET", impacket).env("NETSESSION_RUNTIMES", runtimes::folder()?);
    steps.tests("each package, installed", tests.envs(packages.variables()))
}

/// Returns the name and the content of a file.
fn named(path: &PathBuf) -> Result<(String, Vec<u8>)> {
    let name = path.file_name().context("a package without a name")?.to_string_lossy().into_owned();
    Ok((name, fs::read(path)?))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
