//! [`note`]: open files whose paths differ in case only.

use std::collections::{BTreeMap, BTreeSet};

use netsession::OpenFile;

use crate::output::{self, visible};

/// Says which paths differ in case only. Most servers have one file under all of them, but one that distinguishes case has
/// several, and a path selects them all.
pub(in crate::commands) fn note<'f>(files: impl Iterator<Item = &'f OpenFile>) {
    for paths in alike(files) {
        let paths: Vec<_> = paths.into_iter().map(visible).collect();
        output::note(&format!(
            "these paths differ in case only, and can be different files: {} (--id closes one)",
            paths.join(", ")
        ));
    }
}

/// Returns the paths that differ in case only, together.
fn alike<'f>(files: impl Iterator<Item = &'f OpenFile>) -> Vec<BTreeSet<&'f str>> {
    let mut by_name: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        by_name.entry(file.path.to_lowercase()).or_default().insert(&file.path);
    }
    by_name.into_values().filter(|paths| paths.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use netsession::{FileId, OpenFile, Permissions};

    use super::alike;

    /// A failure here would close another user's file, whose name differs in one capital letter, without a word.
    #[test]
    fn only_paths_that_differ_in_case_are_alike() {
        let file = |path: &str| OpenFile {
            id: FileId(1),
            path: path.to_owned(),
            user: "bob".to_owned(),
            client: None,
            permissions: Permissions(1),
            locks: 0,
        };
        let files = [r"C:\a\Case.txt", r"C:\a\case.txt", r"C:\a\case.txt", r"C:\a\b", r"C:\a\b"].map(file);
        let found: Vec<Vec<&str>> =
            alike(files.iter()).into_iter().map(|paths| paths.into_iter().collect()).collect();
        assert_eq!(found, [[r"C:\a\Case.txt", r"C:\a\case.txt"]]);
    }
}
