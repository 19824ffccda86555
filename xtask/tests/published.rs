//! The libraries that are published: cargo can package each, without a network.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not there fails the test")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs cargo in the workspace, and returns its output.
fn cargo(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(root).output().expect("cargo starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns what cargo knows about each crate that is published.
fn published() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").clone();
    packages.into_iter().filter(|package| package["publish"].is_null()).collect()
}

/// A failure here would show readers of a registry a crate that does not say what it is, or leave one out of a release.
#[test]
fn each_says_what_it_is_and_is_in_the_list_of_a_release() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let process = std::fs::read_to_string(root.join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let (_, process) = process.split_once("## A release").expect("the release process");
    let published = published();
    assert_eq!(published.len(), 10);
    for package in published {
        let name = package["name"].as_str().expect("a name");
        assert!(process.contains(&format!("`{name}`")), "CONTRIBUTING.md does not list {name}");
        for list in ["keywords", "categories"] {
            let count = package[list].as_array().map_or(0, Vec::len);
            assert!((1..=5).contains(&count), "{name}: {count} {list}");
        }
        assert!(package["description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        let folder =
            Path::new(package["manifest_path"].as_str().expect("a path")).parent().expect("a folder");
        let readme = package["readme"].as_str().expect("a README");
        let readme = std::fs::read_to_string(folder.join(readme)).expect("the README");
        assert!(readme.starts_with(&format!("# {name}\n")), "{name}: {readme}");
        assert!(readme.contains("MIT or Apache 2.0"), "{name}: {readme}");
        assert_eq!(package["documentation"], format!("https://docs.rs/{name}"));
        is_useful(name, folder, &readme);
    }
}

/// Fails if a README does not tell a reader for what the crate is, or shows a program that no test compiles.
fn is_useful(name: &str, folder: &Path, readme: &str) {
    let lines = readme.lines().count();
    assert!(lines >= 30, "{name}: {lines} lines");
    assert!(readme.contains("\n```rust"), "{name} shows no program");
    // The documentation tests run it.
    let root = std::fs::read_to_string(folder.join("src/lib.rs")).expect("the root of the crate");
    if root.contains("#[cfg(doctest)]\n#[doc = include_str!(\"../README.md\")]\n") {
        return;
    }
    // Else it is an example: this needs a network, or another system.
    let (_, program) = readme.split_once("\n```rust").expect("a program");
    let (program, _) = program.split_once("\n```").expect("the end of the program");
    let wanted = format!("//! The program in the README.\n{program}\n");
    let mut examples = std::fs::read_dir(folder.join("examples")).expect("the examples");
    let is_example = examples
        .any(|file| std::fs::read_to_string(file.expect("a file").path()).is_ok_and(|text| text == wanted));
    assert!(is_example, "{name}: no example is {wanted}");
}

/// A failure here would publish crates that want another version of each other than the one that is published with them.
#[test]
fn each_wants_the_version_of_the_workspace() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let manifest: toml::Table = std::fs::read_to_string(manifest).expect("a file").parse().expect("TOML");
    let dependencies = manifest["workspace"]["dependencies"].as_table().expect("dependencies");
    for package in published() {
        let name = package["name"].as_str().expect("a name");
        let wanted = dependencies[name].get("version").and_then(toml::Value::as_str);
        assert_eq!(wanted, package["version"].as_str(), "{name}");
    }
}

/// Packages the published crates into a folder, and returns their names.
fn package(folder: &Path, options: &[&str]) -> Vec<String> {
    let names: Vec<String> =
        published().iter().filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect();
    let target = folder.to_string_lossy();
    let mut arguments = vec!["package", "--offline", "--locked", "--allow-dirty", "--target-dir", &target];
    arguments.extend(options);
    arguments.extend(names.iter().flat_map(|name| ["--package", name]));
    cargo(&arguments);
    names
}

/// A failure here would publish a crate that lacks a file or a feature of a dependency, and builds only in this workspace.
#[test]
#[ignore = "builds each crate from its package, for minutes: cargo xtask test --full"]
fn each_builds_from_its_package_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(package(folder.path(), &[]).len(), 10);
}

/// A failure here would stop a release in its middle, after some of the crates are published for good, or publish crates without
/// their licence.
#[test]
fn cargo_packages_each_without_a_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = package(folder.path(), &["--no-verify"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in &names {
        let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        let file = folder.path().join("package").join(format!("{stem}.crate"));
        assert!(file.exists(), "{stem}");
        // Both licences ask that each copy contains their text.
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let member = format!("{stem}/{licence}");
            let tar = Command::new("tar").arg("-xzOf").arg(&file).arg(&member).output().expect("tar starts");
            let text = std::fs::read(root.join(licence)).expect("the licence");
            assert!(tar.stdout == text, "{member} is not the licence");
        }
    }
}
