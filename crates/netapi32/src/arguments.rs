//! Arguments: checks that need no server ([`level`], [`short`], [`required`], [`this_computer`]), and [`wrong_member`].

use netsession::raw::MAX_NAME_LENGTH;
use netsession::{ServerTarget, Win32Error, wide};

use crate::failure::Failure;
use crate::target::target;

/// Checks that the function has this level.
///
/// # Errors
/// `ERROR_INVALID_LEVEL` for a level that the function does not have.
pub(crate) fn level(level: u32, known: &[u32]) -> Result<(), Failure> {
    match known.contains(&level) {
        true => Ok(()),
        false => Err(Failure::Argument {
            code: Win32Error::ERROR_INVALID_LEVEL,
            why: "the function does not have this level",
        }),
    }
}

/// Checks the length of a name.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for a name of more than 1,023 characters.
pub(crate) fn short(name: Option<&str>) -> Result<(), Failure> {
    match name.is_some_and(|name| wide::len(name) > MAX_NAME_LENGTH) {
        true => Err(Failure::argument("a name is longer than 1,023 characters")),
        false => Ok(()),
    }
}

/// Returns a name that the caller must pass.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the name is NULL, empty or too long.
pub(crate) fn required(name: Option<&str>) -> Result<&str, Failure> {
    short(name)?;
    name.filter(|name| !name.is_empty()).ok_or(Failure::argument("a required name is NULL or empty"))
}

/// Checks that a function which works on this computer alone is not asked for another one.
///
/// # Errors
/// `ERROR_NOT_SUPPORTED` for another computer; the errors of [`target`].
pub(crate) fn this_computer(name: Option<&str>) -> Result<(), Failure> {
    match target(name)? {
        ServerTarget::Local => Ok(()),
        ServerTarget::Address(_) => Err(Failure::Argument {
            code: Win32Error::ERROR_NOT_SUPPORTED,
            why: "the function works on this computer only: pass NULL as the server",
        }),
    }
}

/// Stores which member of a structure is wrong: 0 for none, and `PARM_ERROR_UNKNOWN` if the call failed with
/// `ERROR_INVALID_PARAMETER`, because servers name the member rarely.
///
/// # Safety
/// The pointer is NULL, or can be written.
pub(crate) unsafe fn wrong_member(parm_err: *mut u32, outcome: &Result<(), Failure>) {
    const UNKNOWN: u32 = u32::MAX;
    let is_wrong = |failure: &Failure| failure.code() == Win32Error::ERROR_INVALID_PARAMETER;
    if !parm_err.is_null() {
        let member = if outcome.as_ref().is_err_and(is_wrong) { UNKNOWN } else { 0 };
        // SAFETY: the caller promises it.
        unsafe { parm_err.write_unaligned(member) };
    }
}
