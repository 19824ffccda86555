//! Finds files that are too long to read at once: [`check`].

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::Workspace;

/// The most lines of a file.
const LONGEST: usize = 700;

/// Returns every file of Rust that is longer than 700 lines, a line each.
///
/// # Errors
/// Cargo fails, or a file cannot be read.
pub(crate) fn check() -> Result<Vec<String>> {
    let workspace = Workspace::read()?;
    let mut found = Vec::new();
    for package in workspace.packages() {
        for file in rust_files(&package.folder)? {
            let name = file.strip_prefix(workspace.root()).unwrap_or(&file);
            found.extend(judge(name, &fs::read_to_string(&file)?));
        }
    }
    Ok(found)
}

fn judge(name: &Path, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST)
        .then(|| format!("{} has {lines} lines: split it, {LONGEST} are the most", name.display()))
}

/// Every file of Rust below a crate's folder, without what cargo builds there.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_built = path.file_name().is_some_and(|name| name == "target");
        if path.is_dir() && !is_built {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LONGEST, judge, rust_files};

    /// A failure here would let files grow too long to read.
    #[test]
    fn a_file_that_is_too_long_is_found() {
        let name = Path::new("src/long.rs");
        assert_eq!(judge(name, &"line\n".repeat(LONGEST)), None);
        let finding = judge(name, &"line\n".repeat(LONGEST + 1)).unwrap();
        assert!(finding.starts_with("src/long.rs has 701 lines"), "{finding}");
    }

    /// A failure here would leave the files of deeper folders, or of the tests, without a check.
    #[test]
    fn files_of_every_folder_are_found() {
        let files = rust_files(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(files.iter().any(|file| file.ends_with("src/circles/tests.rs")), "{files:?}");
    }
}
