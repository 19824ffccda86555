//! [`NetShareCheck`]: returns whether a device or folder of the server is shared.

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns whether a device or folder of the server is shared: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each text is NULL, or points to a text that ends in zero. `kind` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareCheck(
    servername: *const WCHAR,
    device: *const WCHAR,
    kind: *mut u32,
) -> Status {
    guard("NetShareCheck", || {
        if kind.is_null() {
            return Err(Failure::argument("type is NULL"));
        }
        // SAFETY: the caller promises it.
        let (server, device) = unsafe { (strings::text(servername)?, strings::text(device)?) };
        let device = arguments::required(device.as_deref())?;
        let share_type = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().share_check(device))?;
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { kind.write_unaligned(share_type.0) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}
