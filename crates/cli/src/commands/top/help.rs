//! The keys of the live view, for `?` and for the last line.

use anstyle::Style;

use crate::commands::end::lines::StyledLine;

/// The keys, in the order of the help.
const KEYS: [(&str, &str); 16] = [
    ("Up Down PgUp PgDn Home End", "move"),
    ("1 2 3 4 5, Tab", "show sessions, files, shares, servers, changes"),
    ("/", "filter as you type: bob, user:svc-*, client:10.1.0.0/16, server:fs1"),
    ("Esc", "remove the filter"),
    ("s", "sort by the next column"),
    ("r", "reverse the order"),
    ("Space", "mark the row, or remove its mark"),
    ("*", "mark every row that matches the filter"),
    ("u", "remove all marks"),
    ("e", "end the marked sessions, or the one at the cursor (preview, confirm, verify)"),
    ("x", "close the marked files, or the one at the cursor (preview, confirm, verify)"),
    ("Enter", "show the whole row, and the files of a session"),
    ("c", "count who came and went from now on (+ marks who came)"),
    ("Ctrl-L", "draw the screen again"),
    ("Ctrl-Z", "suspend"),
    ("q, Ctrl-C", "quit"),
];

/// Returns the help.
pub(super) fn lines() -> Vec<StyledLine> {
    KEYS.iter().map(|(key, what)| (Style::new(), format!("{key:<26}  {what}"))).collect()
}
