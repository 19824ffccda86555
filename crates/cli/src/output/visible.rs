//! [`visible`] makes names from a server safe to show: it spells out control characters and invisible ones.

use std::borrow::Cow;
use std::fmt::Write as _;

use netsession::wide;

/// Returns `text` with control and invisible characters as `<U+001B>`. Windows names cannot contain angle brackets.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String does not fail.
            let code = wide::surrogate(c).map_or_else(|| u32::from(c), u32::from);
            let _ = write!(shown, "<U+{code:04X}>");
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Returns the name that [`visible`] spells as `text`, so that a person can select by the text in the table.
pub(crate) fn from_visible(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<U+") {
        name.push_str(before);
        let hidden = after.split_once('>').and_then(|(code, after)| Some((spelled(code)?, after)));
        rest = if let Some((c, after)) = hidden {
            name.push(c);
            after
        } else {
            name.push_str("<U+");
            after
        };
    }
    name.push_str(rest);
    name
}

/// Returns the hidden character with this code, in four to six hexadecimal digits.
fn spelled(code: &str) -> Option<char> {
    if !(4..=6).contains(&code.len()) || !code.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let code = u32::from_str_radix(code, 16).ok()?;
    let surrogate = u16::try_from(code).ok().and_then(wide::of_surrogate);
    surrogate.or_else(|| char::from_u32(code)).filter(|&c| is_hidden(c))
}

/// Whether the journal spells `c` out, too, or `c` is an unpaired surrogate.
pub(crate) fn is_hidden(c: char) -> bool {
    netsession_journal::is_hidden(c) || wide::surrogate(c).is_some()
}

#[cfg(test)]
mod tests {
    use super::{from_visible, visible};

    /// A failure here would let a client whose name is an escape sequence control the administrator's terminal.
    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(visible("alice"), "alice");
        assert_eq!(visible("\u{1b}]0;owned\u{7}"), "<U+001B>]0;owned<U+0007>");
        assert_eq!(visible("a\u{9b}2Jb\u{7f}\n"), "a<U+009B>2Jb<U+007F><U+000A>");
    }

    /// A failure here would not show an unpaired surrogate, or leave no way to select the name.
    #[test]
    fn a_shown_name_can_be_typed() {
        let names =
            ["bob", "b\u{10f83d}b", "\u{1b}]0;owned\u{7}", "\u{e0041}", "田中", "a<U+b", "<U+>x<U+zz>"];
        for name in names {
            assert_eq!(from_visible(&visible(name)), name);
        }
        assert_eq!(visible("b\u{10f83d}b"), "b<U+D83D>b");
        for literal in ["<U+0041>", "<U+D83D", "U+D83D>", "<U+1234567>", "<U+110000>", "<U+00+7>"] {
            assert_eq!(from_visible(literal), literal);
        }
    }

    /// A failure here would make two different names look the same.
    #[test]
    fn invisible_characters_are_spelled_out() {
        assert_eq!(visible("ali\u{200b}ce"), "ali<U+200B>ce");
        assert_eq!(visible("\u{202e}ecila"), "<U+202E>ecila");
        assert_eq!(visible("Jürgen 田中"), "Jürgen 田中");
    }
}
