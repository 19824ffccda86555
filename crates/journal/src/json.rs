//! [`text`] writes JSON that no terminal and no log reads as anything else.

use std::fmt::Write as _;

use serde::Serialize;

/// Returns the JSON of a value in one line. It spells out every character that a terminal hides or obeys: a name can contain any.
pub(crate) fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(value)?;
    if !json.chars().any(is_hidden) {
        return Ok(json);
    }
    let mut spelled = String::with_capacity(json.len());
    // Outside of a string JSON has no such character.
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(spelled, "\\u{unit:04x}");
            }
        } else {
            spelled.push(c);
        }
    }
    Ok(spelled)
}

/// Whether a character is a control character (C0, DEL, C1), or invisible and changes the text around it: zero-width characters, line
/// separators, directional overrides, tags. A journal and a terminal spell these out.
///
/// ```
/// use netsession_journal::is_hidden;
///
/// assert!("\u{1b}\u{9b}\u{200b}\u{202e}".chars().all(is_hidden) && !"Jürgen 田中".chars().any(is_hidden));
/// ```
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    /// A failure here would let the name of a client change what an administrator reads in an export or in the system's log.
    #[test]
    fn hidden_characters_are_spelled_out_and_read_back() {
        let name = "a\u{7f}b\u{202e}c\u{9b}\u{e0041}\n\u{200b}田";
        let json = super::text(&name).unwrap();
        assert_eq!(json, r#""a\u007fb\u202ec\u009b\udb40\udc41\n\u200b田""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
