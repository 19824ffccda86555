//! [`NetShareAdd`]: shares a folder of the server.

use netsession::Win32Error;
use netsession::raw::ShareLevel;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::structures::given_share;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Shares a folder of the server: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `buf` is NULL, or points to the structure of the level, whose
/// texts are NULL or end in zero. `parm_err` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareAdd(
    servername: *const WCHAR,
    level: u32,
    buf: *mut u8,
    parm_err: *mut u32,
) -> Status {
    guard("NetShareAdd", || {
        // SAFETY: the caller promises it.
        let added = unsafe { add(servername, level, buf) };
        // SAFETY: the caller promises it.
        unsafe { arguments::wrong_member(parm_err, &added) };
        added.map(|()| Win32Error::NERR_SUCCESS)
    })
}

/// # Safety
/// As [`NetShareAdd`].
unsafe fn add(servername: *const WCHAR, level: u32, buf: *const u8) -> Result<(), Failure> {
    // SAFETY: the caller promises it.
    let server = unsafe { strings::text_of_change(servername) }?;
    arguments::level(level, &[2, 502, 503])?;
    if buf.is_null() {
        return Err(Failure::argument("buf is NULL"));
    }
    // SAFETY: the caller promises it.
    let share = unsafe { given_share(level, buf) }?;
    process::current().with_server(server.as_deref(), Purpose::Change, |server| {
        server.raw().share_add(ShareLevel(level), share)
    })
}
