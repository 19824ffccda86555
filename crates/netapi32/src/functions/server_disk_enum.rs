//! [`NetServerDiskEnum`]: lists the drives of a server.

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists the drives of a server: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetServerDiskEnum(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut u32,
) -> Status {
    guard("NetServerDiskEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[0])?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().server_disk_enum(listing.request(prefmaxlen))
        })?;
        listing.fill_texts(page)
    })
}
