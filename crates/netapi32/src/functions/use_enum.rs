//! [`NetUseEnum`]: lists the connections that [`NetUseAdd`](crate::NetUseAdd) made.

use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::structures::{USE_INFO_0, USE_INFO_1, USE_INFO_2};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Lists connections: lmuse.h has the parameters and codes.
///
/// # Safety
/// `UncServerName` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written;
/// `ResumeHandle` can be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetUseEnum(
    UncServerName: *const WCHAR,
    Level: u32,
    BufPtr: *mut *mut u8,
    _PreferedMaximumSize: u32,
    EntriesRead: *mut u32,
    TotalEntries: *mut u32,
    ResumeHandle: *mut u32,
) -> Status {
    guard("NetUseEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(BufPtr, EntriesRead, TotalEntries, ResumeHandle) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(UncServerName) }?;
        arguments::this_computer(server.as_deref())?;
        arguments::level(Level, &[0, 1, 2])?;
        // They are few: one buffer has the rest of them.
        let all = process::current().uses().all();
        match Level {
            0 => listing.fill_from::<USE_INFO_0>(&all),
            1 => listing.fill_from::<USE_INFO_1>(&all),
            _ => listing.fill_from::<USE_INFO_2>(&all),
        }
    })
}
