//! The frame of every exported function: [`guard`] stops panics, logs failures, and sets errno to the returned code.
//!
//! ```text
//! guard("NetFileClose", || {
//!     …
//!     Ok(Win32Error::NERR_SUCCESS)
//! })
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};

use netsession::Win32Error;

use crate::failure::Failure;
use crate::log;

/// The return type of every function: `NET_API_STATUS`.
pub(crate) type Status = u32;

/// Runs the body of a function, and returns its code. A panic becomes `NERR_InternalError`: the values that the body uses
/// are dropped by then or, like the pool, valid after a panic too.
pub(crate) fn guard(name: &'static str, work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        log::within(|| {
            let result = work();
            if let Err(failure) = &result {
                log::failed(name, failure);
            }
            result.unwrap_or_else(|failure| failure.code())
        })
    }));
    let Win32Error(code) = guarded.unwrap_or(Win32Error::NERR_INTERNAL_ERROR);
    set_errno(code);
    code
}

/// Sets errno, which callers outside Windows read as the "last error".
fn set_errno(code: Status) {
    let code = i32::try_from(code).unwrap_or(i32::MAX);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: every thread has an errno of its own, which lives as long as the thread.
    unsafe {
        *libc::__errno_location() = code;
    }
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    // SAFETY: as above.
    unsafe {
        *libc::__error() = code;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a fault of this library end the caller's program, or leave errno unlike the returned code.
    #[test]
    fn a_panic_is_an_error_and_errno_is_the_code() {
        let errno = || std::io::Error::last_os_error().raw_os_error();
        assert_eq!(guard("panics", || panic!("on purpose")), 2140);
        assert_eq!(errno(), Some(2140));
        assert_eq!(guard("fails", || Err(Failure::argument("on purpose"))), 87);
        assert_eq!(errno(), Some(87));
        assert_eq!(guard("works", || Ok(Win32Error::NERR_SUCCESS)), 0);
        assert_eq!(errno(), Some(0));
    }
}
