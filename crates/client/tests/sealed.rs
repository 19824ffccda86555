//! Tests of a rule inside the crate that the compiler does not enforce.

use std::fs;
use std::path::{Path, PathBuf};

/// Adds every file below a folder to `found`.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Returns the statements that use the crate `netsession_srvs`, each up to its semicolon.
fn uses_of_srvs(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("netsession_srvs")
        .filter_map(|(start, _)| text.get(start..))
        .map(|rest| rest.split(';').next().unwrap_or(rest))
}

/// A failure here would allow a second function to send NetrSessionDel, without the types whose names cannot be empty.
#[test]
fn one_place_builds_the_deletion_request() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files).unwrap();
    assert!(files.len() > 50, "this test must find the sources");
    // Scripted servers read the request and never send it.
    files.retain(|file| {
        let path = file.strip_prefix(&src).unwrap().to_str().unwrap();
        !path.starts_with("testing") && !path.ends_with("tests.rs")
    });
    let text = |file: &PathBuf| fs::read_to_string(file).unwrap();
    let builders: Vec<_> = files
        .iter()
        .filter(|file| {
            uses_of_srvs(&text(file)).any(|path| {
                path.contains("session_del")
                    || path.contains(" as ")
                    || path.starts_with("netsession_srvs::*")
            })
        })
        .collect();
    let only = src.join("ops/session_del.rs");
    assert_eq!(builders, [&only]);
    let text = text(&only);
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let built = code
        .iter()
        .filter(|line| {
            line.contains("Request {") && !line.contains("EndRequest {") && !line.starts_with("impl")
        })
        .count();
    assert_eq!(built, 1, "one function builds the request");
    assert!(!code.iter().any(|line| line.contains("Request::default") || line.contains("pub use")));
}
