//! [`NetShareDelEx`]: stops sharing a folder of one of a server's names.

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::structures::SHARE_INFO_503;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Stops sharing a folder of one of a server's names: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero. `buf` is NULL, or points to a `SHARE_INFO_503` whose name and
/// server name are NULL or end in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetShareDelEx(servername: *const WCHAR, level: u32, buf: *mut u8) -> Status {
    guard("NetShareDelEx", || {
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text_of_change(servername) }?;
        arguments::level(level, &[503])?;
        if buf.is_null() {
            return Err(Failure::argument("buf is NULL"));
        }
        // SAFETY: the caller promises it.
        let (name, scope) = unsafe {
            let share = buf.cast::<SHARE_INFO_503>().read_unaligned();
            (
                strings::text_of_change(share.shi503_netname)?,
                strings::text_of_change(share.shi503_servername)?,
            )
        };
        let name = arguments::required(name.as_deref())?;
        let scope = scope.filter(|scope| !scope.is_empty()).unwrap_or_else(|| "*".to_owned());
        arguments::short(Some(&scope))?;
        process::current().with_server(server.as_deref(), Purpose::Change, |server| {
            server.raw().share_del_ex(name, &scope)
        })?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
