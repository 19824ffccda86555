//! The extension for VS Code: the text that its command inserts, with Node and a stand-in for the editor.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_reference::{Language, Model, Options, editor, signature};
use serde_json::Value;
use tempfile::TempDir;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../editors/vscode");

/// The parts of the editor that the extension uses: a file in the language LANGUAGE, and a person who chooses CHOICES.
const STAND_IN: &str = r"
const choices = process.env.CHOICES.split(',');
const commands = {};
module.exports = {
  commands: { registerCommand: (name, run) => { commands[name] = run; return { dispose() {} }; } },
  window: {
    activeTextEditor: {
      document: { languageId: process.env.LANGUAGE },
      selections: ['here'],
      edit: async (write) => write({ replace: (where, text) => process.stdout.write(text) }),
    },
    showInformationMessage: (text) => console.error(text),
    showQuickPick: async (items) => {
      const label = choices.shift();
      const found = items.find((item) => item.label === label);
      if (!found) throw new Error(`${label} is not offered`);
      return found;
    },
  },
  run: (name) => commands[name](),
};
";
const RUN: &str = "
require('./extension.js').activate({ subscriptions: [] });
require('vscode').run('netapi32.insertDeclaration').catch((error) => { console.error(error); process.exitCode = 1; });
";

fn lay_out() -> Result<TempDir> {
    let folder = TempDir::with_prefix("netsession-editor-")?;
    let write = |name: &str, text: &str| -> Result<()> {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        Ok(fs::write(path, text)?)
    };
    for name in ["package.json", "extension.js"] {
        write(name, &fs::read_to_string(Path::new(SOURCES).join(name))?)?;
    }
    for (name, value) in editor::files() {
        write(&name, &value.to_string())?;
    }
    write("node_modules/vscode/index.js", STAND_IN)?;
    write("run.js", RUN)?;
    Ok(folder)
}

/// Returns the text that the extension inserts into a file of VS Code's `language` after these choices.
fn insert(folder: &TempDir, language: &str, choices: &str) -> Result<String> {
    let output = Command::new("node")
        .arg("run.js")
        .current_dir(folder.path())
        .env("LANGUAGE", language)
        .env("CHOICES", choices)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// A failure here would insert another text than the command prints and the pages show.
#[test]
fn the_editor_inserts_what_the_command_prints() -> Result<()> {
    let folder = lay_out()?;
    let function = Model::get().function("NetSessionDel").context("no such function")?;
    let text =
        |language, types, sample| signature(function, language, &Options { types, sample, arguments: None });
    let inserted = insert(&folder, "vb", "NetSessionDel,Declaration")?;
    ensure!(inserted == text(Language::Vb, false, false), "{inserted}");
    let inserted = insert(&folder, "cpp", "NetSessionDel,With types")?;
    ensure!(inserted == text(Language::C, true, false), "{inserted}");
    let inserted = insert(&folder, "typescript", "NetSessionDel,With a sample")?;
    ensure!(inserted == text(Language::Node, true, true), "{inserted}");
    let inserted = insert(&folder, "plaintext", "PowerShell,NetSessionDel,With a sample")?;
    ensure!(inserted == text(Language::PowerShell, true, true), "{inserted}");
    Ok(())
}

/// A failure here would make the editor refuse the extension's snippets.
#[test]
fn every_snippet_that_is_announced_is_there() -> Result<()> {
    let package: Value = serde_json::from_str(&fs::read_to_string(Path::new(SOURCES).join("package.json"))?)?;
    let files = editor::files();
    let announced =
        package.pointer("/contributes/snippets").and_then(Value::as_array).context("no snippets")?;
    for snippet in announced {
        let path = snippet.get("path").and_then(Value::as_str).context("no path")?;
        ensure!(files.contains_key(path.trim_start_matches("./")), "{path}");
    }
    for language in Language::ALL {
        let path = format!("./snippets/{language}.json");
        ensure!(
            announced.iter().any(|it| it.get("path").is_some_and(|it| *it == path)),
            "{path} is not announced"
        );
    }
    Ok(())
}
