//! Compares the licences and sources of all dependencies with deny.toml: [`check`].

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::root;

/// The only source of crates besides this workspace.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Returns every crate whose licence is not allowed, or that comes from another source, a line each.
pub(crate) fn check() -> Result<Vec<String>> {
    let deny: toml::Table = fs::read_to_string(root().join("deny.toml"))?.parse()?;
    let licences = deny.get("licenses").context("deny.toml has no licenses")?;
    let allowed = strings(licences.get("allow")).context("deny.toml has no licenses.allow")?;
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata has no packages")?;
    let text = |package: &Value, field: &str| package.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut found = Vec::new();
    for package in packages {
        let name = text(package, "name").unwrap_or_default();
        let licence = text(package, "license").unwrap_or_default();
        let here = [allowed.clone(), exceptions(licences, &name)].concat();
        if !satisfied(&licence, &here) {
            found.push(format!("{name}: its licence `{licence}` is not allowed by deny.toml"));
        }
        if text(package, "source").is_some_and(|source| source != CRATES_IO) {
            found.push(format!("{name}: it does not come from crates.io"));
        }
    }
    Ok(found)
}

fn strings(list: Option<&toml::Value>) -> Option<Vec<String>> {
    let list = list?.as_array()?;
    Some(list.iter().filter_map(toml::Value::as_str).map(Into::into).collect())
}

/// The additional licences of one crate.
fn exceptions(licences: &toml::Value, name: &str) -> Vec<String> {
    let list = licences.get("exceptions").and_then(toml::Value::as_array).into_iter().flatten();
    let mine = list.filter(|it| it.get("crate").and_then(toml::Value::as_str) == Some(name));
    mine.filter_map(|it| strings(it.get("allow"))).flatten().collect()
}

/// Returns whether an SPDX expression has a choice whose licences are all allowed. `AND` binds closer than `OR`.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest, allowed) && rest.is_empty()
}

fn either(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut result = both(words, allowed);
    while let Some((&"OR", rest)) = words.split_first() {
        *words = rest;
        result |= both(words, allowed);
    }
    result
}

fn both(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut result = one(words, allowed);
    while let Some((&"AND", rest)) = words.split_first() {
        *words = rest;
        result &= one(words, allowed);
    }
    result
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    let Some((&word, rest)) = words.split_first() else { return false };
    *words = rest;
    if word == "(" {
        let result = either(words, allowed);
        *words = words.strip_prefix(&[")"]).unwrap_or_default();
        return result;
    }
    // An exception only adds permissions.
    if let Some((&"WITH", rest)) = words.split_first() {
        *words = rest.get(1..).unwrap_or_default();
    }
    allowed.iter().any(|licence| licence == word)
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    /// A failure here would accept a licence that is not allowed, or refuse a crate whose licence is.
    #[test]
    fn expressions() {
        let allowed = ["MIT", "Apache-2.0", "ISC"].map(str::to_owned);
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-2.0) AND ISC",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "GPL-2.0 AND GPL-3.0 OR MIT",
        ] {
            assert!(satisfied(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "ISC AND (GPL-2.0 OR LGPL-2.1)", "MIT MIT"] {
            assert!(!satisfied(bad, &allowed), "{bad}");
        }
    }
}
