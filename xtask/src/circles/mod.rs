//! Circles between the files of one crate: `a.rs` uses `b.rs`, which uses `a.rs`, directly or through others.
//!
//! [`check`] reads the modules of each crate as the compiler does ([`tree::Tree`]), follows each path, and each name
//! that `use` passes on, to the file that defines it, and reports the shortest circles with the names that tie them
//! ([`graph::Graph`]). A module and its own children may use each other. Code for tests only does not count.

mod graph;
mod source;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::Workspace;
use graph::{Graph, Tie};
use tree::{Files, Tree};

/// The crates that have circles today. An entry that is no longer needed is a finding: remove it.
const UNFINISHED: &[&str] = &[];

/// The files on the disk.
struct Disk;

impl Files for Disk {
    fn read(&self, file: &Path) -> Option<String> {
        std::fs::read_to_string(file).ok()
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    }
}

/// Every circle of the workspace, with its names.
pub(crate) fn check() -> Result<Vec<String>> {
    let workspace = Workspace::read()?;
    let mut found = Vec::new();
    for package in workspace.packages() {
        let mut circles = Vec::new();
        for root in &package.roots {
            circles.extend(circles_of(root, workspace.root(), &Disk)?);
        }
        found.extend(judge(&package.name, circles, UNFINISHED));
    }
    Ok(found)
}

/// The findings of one crate: its circles, or that it has none although it is listed.
fn judge(name: &str, circles: Vec<String>, unfinished: &[&str]) -> Vec<String> {
    match (unfinished.contains(&name), circles.is_empty()) {
        (false, _) => circles,
        (true, false) => Vec::new(),
        (true, true) => {
            vec![format!("`{name}` has no circles now: remove it from UNFINISHED in circles/mod.rs")]
        }
    }
}

/// The circles of the crate that begins with a file, as lines with paths below `folder`.
fn circles_of(root: &Path, folder: &Path, files: &dyn Files) -> Result<Vec<String>> {
    let tree = Tree::read(root, files)?;
    let graph = Graph::new(tree.uses(), tree.parents());
    let short = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let line = |Tie { from, to, names }: &Tie<'_>| {
        format!("\n    {} uses {}: {}", short(from), short(to), names.join(", "))
    };
    let report = |circle: &Vec<Tie<'_>>| circle.iter().map(line).collect::<String>();
    Ok(graph.circles().iter().map(|circle| format!("a circle of files:{}", report(circle))).collect())
}

#[cfg(test)]
mod tests;
