//! [`NetRemoteTOD`]: returns the server's time.

use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::TIME_OF_DAY_INFO;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Returns the server's time: netapi32.h has the parameters and codes.
///
/// # Safety
/// `unc_server_name` is NULL, or points to a text that ends in zero. `buffer_ptr` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetRemoteTOD(
    unc_server_name: *const WCHAR,
    buffer_ptr: *mut *mut u8,
) -> Status {
    guard("NetRemoteTOD", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(buffer_ptr) }?;
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(unc_server_name) }?;
        let time = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().remote_tod())?;
        single.fill::<TIME_OF_DAY_INFO>(time)
    })
}
