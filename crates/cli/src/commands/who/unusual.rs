//! [`unusual`]: why a server can know a file by another name than the typed one.

/// Returns what is unusual in the names of a path. Nobody holds the file under this name, and the server can have another one.
pub(super) fn unusual(path: &str) -> Option<&'static str> {
    let is_cut = |name: &str| name.ends_with([' ', '.']) && name != "." && name != "..";
    if path.split(['\\', '/']).any(is_cut) {
        return Some(
            "a name in this path ends in a space or a dot, which Windows omits: ask again without it",
        );
    }
    // The block of combining diacritical marks, of which decomposed letters consist.
    path.contains(|c| ('\u{300}'..='\u{36f}').contains(&c)).then_some(
        "a name in this path has decomposed letters, as macOS writes them, and most servers have composed ones: \
         type the letters again",
    )
}

#[cfg(test)]
mod tests {
    use super::unusual;

    /// A failure here would present a file as free, although it is open under the name that the person meant.
    #[test]
    fn names_that_servers_change_are_unusual() {
        let has = |path: &str, word: &str| unusual(path).is_some_and(|text| text.contains(word));
        assert!(has(r"\\fs1\data\case.txt ", "space") && has(r"\\fs1\data\case.txt.", "dot"));
        assert!(has("//fs1/data /case.txt", "space"));
        assert!(has("\\\\fs1\\data\\Wei\u{df}bu\u{308}cher.txt", "decomposed"));
        for usual in [r"\\fs1\data\case.txt", r"C:\a\.\b", "\\\\fs1\\data\\B\u{fc}cher .txt", r"\\fs1\data\"]
        {
            assert_eq!(unusual(usual), None, "{usual}");
        }
    }
}
