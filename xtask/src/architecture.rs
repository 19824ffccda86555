//! The dependencies between the crates: compares the table in ARCHITECTURE.md with cargo's metadata.
//!
//! [`check`] compares two columns of the table with the dependencies of each crate ([`Workspace`]): the crates that it
//! is built with, and those that only its tests, benchmarks and examples use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Result, ensure};

use crate::root;
use crate::workspace::Workspace;

/// The crates that each crate uses, or may use.
type Arrows = BTreeMap<String, Uses>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Uses {
    built: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// Returns every difference between the table and the workspace, a line each.
///
/// # Errors
/// The table is missing, or cargo fails.
pub(crate) fn check() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    Ok(differences(&table(&text)?, &workspace()?))
}

fn differences(allowed: &Arrows, used: &Arrows) -> Vec<String> {
    let mut found = Vec::new();
    for name in allowed.keys().filter(|name| !used.contains_key(*name)) {
        found.push(format!("ARCHITECTURE.md names `{name}`, which is not in the workspace"));
    }
    for (name, uses) in used {
        let Some(may) = allowed.get(name) else {
            found.push(format!("ARCHITECTURE.md does not name `{name}`"));
            continue;
        };
        for other in uses.built.difference(&may.built) {
            found.push(format!("`{name}` uses `{other}`, which ARCHITECTURE.md does not allow"));
        }
        for other in uses.tests.difference(&may.tests) {
            found.push(format!("tests of `{name}` use `{other}`, which ARCHITECTURE.md does not allow"));
        }
        let unused = may.built.difference(&uses.built).chain(may.tests.difference(&uses.tests));
        found.extend(unused.map(|other| format!("ARCHITECTURE.md lets `{name}` use `{other}`: it does not")));
    }
    found
}

/// The table's rows: `netsession-server` | folder | what it is | `smb`, `wire` | `netsession`.
fn table(text: &str) -> Result<Arrows> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let arrows: Arrows = rows
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            let [name, _, _, built, tests] = cells.as_slice() else { return None };
            Some((in_backticks(name).pop_first()?, Uses { built: names(built), tests: names(tests) }))
        })
        .collect();
    ensure!(!arrows.is_empty(), "no table of crates in ARCHITECTURE.md");
    Ok(arrows)
}

/// Returns the crates that a cell names; the table omits their common prefix.
fn names(cell: &str) -> BTreeSet<String> {
    let full = |short: String| match short.starts_with("netsession") {
        true => short,
        false => format!("netsession-{short}"),
    };
    in_backticks(cell).into_iter().map(full).collect()
}

fn in_backticks(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn workspace() -> Result<Arrows> {
    let workspace = Workspace::read()?;
    let packages = workspace.packages().iter();
    let uses = packages.map(|package| {
        (package.name.clone(), Uses { built: package.uses.clone(), tests: package.test_uses.clone() })
    });
    Ok(uses.collect())
}

#[cfg(test)]
mod tests {
    use super::{Arrows, Uses, check, differences, table};

    /// Returns a crate, the crates that it is built with, and those that its tests use.
    fn arrows(rows: &[(&str, &[&str], &[&str])]) -> Arrows {
        let set = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
        rows.iter()
            .map(|(name, built, tests)| ((*name).into(), Uses { built: set(built), tests: set(tests) }))
            .collect()
    }

    /// A failure here would let a crate use another against the rules of ARCHITECTURE.md, or leave the table wrong.
    #[test]
    fn the_workspace_follows_the_table() {
        assert_eq!(check().unwrap(), Vec::<String>::new());
    }

    /// A failure here would make the test above pass whatever the arrows are.
    #[test]
    fn a_forbidden_arrow_is_found() {
        let allowed = arrows(&[("smb", &["wire"], &[]), ("wire", &[], &[]), ("gone", &[], &[])]);
        let used = arrows(&[("smb", &["wire"], &[]), ("wire", &["smb"], &[]), ("new", &[], &[])]);
        let found = differences(&allowed, &used);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.contains(&"`wire` uses `smb`, which ARCHITECTURE.md does not allow".to_owned()));
    }

    /// A failure here would hide that the tests of a crate need a crate above it.
    #[test]
    fn what_only_tests_use_counts() {
        let allowed = arrows(&[("server", &["smb"], &[]), ("client", &[], &[]), ("smb", &[], &[])]);
        let used = arrows(&[("server", &["smb"], &["client"]), ("client", &[], &[]), ("smb", &[], &[])]);
        assert_eq!(
            differences(&allowed, &used),
            ["tests of `server` use `client`, which ARCHITECTURE.md does not allow"]
        );
    }

    /// A failure here would leave unused dependencies in the table, and not report them if they return.
    #[test]
    fn an_arrow_that_is_not_used_is_found() {
        let allowed = arrows(&[("server", &["smb"], &["client"])]);
        let used = arrows(&[("server", &[], &[])]);
        assert_eq!(differences(&allowed, &used).len(), 2);
    }

    /// A failure here would read no dependencies, or confuse the two columns.
    #[test]
    fn the_columns_of_the_table_are_read() {
        let text = "| crate | folder | what it is | uses | its tests use |\n| --- | --- | --- | --- | --- |\n\
                    | `netsession-a` | `a` | one | `b`, `netsession` | - |\n| `netsession-b` | `b` | two | - | `a` |\n";
        let expected = [
            ("netsession-a", &["netsession-b", "netsession"][..], &[][..]),
            ("netsession-b", &[], &["netsession-a"]),
        ];
        assert_eq!(table(text).unwrap(), arrows(&expected));
        assert!(table("no table").is_err());
    }
}
