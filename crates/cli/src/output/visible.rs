//! Makes names from a server safe to show: spells out what a terminal would obey, or a reader could not see.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns `text` with control and invisible characters as `<U+001B>`. Windows names cannot contain angle brackets.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String does not fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether `c` is a control character (C0, DEL, C1), or invisible and changes the text around it: zero-width characters,
/// line separators, directional overrides, tags.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    /// A failure here would let a client whose name is an escape sequence control the administrator's terminal.
    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(visible("alice"), "alice");
        assert_eq!(visible("\u{1b}]0;owned\u{7}"), "<U+001B>]0;owned<U+0007>");
        assert_eq!(visible("a\u{9b}2Jb\u{7f}\n"), "a<U+009B>2Jb<U+007F><U+000A>");
    }

    /// A failure here would make two different names look the same.
    #[test]
    fn invisible_characters_are_spelled_out() {
        assert_eq!(visible("ali\u{200b}ce"), "ali<U+200B>ce");
        assert_eq!(visible("\u{202e}ecila"), "<U+202E>ecila");
        assert_eq!(visible("Jürgen 田中"), "Jürgen 田中");
    }
}
