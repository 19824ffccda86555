//! [`is_error`] and [`failed`]: what the statuses of a call mean.

use super::buffer::Output;
use super::raw::{GSS_CODE, KRB5, MECHANISM_CODE};
use crate::Status;
use crate::{Error, Library};

/// Whether a major status has an error, and not only additional information.
pub(crate) const fn is_error(major: u32) -> bool {
    major >> 16 != 0
}

/// Returns the error of a call that failed, with the library's words.
pub(crate) fn failed(library: &'static Library, function: &'static str, major: u32, minor: u32) -> Error {
    let minor_text = text(library, minor, MECHANISM_CODE);
    // MIT has a code of its own for an expired ticket, and calls it a success.
    let is_silent = minor == 0 || minor_text.is_empty() || minor_text == "Success";
    let text = if is_silent { text(library, major, GSS_CODE) } else { minor_text };
    Error::Failed(Status { major, minor: minor.cast_signed(), function, text })
}

/// The most characters of the library's words. MIT quotes the name of the service from the client's ticket, which can have
/// 64 KiB: without a limit, a client could fill a server's log.
const LONGEST_TEXT: usize = 300;

/// Returns the library's words for a status, in one line.
fn text(library: &'static Library, status: u32, kind: i32) -> String {
    let (mut minor, mut more) = (0, 0);
    let mut lines = Vec::new();
    // A status has several lines at most; this limit only stops a library that never ends its list.
    for _ in 0..8 {
        let mut line = Output::new(library);
        // SAFETY: all pointers are to live local values, and the mechanism is a constant.
        let major = unsafe {
            (library.functions.display_status)(
                &raw mut minor,
                status,
                kind,
                &raw const KRB5,
                &raw mut more,
                line.as_mut_ptr(),
            )
        };
        if major != 0 {
            break;
        }
        lines.push(line.to_text().split_whitespace().collect::<Vec<_>>().join(" "));
        if more == 0 {
            break;
        }
    }
    lines.retain(|line| !line.is_empty());
    shortened(lines.join("; "))
}

/// Cuts a text that is too long.
fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client without a login write lines of 64 KiB into a server's log.
    #[test]
    fn a_long_text_is_cut() {
        let quoted = format!("{}\u{e9}{}", "a".repeat(LONGEST_TEXT - 1), "b".repeat(60_000));
        assert_eq!(shortened(quoted.clone()).chars().count(), LONGEST_TEXT + 3);
        let whole: String = quoted.chars().take(LONGEST_TEXT).collect();
        assert_eq!(shortened(whole.clone()), whole);
    }
}
