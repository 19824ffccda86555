//! [`NetFileEnum`]: lists open files.

use netsession::raw::FileLevel;

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{FILE_INFO_2, FILE_INFO_3};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists open files: netapi32.h has the parameters and codes.
///
/// Windows declares a resume handle as large as a pointer. Many programs pass four bytes, and a handle of MS-SRVS has four,
/// so the function reads and writes only these.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case, clippy::too_many_arguments)]
pub unsafe extern "C-unwind" fn NetFileEnum(
    servername: *const WCHAR,
    basepath: *const WCHAR,
    username: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut usize,
) -> Status {
    guard("NetFileEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle.cast()) }?;
        // SAFETY: the caller promises it.
        let (server, path, user) =
            unsafe { (strings::text(servername)?, strings::text(basepath)?, strings::text(username)?) };
        let (path, user) = (path.as_deref(), user.as_deref());
        arguments::level(level, &[2, 3])?;
        arguments::short(path)?;
        arguments::short(user)?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().file_enum(FileLevel(level), path, user, listing.request(prefmaxlen))
        })?;
        match level {
            2 => listing.fill::<FILE_INFO_2>(&page),
            _ => listing.fill::<FILE_INFO_3>(&page),
        }
    })
}
