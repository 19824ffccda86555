//! [`NetStatisticsGet`]: returns how much a server, or the SMB client of a computer, was used.

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::{STAT_SERVER_0, STAT_WORKSTATION_0};
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Returns how much a server, or the SMB client of a computer, was used: lmstats.h has the parameters and codes.
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
        let service = arguments::required(service.as_deref())?;
        let is_server = service.eq_ignore_ascii_case("LanmanServer");
        if !is_server && !service.eq_ignore_ascii_case("LanmanWorkstation") {
            return Err(Failure::Argument {
                code: Win32Error::ERROR_NOT_SUPPORTED,
                why: "only the services LanmanServer and LanmanWorkstation have statistics",
            });
        }
        arguments::level(Level, &[0])?;
        if Options != 0 {
            return Err(Failure::argument("Options is not 0"));
        }
        let (process, server) = (process::current(), server.as_deref());
        match is_server {
            true => single.fill::<STAT_SERVER_0>(
                process.with_server(server, Purpose::Read, |server| server.raw().server_statistics_get())?,
            ),
            false => single.fill::<STAT_WORKSTATION_0>(process.with_server(
                server,
                Purpose::Read,
                |server| server.raw().workstation_statistics_get(),
            )?),
        }
    })
}
