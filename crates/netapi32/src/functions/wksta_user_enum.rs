//! [`NetWkstaUserEnum`]: lists the users who are logged on.

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{WKSTA_USER_INFO_0, WKSTA_USER_INFO_1};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists the users who are logged on: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resumehandle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetWkstaUserEnum(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resumehandle: *mut u32,
) -> Status {
    guard("NetWkstaUserEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resumehandle) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[0, 1])?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().wksta_user_enum(level, listing.request(prefmaxlen))
        })?;
        match level {
            0 => listing.fill::<WKSTA_USER_INFO_0>(&page),
            _ => listing.fill::<WKSTA_USER_INFO_1>(&page),
        }
    })
}
