//! [`NetShareSetInfo`]: changes a share.

use netsession::Win32Error;
use netsession::raw::ShareLevel;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::structures::given_share;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Changes a share: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `buf` is NULL, or points to the structure of the level, whose
/// texts are NULL or end in zero. `parm_err` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareSetInfo(
    servername: *const WCHAR,
    netname: *const WCHAR,
    level: u32,
    buf: *mut u8,
    parm_err: *mut u32,
) -> Status {
    guard("NetShareSetInfo", || {
        // SAFETY: the caller promises it.
        let changed = unsafe { change(servername, netname, level, buf) };
        // SAFETY: the caller promises it.
        unsafe { arguments::wrong_member(parm_err, &changed) };
        changed.map(|()| Win32Error::NERR_SUCCESS)
    })
}

/// # Safety
/// As [`NetShareSetInfo`].
unsafe fn change(
    servername: *const WCHAR,
    netname: *const WCHAR,
    level: u32,
    buf: *const u8,
) -> Result<(), Failure> {
    // SAFETY: the caller promises it.
    let (server, name) = unsafe { (strings::text_of_change(servername)?, strings::text_of_change(netname)?) };
    arguments::level(level, &[1, 2, 502, 503, 1004, 1005, 1006, 1501])?;
    let name = arguments::required(name.as_deref())?;
    if buf.is_null() {
        return Err(Failure::argument("buf is NULL"));
    }
    // SAFETY: the caller promises it.
    let share = unsafe { given_share(level, buf) }?;
    process::current().with_server(server.as_deref(), Purpose::Change, |server| {
        server.raw().share_set_info(name, ShareLevel(level), share)
    })
}
