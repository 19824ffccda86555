//! What every package of the library needs: a stripped library, the C library that it wants, and the crates that it contains.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::archive::Archive;
use crate::{root, workspace};

/// The build of the library that a package needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// `libnetapi32`.
    Bits16,
    /// `libnetapi32-wchar32`.
    Bits32,
}

/// The library of a package.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Package this library, instead of building one for release
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

impl Options {
    /// Returns the library to package: the named one, or what `build` returns.
    ///
    /// # Errors
    /// The named library is not the build that the package needs: its functions would answer 87.
    pub(crate) fn library(&self, needed: Width, build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
        let Some(library) = &self.library else { return build() };
        let shown = library.display();
        let library = library.canonicalize().with_context(|| shown.to_string())?;
        let width = Width::of(&fs::read(&library).with_context(|| shown.to_string())?);
        let (this, other) = (width.build(), needed.build());
        ensure!(width == needed, "{shown} is {this}, but this package needs {other}: name that library");
        Ok(library)
    }
}

impl Width {
    /// Returns which build a library is: only that for 32 bits has a name of its own (its SONAME).
    fn of(library: &[u8]) -> Self {
        const SONAME: &[u8] = b"\0libnetapi32-wchar32.so\0";
        match library.windows(SONAME.len()).any(|part| part == SONAME) {
            true => Self::Bits32,
            false => Self::Bits16,
        }
    }

    const fn build(self) -> &'static str {
        match self {
            Self::Bits16 => "libnetapi32, for characters of 16 bits",
            Self::Bits32 => "libnetapi32-wchar32, for characters of 32 bits",
        }
    }
}

/// Returns a library without what only debuggers need.
pub(crate) fn stripped(library: &Path) -> Result<Vec<u8>> {
    let copy = workspace::target()?.join("libnetapi32.stripped");
    output(
        "strip",
        &[
            "--strip-unneeded",
            "--remove-section=.comment",
            "-o",
            &copy.to_string_lossy(),
            &library.to_string_lossy(),
        ],
    )?;
    let content = fs::read(&copy)?;
    fs::remove_file(copy)?;
    Ok(content)
}

/// Adds the licences of the project below `folder`, and the list of the crates that the library contains.
pub(crate) fn add_licences(archive: &mut Archive, folder: &str) -> Result<()> {
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        archive.add(format!("{folder}/{name}"), fs::read(root().join(name))?);
    }
    archive.add(format!("{folder}/CRATES"), crates(&["netsession-netapi32"])?);
    Ok(())
}

/// Returns the newest version of the C library that a program needs. The program names them, such as `GLIBC_2.34`.
pub(crate) fn glibc(program: &[u8]) -> Result<(u32, u32)> {
    let text = String::from_utf8_lossy(program);
    let versions = text.split("GLIBC_").skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (major, minor) = rest.get(..end)?.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    });
    versions.max().context("no version of the C library is wanted")
}

/// Lists the crates that these packages of the workspace contain, with their licences.
pub(crate) fn crates(packages: &[&str]) -> Result<String> {
    crates_for(&[], packages)
}

/// Does the same for the system that these options of `cargo tree` name.
pub(crate) fn crates_for(options: &[&str], packages: &[&str]) -> Result<String> {
    let mut arguments = vec!["tree", "--locked", "--edges=normal"];
    arguments.extend(options);
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    arguments.extend(["--prefix=none", "--no-dedupe", "--format={p}: {l}"]);
    let text = output("cargo", &arguments)?;
    // Crates of the workspace have a path.
    let lines: BTreeSet<&str> = text.lines().filter(|line| !line.contains('(') && !line.is_empty()).collect();
    ensure!(!lines.is_empty(), "cargo tree names no crate");
    Ok(lines.into_iter().flat_map(|line| [line, "\n"]).collect())
}

/// Runs a program in the root, and returns its output.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String> {
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
    use super::{Options, Width, glibc};

    /// A failure here would make a package whose functions answer 87 to every text.
    #[test]
    fn the_other_build_of_the_library_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("library.so");
        for (content, width) in [
            (&b"\x7fELF\0libnetapi32-wchar32.so\0"[..], Width::Bits32),
            (b"\x7fELF: load libnetapi32-wchar32\0", Width::Bits16),
        ] {
            std::fs::write(&file, content).unwrap();
            let options = Options { library: Some(file.clone()) };
            for needed in [Width::Bits16, Width::Bits32] {
                assert_eq!(options.library(needed, || unreachable!()).is_ok(), width == needed, "{needed:?}");
            }
        }
    }

    /// A failure here would let the package be installed where its programs do not start.
    #[test]
    fn the_newest_version_of_the_c_library_counts() {
        let found = glibc(b"\x7fELF GLIBC_2.2.5\0GLIBC_2.34\0\xffGLIBC_2.4\0GLIBC_PRIVATE\0").unwrap();
        assert_eq!(found, (2, 34));
        assert!(glibc(b"none").is_err());
    }
}
