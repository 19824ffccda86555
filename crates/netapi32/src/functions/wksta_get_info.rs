//! [`NetWkstaGetInfo`]: returns the computer's name, domain and version.

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{WKSTA_INFO_100, WKSTA_INFO_101, WKSTA_INFO_102};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns the computer's name, domain and version: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `bufptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetWkstaGetInfo(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
) -> Status {
    guard("NetWkstaGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(bufptr) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[100, 101, 102])?;
        let info = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().wksta_get_info(level))?;
        match level {
            100 => single.fill::<WKSTA_INFO_100>(info),
            101 => single.fill::<WKSTA_INFO_101>(info),
            _ => single.fill::<WKSTA_INFO_102>(info),
        }
    })
}
