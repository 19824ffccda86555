//! [`NetUseDel`]: forgets a login of [`NetUseAdd`](crate::NetUseAdd).

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::uses::Remote;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Forgets a login: lmuse.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetUseDel(
    UncServerName: *const WCHAR,
    UseName: *const WCHAR,
    ForceCond: u32,
) -> Status {
    /// Remove it, however often it was made.
    const USE_LOTS_OF_FORCE: u32 = 2;
    guard("NetUseDel", || {
        // SAFETY: the caller promises it.
        let (server, name) = unsafe { (strings::text(UncServerName)?, strings::text_of_change(UseName)?) };
        arguments::this_computer(server.as_deref())?;
        let name = arguments::required(name.as_deref())?;
        if ForceCond > USE_LOTS_OF_FORCE {
            return Err(Failure::argument("ForceCond is not 0, 1 or 2"));
        }
        process::current().remove_use(&Remote::parse(name)?, ForceCond == USE_LOTS_OF_FORCE)?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
