//! What the library shows to those who load it.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

#[cfg(test)]
mod stage;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use stage::{include, library};

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).arg(library()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The functions that a header declares.
fn declared(header: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(include().join(header)).unwrap();
    let functions = text.lines().filter_map(|line| line.strip_prefix("NET_API_STATUS "));
    functions.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned()).collect()
}

/// If this fails, a function is documented that is not there; or the library gets in the way of a program's own names,
/// and has `...W` names, which Mono looks for first.
#[test]
fn exactly_the_documented_functions_are_exported() {
    let nm = run("nm", &["--dynamic", "--defined-only"]);
    let exported: BTreeSet<_> =
        nm.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    let documented: BTreeSet<_> = declared("netapi32.h").union(&declared("netsession.h")).cloned().collect();
    assert_eq!(exported, documented);
    assert!(!documented.is_empty());
}

/// If this fails, the loader's cache knows the library by one name only, and .NET and Mono do not find it by theirs.
#[test]
fn it_has_no_soname() {
    let dynamic = run("readelf", &["--dynamic", "--wide"]);
    assert!(dynamic.contains("(NEEDED)") && !dynamic.contains("SONAME"), "{dynamic}");
}
