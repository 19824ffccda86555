//! [`NetShareDel`]: stops sharing a folder.

use netsession::Win32Error;

use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Stops sharing a folder: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareDel(
    servername: *const WCHAR,
    netname: *const WCHAR,
    _reserved: u32,
) -> Status {
    guard("NetShareDel", || {
        // SAFETY: the caller promises it.
        let (server, name) =
            unsafe { (strings::text_of_change(servername)?, strings::text_of_change(netname)?) };
        let name = arguments::required(name.as_deref())?;
        process::current()
            .with_server(server.as_deref(), Purpose::Change, |server| server.raw().share_del(name))?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
