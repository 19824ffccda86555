//! Names in requests.

use netsession_wire::Win32Error;

use crate::fs::name::same;
use crate::state::Session;

/// A name that says something: null and empty are nothing.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for one that is too long.
pub(super) fn given(name: Option<&str>) -> Result<Option<&str>, Win32Error> {
    match name {
        None | Some("") => Ok(None),
        Some(name) if name.encode_utf16().count() > netsession_srvs::MAX_NAME_LENGTH => {
            Err(Win32Error::ERROR_INVALID_PARAMETER)
        }
        name => Ok(name),
    }
}

/// Whether `\\NAME` is the client of a session, by its address. The name that a client gives
/// itself is nothing to end sessions by: anybody can give any.
pub(super) fn same_client(unc: &str, session: &Session) -> bool {
    let name = unc.strip_prefix(r"\\").unwrap_or(unc);
    same(name, &session.client().to_string())
}
