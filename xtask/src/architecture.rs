//! The arrows between the crates: the table in ARCHITECTURE.md against what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::root;

/// What each crate may use, or does use, of the others.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Every difference between the table and the workspace, a line each.
pub(crate) fn check() -> Result<Vec<String>> {
    Ok(differences(&table()?, &workspace()?))
}

fn differences(allowed: &Arrows, used: &Arrows) -> Vec<String> {
    let mut found = Vec::new();
    for name in allowed.keys().filter(|name| !used.contains_key(*name)) {
        found.push(format!("ARCHITECTURE.md names `{name}`, which is not in the workspace"));
    }
    for (name, uses) in used {
        match allowed.get(name) {
            None => found.push(format!("ARCHITECTURE.md does not name `{name}`")),
            Some(may) => {
                let extra = uses.difference(may);
                found.extend(
                    extra.map(|other| {
                        format!("`{name}` uses `{other}`, which ARCHITECTURE.md does not allow")
                    }),
                );
            }
        }
    }
    found
}

/// The table's rows: `netsession-srvs` | folder | what it is | `rpc`, `wire`.
fn table() -> Result<Arrows> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let arrows: Arrows = rows
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            let (name, may) = (cells.first()?, cells.last()?);
            Some((in_backticks(name).pop()?, in_backticks(may).into_iter().map(full_name).collect()))
        })
        .collect();
    ensure!(!arrows.is_empty(), "no table of crates in ARCHITECTURE.md");
    Ok(arrows)
}

fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The table leaves the common prefix out.
fn full_name(short: String) -> String {
    if short.starts_with("netsession") { short } else { format!("netsession-{short}") }
}

fn workspace() -> Result<Arrows> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata has no packages")?;
    let name = |value: &Value| Some(value.get("name")?.as_str()?.to_owned());
    let names: BTreeSet<String> = packages.iter().filter_map(name).collect();
    let uses = |package: &Value| -> BTreeSet<String> {
        let dependencies = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        // A crate may test itself through its own features, or against its counterpart.
        let built =
            dependencies.filter(|dependency| dependency.get("kind").and_then(Value::as_str) != Some("dev"));
        built.filter_map(name).filter(|other| names.contains(other)).collect()
    };
    Ok(packages.iter().filter_map(|package| Some((name(package)?, uses(package)))).collect())
}

#[cfg(test)]
mod tests {
    use super::{Arrows, check, differences};

    fn arrows(rows: &[(&str, &[&str])]) -> Arrows {
        rows.iter()
            .map(|(name, uses)| ((*name).into(), uses.iter().map(|&other| other.into()).collect()))
            .collect()
    }

    /// If it failed, a crate would use another against the rules of ARCHITECTURE.md, or the table would be wrong.
    #[test]
    fn the_workspace_follows_the_table() {
        assert_eq!(check().unwrap(), Vec::<String>::new());
    }

    /// If it failed, the test above would pass whatever the arrows are.
    #[test]
    fn a_forbidden_arrow_is_found() {
        let allowed = arrows(&[("smb", &["wire"]), ("wire", &[]), ("gone", &[])]);
        let used = arrows(&[("smb", &["wire"]), ("wire", &["smb"]), ("new", &[])]);
        assert_eq!(differences(&allowed, &used).len(), 3);
    }
}
