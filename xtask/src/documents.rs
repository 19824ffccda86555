//! The documents of a package: the README, the manual, the changes. Their links lead to files of the package alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::links::relinked;
use crate::root;

/// What the README of the repository says to somebody with a clone; a package says how to install it instead.
const FOR_A_CLONE: &str = "## Try it\n";

/// Begins a line for the search of the site, which is no part of the text.
const FOR_THE_SEARCH: &str = "<!-- search: ";

/// Writes the README, with this text about the installation, and the manual without the pages of the reference, which the command
/// itself shows.
pub(crate) fn write(folder: &Path, install: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("README.md"), readme(install)?)?;
    for name in ["CHANGELOG.md", "SECURITY.md"] {
        fs::copy(root().join(name), folder.join(name))?;
    }
    for folder_of_docs in ["docs", "docs/commands", "docs/tasks"] {
        let (source, target) = (root().join(folder_of_docs), folder.join(folder_of_docs));
        fs::create_dir_all(&target)?;
        for entry in fs::read_dir(&source)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), target.join(entry.file_name()))?;
            }
        }
    }
    Ok(())
}

/// Returns the README of a package.
fn readme(install: &str) -> Result<String> {
    let text = fs::read_to_string(root().join("README.md"))?;
    let (before, after) = text.split_once(FOR_A_CLONE).context("the README has another heading")?;
    let (_, after) = after.split_once("\n## ").context("the README ends too early")?;
    ensure!(
        !before.contains("cargo") && !after.contains("cargo"),
        "the README of a package needs a toolchain"
    );
    Ok(format!("{before}## Install\n\n{install}\n## {after}"))
}

/// Turns each link to a file that the package lacks into its text.
pub(crate) fn mend_links(folder: &Path) -> Result<()> {
    for page in pages(folder)? {
        let text = fs::read_to_string(&page)?;
        let place = page.parent().unwrap_or(folder);
        let shown: String =
            text.split_inclusive('\n').filter(|line| !line.starts_with(FOR_THE_SEARCH)).collect();
        let mended = relinked(shown.trim_end(), |target| is_there(place, target).then(|| target.to_owned()));
        fs::write(&page, mended + "\n")?;
    }
    Ok(())
}

/// Returns the text with links that begin in another folder.
pub(crate) fn moved(text: &str, prefix: &str) -> String {
    relinked(text, |target| {
        let is_of_the_page = target.contains("://") || target.starts_with('#');
        Some(if is_of_the_page { target.to_owned() } else { format!("{prefix}{target}") })
    })
}

fn is_there(place: &Path, target: &str) -> bool {
    let file = target.split('#').next().unwrap_or_default();
    target.contains("://") || file.is_empty() || place.join(file).exists()
}

/// Returns every page below a folder.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(pages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{is_there, mend_links, moved, pages, write};
    use crate::{deb, tarball, zip};

    /// A failure here would send somebody who has only the package to a file or a compiler that he does not have.
    #[test]
    fn a_package_links_its_own_files_and_needs_no_compiler() {
        for install in [tarball::INSTALL, deb::INSTALL, zip::INSTALL] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), install).unwrap();
            mend_links(folder.path()).unwrap();
            let all = pages(folder.path()).unwrap();
            assert!(all.len() > 25, "{all:?}");
            for page in all {
                let text = fs::read_to_string(&page).unwrap();
                let place = page.parent().unwrap();
                let mut dead = Vec::new();
                for target in text.split("](").skip(1).filter_map(|part| part.split(')').next()) {
                    if !is_there(place, target) {
                        dead.push(target.to_owned());
                    }
                }
                assert!(dead.is_empty(), "{}: {dead:?}", page.display());
                assert!(!text.contains("<!--"), "{}", page.display());
            }
            let readme = fs::read_to_string(folder.path().join("README.md")).unwrap();
            assert!(!readme.contains("cargo") && !readme.contains("rustup"), "{readme}");
            assert!(readme.contains("(docs/tasks/README.md)") && readme.contains("demo"), "{readme}");
        }
    }

    /// A failure here would lead a reader of a package's description to files beside it that it does not have.
    #[test]
    fn links_can_begin_in_another_folder() {
        assert_eq!(moved("[a](b.md) [c](https://d)", "e/"), "[a](e/b.md) [c](https://d)");
    }
}
