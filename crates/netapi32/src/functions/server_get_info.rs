//! [`NetServerGetInfo`]: returns the server's name, platform, version and type.

use netsession::raw::ServerLevel;

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{SERVER_INFO_100, SERVER_INFO_101, SERVER_INFO_102, SERVER_INFO_502};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns the server's name, platform, version and type: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `bufptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetServerGetInfo(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
) -> Status {
    guard("NetServerGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(bufptr) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[100, 101, 102, 502])?;
        let info = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().server_get_info(ServerLevel(level))
        })?;
        match level {
            100 => single.fill::<SERVER_INFO_100>(info),
            101 => single.fill::<SERVER_INFO_101>(info),
            102 => single.fill::<SERVER_INFO_102>(info),
            _ => single.fill::<SERVER_INFO_502>(info),
        }
    })
}
