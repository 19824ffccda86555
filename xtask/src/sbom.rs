//! The crates of a release as CycloneDX 1.5, for programs that look for known vulnerabilities: [`text`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::packaged::output;
use crate::root;

/// Returns the bill of materials of these packages of the workspace: each crate that they contain, with its version, its licence
/// and the checksum by which cargo knows it.
pub(crate) fn text(packages: &[&str]) -> Result<String> {
    let sums = checksums(&fs::read_to_string(root().join("Cargo.lock"))?)?;
    let mut arguments = vec!["tree", "--locked", "--edges=normal"];
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    arguments.extend(["--prefix=none", "--no-dedupe", "--format={p}|{l}"]);
    let tree = output("cargo", &arguments)?;
    // Crates of the workspace have a path.
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.contains('(') && !line.is_empty()).collect();
    let components = lines.into_iter().map(|line| component(line, &sums)).collect::<Result<Vec<_>>>()?;
    ensure!(!components.is_empty(), "cargo tree names no crate");
    let version = env!("CARGO_PKG_VERSION");
    let whole = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": format!("netsession@{version}"),
            "name": "netsession",
            "version": version,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        } },
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

/// Returns a crate from a line of `cargo tree`, such as `tar v0.4.40 (proc-macro)|MIT`.
fn component(line: &str, sums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let (package, licence) = line.split_once('|').context("a crate without a licence")?;
    let mut words = package.split(' ');
    let name = words.next().unwrap_or_default();
    let version =
        words.next().and_then(|word| word.strip_prefix('v')).context("a crate without a version")?;
    let sum =
        sums.get(&(name.to_owned(), version.to_owned())).with_context(|| format!("{name}: no checksum"))?;
    let address = format!("pkg:cargo/{name}@{version}");
    Ok(json!({
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "hashes": [{ "alg": "SHA-256", "content": sum }],
        // Old crates separate two licences with a slash.
        "licenses": [{ "expression": licence.replace('/', " OR ") }],
        "purl": address,
    }))
}

/// Returns the checksum of each crate in a lock file, by its name and version.
fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>> {
    let lock: toml::Table = lock.parse()?;
    let packages =
        lock.get("package").and_then(toml::Value::as_array).context("the lock file has no package")?;
    let entry = |package: &toml::Value| {
        let text = |key: &str| package.get(key)?.as_str().map(str::to_owned);
        Some(((text("name")?, text("version")?), text("checksum")?))
    };
    Ok(packages.iter().filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::text;

    /// A failure here would hide a crate with a known vulnerability from those who look for it in a release.
    #[test]
    fn each_crate_has_its_version_and_checksum() {
        let whole: Value = serde_json::from_str(&text(&["netsession-netapi32"]).unwrap()).unwrap();
        let components = whole["components"].as_array().unwrap();
        let tokio = components.iter().find(|one| one["name"] == "tokio").unwrap();
        let version = tokio["version"].as_str().unwrap();
        assert_eq!(tokio["purl"], format!("pkg:cargo/tokio@{version}"));
        assert_eq!(tokio["licenses"][0]["expression"], "MIT");
        assert!(components.iter().all(|one| one["hashes"][0]["content"].as_str().unwrap().len() == 64));
        assert!(components.iter().all(|one| !one["licenses"][0]["expression"].as_str().unwrap().is_empty()));
        assert!(!components.iter().any(|one| one["name"] == "tempfile"), "tests use it alone");
    }
}
