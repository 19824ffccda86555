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
use crate::{cancellation, ending, log, process, reserve, stack, strings};

/// The return type of every function: `NET_API_STATUS`.
pub(crate) type Status = u32;

/// Runs the body of a function that queries a server, and returns its code. If the thread is ending, it returns
/// `ERROR_NOT_READY` without running the body. Meanwhile nobody can cancel the thread, and no file of the library takes the
/// number of a standard stream. A panic becomes `NERR_InternalError`: the values that the body uses are dropped by then or,
/// like the pool, valid after a panic too.
pub(crate) fn guard(name: &'static str, work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    #[cfg(windows)]
    crate::stay::stay();
    frame(|| {
        let _occupied = process::current().occupy_streams();
        ending::prepare()?;
        stack::with_room(|| log::within(|| returned(name, work())))?
    })
}

/// Runs the body of a function that only handles memory, as [`guard`] does. It also works in a thread that is ending,
/// because programs free their buffers there.
pub(crate) fn guard_memory(name: &'static str, work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    frame(|| match ending::is_ending() {
        true => work(),
        false => log::within(|| returned(name, work())),
    })
}

/// Logs a failure, and replaces it if its cause is a lack of memory.
fn returned(name: &'static str, result: Result<Win32Error, Failure>) -> Result<Win32Error, Failure> {
    result
        .map_err(|failure| match failure.can_lack_memory() && reserve::is_needed() {
            true => Failure::Memory,
            false => failure,
        })
        .inspect(|_| _ = strings::take_narrow())
        .inspect_err(|failure| log::failed(name, failure))
}

/// Stops panics and cancellation, and sets errno.
fn frame(work: impl FnOnce() -> Result<Win32Error, Failure>) -> Status {
    let Win32Error(code) = cancellation::without(|| {
        let uses = reserve::uses();
        let work = || work().unwrap_or_else(|failure| failure.code());
        let code = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            // The cryptography panics if the system has no memory.
            match reserve::uses() != uses || reserve::is_needed() {
                true => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
                false => Win32Error::NERR_INTERNAL_ERROR,
            }
        });
        let Win32Error(number) = code;
        set_errno(number);
        code
    });
    code
}

/// Sets the "last error" of the thread.
#[cfg(windows)]
fn set_errno(code: Status) {
    // SAFETY: it only sets a number of this thread.
    unsafe { windows_sys::Win32::Foundation::SetLastError(code) };
}

/// Sets errno, which callers outside Windows read as the "last error".
#[cfg(not(windows))]
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

    /// A failure here would let a fault of this library end the caller's program, or set errno to another value than
    /// the returned code.
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
