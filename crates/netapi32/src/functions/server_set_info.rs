//! [`NetServerSetInfo`]: changes a server.

use netsession::Win32Error;
use netsession::raw::ServerLevel;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::structures::given_server;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Changes a server: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `buf` is NULL, or points to the structure of the level, whose
/// texts are NULL or end in zero. `ParmError` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetServerSetInfo(
    servername: *const WCHAR,
    level: u32,
    buf: *mut u8,
    ParmError: *mut u32,
) -> Status {
    guard("NetServerSetInfo", || {
        // SAFETY: the caller promises it.
        let changed = unsafe { change(servername, level, buf) };
        // SAFETY: the caller promises it.
        unsafe { arguments::wrong_member(ParmError, &changed) };
        changed.map(|()| Win32Error::NERR_SUCCESS)
    })
}

/// # Safety
/// As [`NetServerSetInfo`].
unsafe fn change(servername: *const WCHAR, level: u32, buf: *const u8) -> Result<(), Failure> {
    // SAFETY: the caller promises it.
    let server = unsafe { strings::text_of_change(servername) }?;
    arguments::level(level, &[101, 102, 502, 1005, 1010, 1016, 1017, 1018, 1107])?;
    if buf.is_null() {
        return Err(Failure::argument("buf is NULL"));
    }
    // SAFETY: the caller promises it.
    let new = unsafe { given_server(level, buf) }?;
    process::current().with_server(server.as_deref(), Purpose::Change, |server| {
        server.raw().server_set_info(ServerLevel(level), new)
    })
}
