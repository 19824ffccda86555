//! [`NetShareGetInfo`]: returns one share.

use netsession::raw::ShareLevel;

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{
    SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_501, SHARE_INFO_502, SHARE_INFO_503,
    SHARE_INFO_1005, SHARE_INFO_1501,
};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns one share: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `bufptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareGetInfo(
    servername: *const WCHAR,
    netname: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
) -> Status {
    guard("NetShareGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(bufptr) }?;
        // SAFETY: the caller promises it.
        let (server, name) = unsafe { (strings::text(servername)?, strings::text(netname)?) };
        arguments::level(level, &[0, 1, 2, 501, 502, 503, 1005, 1501])?;
        let name = arguments::required(name.as_deref())?;
        let share = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            // [MS-SRVS] 3.1.4.10 has no level 1501, which is a part of level 502.
            server.raw().share_get_info(name, ShareLevel(if level == 1501 { 502 } else { level }))
        })?;
        match level {
            0 => single.fill::<SHARE_INFO_0>(share),
            1 => single.fill::<SHARE_INFO_1>(share),
            2 => single.fill::<SHARE_INFO_2>(share),
            501 => single.fill::<SHARE_INFO_501>(share),
            502 => single.fill::<SHARE_INFO_502>(share),
            503 => single.fill::<SHARE_INFO_503>(share),
            1005 => single.fill::<SHARE_INFO_1005>(share),
            _ => single.fill::<SHARE_INFO_1501>(share),
        }
    })
}
