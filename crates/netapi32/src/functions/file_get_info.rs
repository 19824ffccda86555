//! [`NetFileGetInfo`]: returns one open file.

use netsession::FileId;
use netsession::raw::FileLevel;

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{FILE_INFO_2, FILE_INFO_3};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns one open file: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `bufptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetFileGetInfo(
    servername: *const WCHAR,
    fileid: u32,
    level: u32,
    bufptr: *mut *mut u8,
) -> Status {
    guard("NetFileGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(bufptr) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[2, 3])?;
        let file = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().file_get_info(FileId(fileid), FileLevel(level))
        })?;
        match level {
            2 => single.fill::<FILE_INFO_2>(file),
            _ => single.fill::<FILE_INFO_3>(file),
        }
    })
}
