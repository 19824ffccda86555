//! [`NetSessionGetInfo`]: returns one session.

use netsession::raw::{SessionLevel, check};

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns one session: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `bufptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetSessionGetInfo(
    servername: *const WCHAR,
    unc_client_name: *const WCHAR,
    username: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
) -> Status {
    guard("NetSessionGetInfo", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(bufptr) }?;
        // SAFETY: the caller promises it.
        let (server, client, user) = unsafe {
            (strings::text(servername)?, strings::text(unc_client_name)?, strings::text(username)?)
        };
        arguments::level(level, &[0, 1, 2, 10])?;
        let (client, user) = (arguments::required(client.as_deref())?, arguments::required(user.as_deref())?);
        let level = SessionLevel(level);
        check::session_enum(level, Some(client), Some(user))?;
        let session = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().session_get_info(level, client, user)
        })?;
        match level {
            SessionLevel::INFO_0 => single.fill::<SESSION_INFO_0>(session),
            SessionLevel::INFO_1 => single.fill::<SESSION_INFO_1>(session),
            SessionLevel::INFO_2 => single.fill::<SESSION_INFO_2>(session),
            _ => single.fill::<SESSION_INFO_10>(session),
        }
    })
}
