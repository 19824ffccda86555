//! The keys of the live view, for `?` and for the last line.

use anstyle::Style;

use crate::commands::end::lines::StyledLine;

/// The keys, in the order of the help.
const KEYS: [(&str, &str); 18] = [
    ("Up Down PgUp PgDn Home End", "move"),
    ("1 2 3 4 5 6 7, Tab", "show the pane with this number, or the next"),
    ("/", "filter as you type: bo, user:svc-*, server:fs1"),
    ("Esc", "remove the filter"),
    ("s", "sort by the next column"),
    ("r", "reverse the order"),
    ("Space", "mark the row, or remove its mark"),
    ("*", "mark every row that matches the filter"),
    ("u", "remove all marks"),
    ("e", "end the marked sessions, or that at the cursor"),
    ("x", "close the marked files, or that at the cursor"),
    ("h", "keep out their users or clients for a time"),
    ("l", "release the hold at the cursor"),
    ("Enter", "show the whole row, and the files of a session"),
    ("c", "count who comes (+) and goes from now on"),
    ("Ctrl-L", "draw the screen again"),
    ("Ctrl-Z", "suspend"),
    ("q, Ctrl-C", "quit"),
];

/// What the keys of the dialogs do, for the documentation.
#[cfg(test)]
const OF_DIALOGS: [(&str, &str); 3] = [
    ("y", "carry out the plan; any other key cancels"),
    ("the server's name and Enter", "carry out a plan that ends everybody on that server"),
    ("Esc", "cancel"),
];

/// Returns the help.
pub(super) fn lines() -> Vec<StyledLine> {
    KEYS.iter().map(|(key, what)| (Style::new(), format!("{key:<26}  {what}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would hide the last keys at a terminal of 80x24, or wrap them.
    #[test]
    fn the_help_fits_into_80x24() {
        let lines = lines();
        assert!(lines.len() <= 20, "{}", lines.len());
        assert!(lines.iter().all(|(_, line)| line.chars().count() <= 76), "{lines:?}");
    }

    /// A failure here would teach keys that do something else.
    #[test]
    fn the_documentation_has_the_keys_of_the_help() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/top.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<String> =
            text.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
        let row = |(key, what): &(&str, &str)| format!("| `{key}` | {what} |");
        let expected: Vec<String> = KEYS.iter().chain(&OF_DIALOGS).map(row).collect();
        assert_eq!(rows, expected);
    }
}
