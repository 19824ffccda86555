//! [`NetConnectionEnum`]: lists the connections to a share, or from a client.

use netsession::raw::ConnectionLevel;

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{CONNECTION_INFO_0, CONNECTION_INFO_1};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists the connections to a share, or from a client: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case, clippy::too_many_arguments)]
pub unsafe extern "C-unwind" fn NetConnectionEnum(
    servername: *const WCHAR,
    qualifier: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut u32,
) -> Status {
    guard("NetConnectionEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let (server, qualifier) = unsafe { (strings::text(servername)?, strings::text(qualifier)?) };
        arguments::level(level, &[0, 1])?;
        let qualifier = arguments::required(qualifier.as_deref())?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().connection_enum(ConnectionLevel(level), qualifier, listing.request(prefmaxlen))
        })?;
        match level {
            0 => listing.fill::<CONNECTION_INFO_0>(&page),
            _ => listing.fill::<CONNECTION_INFO_1>(&page),
        }
    })
}
