//! [`target`]: the server that a program names.

use netsession::raw::MAX_NAME_LENGTH;
use netsession::{ServerTarget, Win32Error, wide};

use crate::failure::Failure;
use crate::surroundings;

/// Returns the server of that name; NULL, the empty name and this computer's names are the local computer.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the name is too long; `NERR_InvalidComputer` if it is not a server's name.
pub(crate) fn target(servername: Option<&str>) -> Result<ServerTarget, Failure> {
    let name = servername.unwrap_or_default();
    if wide::len(name) > MAX_NAME_LENGTH {
        return Err(Failure::argument("servername is longer than 1,023 characters"));
    }
    // The blank line of a list of servers is none of them, and not this computer.
    let is_blank = !name.is_empty() && name.trim().is_empty();
    let trimmed = name.trim();
    // Programs append a backslash before the name of a share.
    let plain = Some(trimmed.trim_end_matches('\\')).filter(|plain| !plain.is_empty()).unwrap_or(trimmed);
    let parsed = (!is_blank).then(|| surroundings::without_this_computer(plain).parse().ok());
    parsed.flatten().ok_or(Failure::Argument {
        code: Win32Error::NERR_INVALID_COMPUTER,
        why: "servername is not the name of a server",
    })
}
