//! [`NetServerTransportEnum`]: lists the transports by which clients reach a server.

use netsession::raw::TransportLevel;

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{SERVER_TRANSPORT_INFO_0, SERVER_TRANSPORT_INFO_1, SERVER_TRANSPORT_INFO_2};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists the transports by which clients reach a server: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetServerTransportEnum(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut u32,
) -> Status {
    guard("NetServerTransportEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[0, 1, 2])?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().server_transport_enum(TransportLevel(level), listing.request(prefmaxlen))
        })?;
        match level {
            0 => listing.fill::<SERVER_TRANSPORT_INFO_0>(&page),
            1 => listing.fill::<SERVER_TRANSPORT_INFO_1>(&page),
            _ => listing.fill::<SERVER_TRANSPORT_INFO_2>(&page),
        }
    })
}
