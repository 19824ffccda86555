//! Tests the symbols that the library exports.
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

/// Returns the functions that a header declares.
fn declared(header: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(include().join(header)).unwrap();
    let starts = ["NET_API_STATUS ", "HRESULT ", "void NetFree"];
    let lines = text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
    let functions = lines.filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest);
    functions.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned()).collect()
}

/// A failure here would document a function that is missing, or export a name that collides with a program's own, such
/// as the `...W` names that Mono looks for first.
#[test]
fn exactly_the_documented_functions_are_exported() {
    let nm = run("nm", &["--dynamic", "--defined-only"]);
    let exported: BTreeSet<_> =
        nm.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    let of_windows = fs::read_dir(include().join("netsession")).unwrap();
    let of_windows = of_windows.map(|header| header.unwrap().path().display().to_string());
    let headers = ["netapi32.h", "netsession.h"].map(str::to_owned).into_iter().chain(of_windows);
    let documented: BTreeSet<_> = headers.flat_map(|header| declared(&header)).collect();
    assert_eq!(exported, documented);
    assert!(!documented.is_empty());
}

/// A failure here would let the loader's cache know the library by one name only, so .NET and Mono would not find it.
#[test]
fn the_library_has_no_soname() {
    let dynamic = run("readelf", &["--dynamic", "--wide"]);
    assert!(dynamic.contains("(NEEDED)") && !dynamic.contains("SONAME"), "{dynamic}");
}
