//! `NetShareCheck`.

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::{arguments, process, strings};

/// `NetShareCheck`: see netapi32.h.
///
/// # Safety
/// The texts are NULL, or UTF-16 that ends in zero; `kind` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetShareCheck(servername: *const u16, device: *const u16, kind: *mut u32) -> Status {
    guard("NetShareCheck", || {
        if kind.is_null() {
            return Err(Failure::argument("type is NULL"));
        }
        // SAFETY: as promised by the caller.
        let (server, device) = unsafe { (strings::text(servername)?, strings::text(device)?) };
        let device = arguments::required(device.as_deref())?;
        let found = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().share_check(device))?;
        // SAFETY: it is not NULL, and the caller lets it be written.
        unsafe { kind.write_unaligned(found.0) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}
