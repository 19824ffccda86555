//! [`NetStatisticsGet`]: returns how much a server was used.

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::STAT_SERVER_0;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns how much a server was used: lmstats.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `Buffer` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetStatisticsGet(
    Server: *const WCHAR,
    Service: *const WCHAR,
    Level: u32,
    Options: u32,
    Buffer: *mut *mut u8,
) -> Status {
    guard("NetStatisticsGet", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(Buffer) }?;
        // SAFETY: the caller promises it.
        let (server, service) = unsafe { (strings::text(Server)?, strings::text(Service)?) };
        if !arguments::required(service.as_deref())?.eq_ignore_ascii_case("LanmanServer") {
            return Err(Failure::Argument {
                code: Win32Error::ERROR_NOT_SUPPORTED,
                why: "only the service LanmanServer has statistics here",
            });
        }
        arguments::level(Level, &[0])?;
        if Options != 0 {
            return Err(Failure::argument("Options is not 0"));
        }
        let statistics = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().server_statistics_get())?;
        single.fill::<STAT_SERVER_0>(statistics)
    })
}
