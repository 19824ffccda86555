//! [`NetGetJoinInformation`]: returns the computer's domain or workgroup.

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::pool::Purpose;
use crate::structures::Text;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Returns the computer's domain or workgroup: netapi32.h has the parameters and codes.
///
/// # Safety
/// `lpServer` is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetGetJoinInformation(
    lpServer: *const WCHAR,
    lpNameBuffer: *mut *mut WCHAR,
    BufferType: *mut u32,
) -> Status {
    guard("NetGetJoinInformation", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(lpNameBuffer.cast()) }?;
        if BufferType.is_null() {
            return Err(Failure::argument("BufferType is NULL"));
        }
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text(lpServer) }?;
        let (name, status) = process::current()
            .with_server(server.as_deref(), Purpose::Read, |server| server.raw().get_join_information())?;
        let stored = single.fill::<Text>(name)?;
        // SAFETY: the caller promises it.
        unsafe { BufferType.write_unaligned(status.0) };
        Ok(stored)
    })
}
