//! [`without_mark`]: text as editors on Windows save it.

/// The byte order mark, with which editors on Windows begin a file in UTF-8.
const MARK: char = '\u{feff}';

/// Returns a text without the byte order mark at its beginning. With the mark, the first name in a file would be another name.
///
/// ```
/// use netsession_config::without_mark;
///
/// assert_eq!(without_mark("\u{feff}alice:secret"), "alice:secret");
/// assert_eq!(without_mark("alice:secret"), "alice:secret");
/// ```
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}
