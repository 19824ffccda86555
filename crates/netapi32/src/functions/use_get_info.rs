//! [`NetUseGetInfo`]: returns a connection that [`NetUseAdd`](crate::NetUseAdd) made.

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::structures::{USE_INFO_0, USE_INFO_1, USE_INFO_2, USE_INFO_3};
use crate::uses::Remote;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns a connection: lmuse.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `BufPtr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetUseGetInfo(
    UncServerName: *const WCHAR,
    UseName: *const WCHAR,
    Level: u32,
    BufPtr: *mut *mut u8,
) -> Status {
    guard("NetUseGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(BufPtr) }?;
        // SAFETY: the caller promises it.
        let (server, name) = unsafe { (strings::text(UncServerName)?, strings::text(UseName)?) };
        arguments::this_computer(server.as_deref())?;
        arguments::level(Level, &[0, 1, 2, 3])?;
        let name = arguments::required(name.as_deref())?;
        let found = process::current().uses().find(&Remote::parse(name)?)?;
        match Level {
            0 => single.fill::<USE_INFO_0>(found),
            1 => single.fill::<USE_INFO_1>(found),
            2 => single.fill::<USE_INFO_2>(found),
            _ => single.fill::<USE_INFO_3>(found),
        }
    })
}
