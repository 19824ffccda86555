//! [`NetSessionEnum`]: lists sessions.

use netsession::raw::{SessionLevel, check};

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::pool::Purpose;
use crate::structures::{SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10, SESSION_INFO_502};
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Lists sessions: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `resume_handle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case, clippy::too_many_arguments)]
pub unsafe extern "C-unwind" fn NetSessionEnum(
    servername: *const WCHAR,
    unc_client_name: *const WCHAR,
    username: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    resume_handle: *mut u32,
) -> Status {
    guard("NetSessionEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let (server, client, user) = unsafe {
            (strings::text(servername)?, strings::text(unc_client_name)?, strings::text(username)?)
        };
        let (level, client, user) = (SessionLevel(level), client.as_deref(), user.as_deref());
        check::session_enum(level, client, user)?;
        let page = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().session_enum(level, client, user, listing.request(prefmaxlen))
        })?;
        match level {
            SessionLevel::INFO_0 => listing.fill::<SESSION_INFO_0>(&page),
            SessionLevel::INFO_1 => listing.fill::<SESSION_INFO_1>(&page),
            SessionLevel::INFO_2 => listing.fill::<SESSION_INFO_2>(&page),
            SessionLevel::INFO_10 => listing.fill::<SESSION_INFO_10>(&page),
            _ => listing.fill::<SESSION_INFO_502>(&page),
        }
    })
}
