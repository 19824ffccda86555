//! The files that `cargo fmt` does not reach.
//!
//! `cargo fmt` follows the modules that a file declares by itself. Where a macro declares them, as it does for the
//! operations of an interface, nobody formats their files: [`check`] gives these to `rustfmt`, with every other file
//! that declares no module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::root;

/// The check, as a command. `rustfmt FILE` corrects its findings.
pub(crate) fn check() -> Result<Command> {
    let mut command = Command::new("rustfmt");
    command.args(["--check", "--edition", "2024"]).args(files(&root().join("crates"))?);
    Ok(command)
}

/// Returns the files below `folder` that declare no module: for any other file, `rustfmt` would look for the modules
/// beside it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Golden files are output, in the form that their writer gives them.
        if path.is_dir() && !path.ends_with("golden") {
            files.extend(self::files(&path)?);
        } else if path.is_file()
            && path.extension().is_some_and(|extension| extension == "rs")
            && !declares_module(&fs::read_to_string(&path)?)
        {
            files.push(path);
        }
    }
    Ok(files)
}

fn declares_module(text: &str) -> bool {
    let declaration = |line: &str| {
        let words: Vec<&str> = line.trim_end().trim_end_matches(';').split_whitespace().collect();
        line.trim_end().ends_with(';') && matches!(words.as_slice(), ["mod", _] | [_, "mod", _])
    };
    text.lines().any(declaration)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would leave the files of the operations unformatted, or make `rustfmt` fail with files that are
    /// formatted.
    #[test]
    fn files_without_modules_are_checked() {
        for text in
            ["mod a;", "pub mod a;", "    pub(crate) mod a;", "//! A\n\npub(super) mod a;\nuse a::B;\n"]
        {
            assert!(declares_module(text), "{text}");
        }
        for text in ["mod tests {", "$(mod $stem;)*", "// the mod of it;", "use crate::model;"] {
            assert!(!declares_module(text), "{text}");
        }
        let files = files(&root().join("crates")).unwrap();
        for name in ["srvs/src/session_del.rs", "server/src/pipe/srvsvc/session_del.rs"] {
            assert!(files.iter().any(|file| file.ends_with(name)), "{name}");
        }
    }
}
