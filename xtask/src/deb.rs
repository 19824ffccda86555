//! `cargo xtask deb`: makes a package for Debian and Ubuntu, `debian/netsession_VERSION_ARCHITECTURE.deb` in the target folder.
//!
//! [`package`] lays the files out as `cargo xtask install` does ([`Layout`]), and adds what Debian wants.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::built::Built;
use crate::install::Layout;
use crate::{root, workspace};

const MAINTAINER: &str = "The netsession developers <netsession@example.invalid>";

/// Builds for release, and makes the package.
pub(crate) fn run() -> Result<bool> {
    println!("{}", package(&Built::release()?)?.display());
    Ok(true)
}

/// Makes the package of what was built, and returns its path.
pub(crate) fn package(built: &Built) -> Result<PathBuf> {
    let architecture = output("dpkg", &["--print-architecture"])?;
    let architecture = architecture.trim();
    let folder = workspace::target()?.join("debian");
    let stage = folder.join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let usr = stage.join("usr");
    let libraries = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    let layout = Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries: &libraries };
    layout.lay_out()?;
    // Debian installs the text of the Apache licence once, for all packages.
    fs::remove_file(usr.join("share/doc/netsession/LICENSE-APACHE"))?;
    fs::rename(usr.join("share/zsh/site-functions"), usr.join("share/zsh/vendor-completions"))?;
    layout.write("share/doc/netsession/copyright", copyright()?.as_bytes())?;
    layout.write("share/doc/netsession/README.md", &fs::read(root().join("README.md"))?)?;
    for (name, content) in
        [("changelog", changelog()?), ("CHANGELOG.md", fs::read_to_string(root().join("CHANGELOG.md"))?)]
    {
        let name = format!("share/doc/netsession/{name}");
        layout.write(&name, content.as_bytes())?;
        compress(&usr.join(name))?;
    }
    layout.write("share/lintian/overrides/netsession", overrides(&libraries).as_bytes())?;
    for page in fs::read_dir(usr.join("share/man/man1"))? {
        compress(&page?.path())?;
    }
    for program in [usr.join("bin/netsession"), usr.join(&libraries).join("libnetapi32.so")] {
        output("strip", &["--strip-unneeded", "--remove-section=.comment", &program.to_string_lossy()])?;
    }
    layout.write("share/doc/netsession/crates", crates()?.as_bytes())?;
    let control = stage.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("control"), control_file(architecture, &usr, &libraries)?)?;
    fs::write(control.join("md5sums"), checksums(&stage)?)?;
    let package = folder.join(format!("netsession_{}_{architecture}.deb", env!("CARGO_PKG_VERSION")));
    let status = Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .args([&stage, &package])
        .stdout(std::process::Stdio::null())
        .status()
        .context("starting dpkg-deb")?;
    ensure!(status.success(), "dpkg-deb failed");
    Ok(package)
}

/// The changelog in Debian's format, which refers to the project's own.
fn changelog() -> Result<String> {
    let date = output("date", &["--utc", "--rfc-email", "--reference=CHANGELOG.md"])?;
    Ok(format!(
        "netsession ({}) unstable; urgency=medium\n\n  * CHANGELOG.md.gz beside this file lists the changes.\n\n \
         -- {MAINTAINER}  {date}",
        env!("CARGO_PKG_VERSION")
    ))
}

/// What lintian finds and what is meant, each with its reason.
fn overrides(libraries: &str) -> String {
    format!(
        "# Programs load the library by any of its names. With a soname, the loader's cache would know it by that name only.\n\
         netsession: sharedobject-in-library-directory-missing-soname [usr/{libraries}/libnetapi32.so]\n"
    )
}

/// The checksums by which `dpkg --verify` finds changed files.
fn checksums(stage: &Path) -> Result<String> {
    let script = "cd \"$1\" && find usr -type f -print0 | sort -z | xargs -0 md5sum";
    output("sh", &["-c", script, "sh", &stage.to_string_lossy()])
}

/// Replaces a file by its compressed form, which is the same each time.
fn compress(path: &Path) -> Result<()> {
    output("gzip", &["-9", "--no-name", &path.to_string_lossy()]).map(|_| ())
}

fn control_file(architecture: &str, usr: &Path, libraries: &str) -> Result<String> {
    let programs = [usr.join("bin/netsession"), usr.join(libraries).join("libnetapi32.so")];
    let newest = programs.iter().map(|path| glibc(&fs::read(path)?)).collect::<Result<Vec<_>>>()?;
    let (major, minor) = newest.into_iter().max().context("nothing was built")?;
    Ok(format!(
        "Package: netsession\nVersion: {}\nArchitecture: {architecture}\nSection: net\nPriority: optional\n\
         Maintainer: {MAINTAINER}\n\
         Depends: libc6 (>= {major}.{minor}), libgcc-s1\n\
         Description: list and end the sessions of SMB file servers\n \
         See who is connected to Windows, Samba and NAS file servers, and disconnect\n \
         them: the command netsession, and libnetapi32, a C library with the names of\n \
         Windows' netapi32 for C, C#, Visual Basic, Python, Go, Node and Java.\n",
        env!("CARGO_PKG_VERSION")
    ))
}

/// Returns the newest version of the C library that a program needs. The program names them, such as `GLIBC_2.34`.
fn glibc(program: &[u8]) -> Result<(u32, u32)> {
    let text = String::from_utf8_lossy(program);
    let versions = text.split("GLIBC_").skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (major, minor) = rest.get(..end)?.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    });
    versions.max().context("no version of the C library is wanted")
}

/// Lists the crates that the package contains, with their licences.
fn crates() -> Result<String> {
    let arguments =
        ["tree", "--locked", "--package=netsession-cli", "--package=netsession-netapi32", "--edges=normal"];
    let format = ["--prefix=none", "--no-dedupe", "--format={p}: {l}"];
    let text = output("cargo", &[&arguments[..], &format[..]].concat())?;
    // Crates of the workspace have a path.
    let lines: BTreeSet<&str> = text.lines().filter(|line| !line.contains('(') && !line.is_empty()).collect();
    ensure!(!lines.is_empty(), "cargo tree names no crate");
    Ok(lines.into_iter().flat_map(|line| [line, "\n"]).collect())
}

/// Returns the copyright file, in Debian's machine-readable format.
fn copyright() -> Result<String> {
    let mit = fs::read_to_string(root().join("LICENSE-MIT"))?;
    let holder = mit.lines().find_map(|line| line.strip_prefix("Copyright (c) ")).context("no holder")?;
    let (_, terms) = mit.split_once("Permission").context("no terms")?;
    let terms: String = format!("Permission{terms}")
        .lines()
        .map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: netsession\n\n\
         Files: *\nCopyright: {holder}\nLicense: Expat or Apache-2.0\n\
         Comment: The crates that are built in, and their licences, are listed in the file crates beside this one.\n\n\
         License: Expat\n{terms}\nLicense: Apache-2.0\n \
         On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n"
    ))
}

fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .with_context(|| format!("starting {program}"))?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::glibc;

    /// A failure here would let the package be installed where its programs do not start.
    #[test]
    fn the_newest_version_of_the_c_library_counts() {
        let found = glibc(b"\x7fELF GLIBC_2.2.5\0GLIBC_2.34\0\xffGLIBC_2.4\0GLIBC_PRIVATE\0").unwrap();
        assert_eq!(found, (2, 34));
        assert!(glibc(b"none").is_err());
    }
}
