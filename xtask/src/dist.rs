//! `cargo xtask dist`: every package of a release in the folder `dist` of the target folder, with checksums and the list of crates.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::built::{Built, Profile};
use crate::{deb, nuget, peers, rpm, sbom, tarball, wheel, workspace, zip};

/// Builds for release, and makes the packages.
pub(crate) fn run() -> Result<bool> {
    let built = Built::with(Profile::ReleaseLto)?;
    let mut packages = vec![
        tarball::package(&built)?,
        wheel::package(&built.wchar32_library)?,
        nuget::package(&built.library)?,
    ];
    if peers::present("dpkg-deb") {
        packages.push(deb::package(&built)?);
    } else {
        println!("No Debian package: there is no dpkg-deb.");
    }
    if cfg!(target_os = "linux") {
        ensure!(rpm::run(&rpm::Options { profile: Profile::ReleaseLto })?, "no RPM package");
        packages.push(rpm::path()?);
    }
    match peers::ensure_windows_installed() {
        Ok(()) => packages.push(zip::package(&zip::Programs::build()?)?),
        Err(error) => println!("No ZIP file for Windows: {error:#}"),
    }
    let folder = workspace::target()?.join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut files = packages.into_iter().map(|path| named(&path)).collect::<Result<Vec<_>>>()?;
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
    Ok(true)
}

/// Returns the name and the content of a file.
fn named(path: &PathBuf) -> Result<(String, Vec<u8>)> {
    let name = path.file_name().context("a package without a name")?.to_string_lossy().into_owned();
    Ok((name, fs::read(path)?))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
