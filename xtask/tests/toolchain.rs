//! One version of Rust builds everything, and continuous integration is `.ci/run`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not there fails the test")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| format!("{}: {error}", path.display()))
}

/// A failure here would promise a version of Rust that no test has built with.
#[test]
fn the_promised_version_of_rust_is_the_one_that_builds_everything() {
    let toolchain: toml::Table = read("rust-toolchain.toml").parse().expect("TOML");
    let channel = toolchain["toolchain"]["channel"].as_str().expect("a channel");
    let (promised, patch) = channel.rsplit_once('.').expect("a version such as 1.95.0");
    assert!(patch.parse::<u32>().is_ok(), "{channel} is not one stable version");

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let output = cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).output();
    let metadata: Value = serde_json::from_slice(&output.expect("cargo starts").stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 20, "{}", packages.len());
    for package in packages {
        assert_eq!(package["rust_version"], promised, "{}", package["name"]);
    }

    // The toolchain that compiled this test, unless somebody has chosen another on purpose.
    if std::env::var_os("RUSTUP_TOOLCHAIN").is_none_or(|name| name.to_string_lossy().starts_with(channel)) {
        let version = Command::new(env!("CARGO")).arg("--version").output().expect("cargo starts").stdout;
        let version = String::from_utf8(version).expect("UTF-8");
        assert!(version.starts_with(&format!("cargo {channel} ")), "{version}");
    }
}

/// A failure here would let a change pass on GitHub that `.ci/run` refuses, or the other way round.
#[test]
fn the_workflow_runs_what_everybody_can_run() {
    let script = read(".ci/run");
    assert!(script.trim_end().ends_with("exec cargo xtask ci </dev/null"), "{script}");
    let workflow = read(".github/workflows/ci.yml");
    for line in ["run: .ci/run", "run: rustup toolchain install", "contents: read", "branches: [main]"] {
        assert!(workflow.lines().any(|own| own.trim() == line), "no line `{line}` in {workflow}");
    }
    // A version in the workflow would be a second one beside rust-toolchain.toml.
    assert!(!workflow.contains("toolchain install 1.") && !workflow.contains("+stable"), "{workflow}");
}
