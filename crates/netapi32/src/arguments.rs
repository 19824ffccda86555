//! Checks of arguments that need no server: [`level`], [`short`] and [`required`].

use netsession::raw::MAX_NAME_LENGTH;
use netsession::{Win32Error, wide};

use crate::failure::Failure;

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
