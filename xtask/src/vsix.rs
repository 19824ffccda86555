//! `cargo xtask vsix`: packages the extension for VS Code, with snippets and declarations from the model.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{root, workspace};

/// Microsoft's own packager; it runs on Node 20 and later.
const PACKAGER: &str = "@vscode/vsce@3.6.2";
const FILES: [&str; 3] = ["package.json", "extension.js", "README.md"];

/// The output to make.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only prepare the folder of the extension, and do not package it
    #[arg(long)]
    folder: bool,
}

/// Prepares the folder of the extension, and packages it with npm.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let target = workspace::target()?;
    let folder = target.join("vscode");
    lay_out(&folder)?;
    if options.folder {
        println!("{}", folder.canonicalize()?.display());
        return Ok(true);
    }
    let out = target.join("netapi32-declarations.vsix");
    let status = Command::new("npx")
        .args(["--yes", PACKAGER, "package", "--no-dependencies", "--allow-missing-repository", "--out"])
        .arg(&out)
        .current_dir(&folder)
        .status()
        .context("npx, which comes with Node, cannot be started")?;
    ensure!(status.success(), "{PACKAGER} could not package the extension");
    println!("{}", out.display());
    Ok(true)
}

/// Copies the sources, and writes the texts.
fn lay_out(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for name in FILES {
        fs::copy(root().join("editors/vscode").join(name), folder.join(name))
            .with_context(|| name.to_owned())?;
    }
    fs::copy(root().join("LICENSE-MIT"), folder.join("LICENSE"))?;
    for (name, value) in netsession_reference::editor::files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, serde_json::to_string(&value)?)?;
    }
    Ok(())
}
