//! `NetFileEnum`.

use netsession::raw::FileLevel;

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{FILE_INFO_2, FILE_INFO_3};
use crate::{arguments, process, strings};

/// `NetFileEnum`: see netapi32.h. Its handle is as large as a pointer.
///
/// # Safety
/// The names are NULL, or point to UTF-16 that ends in zero; the other pointers are NULL, or can be written, and
/// `resume_handle` read.
#[unsafe(no_mangle)]
#[allow(non_snake_case, clippy::too_many_arguments)]
pub unsafe extern "C" fn NetFileEnum(
    servername: *const u16,
    basepath: *const u16,
    username: *const u16,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut usize,
) -> Status {
    guard("NetFileEnum", || {
        // SAFETY: as promised by the caller.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: as promised by the caller.
        let (server, path, user) =
            unsafe { (strings::text(servername)?, strings::text(basepath)?, strings::text(username)?) };
        let (path, user) = (path.as_deref(), user.as_deref());
        arguments::level(level, &[2, 3])?;
        arguments::short(path)?;
        arguments::short(user)?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().file_enum(FileLevel(level), path, user, listing.asked(prefmaxlen))
        })?;
        match level {
            2 => listing.fill::<FILE_INFO_2>(&page),
            _ => listing.fill::<FILE_INFO_3>(&page),
        }
    })
}
