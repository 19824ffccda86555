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
use crate::{cancellation, ending, log, stack};

/// The return type of every function: `NET_API_STATUS`.
pub(crate) type Status = u32;

/// Runs the body of a function that asks a server, and returns its code. It returns `ERROR_NOT_READY` without running the
/// body if the thread is ending, and cannot be cancelled meanwhile. A panic becomes `NERR_InternalError`: the values that
/// the body uses are dropped by then or, like the pool, valid after a panic too.
pub(crate) fn guard(name: &'static str, work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    frame(|| match ending::is_ending() {
        true => ERROR_NOT_READY,
        false => stack::with_room(|| log::within(|| returned(name, work())))
            .unwrap_or_else(|failure| failure.code()),
    })
}

/// Runs the body of a function that only handles memory, as [`guard`] does. It works in a thread that is ending, too:
/// programs free their buffers there.
pub(crate) fn guard_memory(name: &'static str, work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    frame(|| match ending::is_ending() {
        true => work().unwrap_or_else(|failure| failure.code()),
        false => log::within(|| returned(name, work())),
    })
}

/// The thread is ending: "The device is not ready."
const ERROR_NOT_READY: Win32Error = Win32Error(21);

/// Returns the code of a result, and logs a failure.
fn returned(name: &'static str, result: Result<Win32Error, Failure>) -> Win32Error {
    result.unwrap_or_else(|failure| {
        log::failed(name, &failure);
        failure.code()
    })
}

/// Stops panics and cancellation, and sets errno.
fn frame(work: impl FnOnce() -> Win32Error) -> Status {
    let Win32Error(code) = cancellation::without(|| {
        let code = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Win32Error::NERR_INTERNAL_ERROR);
        let Win32Error(number) = code;
        set_errno(number);
        code
    });
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
