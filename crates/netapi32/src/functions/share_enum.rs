//! [`NetShareEnum`]: lists shares.

use netsession::raw::ShareLevel;

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{
    SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_501, SHARE_INFO_502, SHARE_INFO_503,
};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists shares: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareEnum(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut u32,
) -> Status {
    guard("NetShareEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(servername) }?;
        arguments::level(level, &[0, 1, 2, 501, 502, 503])?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().share_enum(ShareLevel(level), listing.request(prefmaxlen))
        })?;
        match level {
            0 => listing.fill::<SHARE_INFO_0>(&page),
            1 => listing.fill::<SHARE_INFO_1>(&page),
            2 => listing.fill::<SHARE_INFO_2>(&page),
            501 => listing.fill::<SHARE_INFO_501>(&page),
            502 => listing.fill::<SHARE_INFO_502>(&page),
            _ => listing.fill::<SHARE_INFO_503>(&page),
        }
    })
}
