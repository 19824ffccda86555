//! [`NetRemoteComputerSupports`]: returns which protocols a server supports.

use netsession::Win32Error;
use netsession::raw::ServerLevel;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Returns which of the wanted protocols a server supports: lmremutl.h has the parameters and codes.
///
/// # Safety
/// `UncServerName` is NULL, or points to a text that ends in zero. `OptionsSupported` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetRemoteComputerSupports(
    UncServerName: *const WCHAR,
    OptionsWanted: u32,
    OptionsSupported: *mut u32,
) -> Status {
    /// Remote administration, RPC and UTF-16: what every server has that answers by DCE/RPC.
    const BY_RPC: u32 = 0x02 | 0x04 | 0x10;
    /// The database of accounts, which servers of the type NT have.
    const SAM: u32 = 0x08;
    /// The call for this computer needs no network.
    const LOCAL: u32 = 0x20;
    /// `SV_TYPE_NT`, in the type of a server.
    const NT: u32 = 0x1000;
    guard("NetRemoteComputerSupports", || {
        if OptionsSupported.is_null() {
            return Err(Failure::argument("OptionsSupported is NULL"));
        }
        // SAFETY: the caller promises it.
        unsafe { OptionsSupported.write_unaligned(0) };
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(UncServerName) }?;
        let is_local = server.as_deref().unwrap_or_default().is_empty();
        let info = process::current().with_server(server.as_deref(), Purpose::Read, |server| {
            server.raw().server_get_info(ServerLevel::INFO_101)
        })?;
        let is_nt = info.r#type.unwrap_or_default().bits() & NT != 0;
        let sam = if is_nt { SAM } else { 0 };
        let local = if is_local { LOCAL } else { 0 };
        // SAFETY: the caller promises it.
        unsafe { OptionsSupported.write_unaligned(OptionsWanted & (BY_RPC | sam | local)) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}
