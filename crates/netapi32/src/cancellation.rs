//! [`without`] delays `pthread_cancel` until after a call. A cancelled thread unwinds its frames, and Rust ends the
//! process if such an unwinding reaches a value that must be dropped.

use std::ffi::c_int;

/// `PTHREAD_CANCEL_DISABLE`.
const DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

#[cfg(not(target_os = "android"))]
// A thread with asynchronous cancellation unwinds from within the second call in `without`.
unsafe extern "C-unwind" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

/// Android has no `pthread_cancel`.
///
/// # Safety
/// It does nothing.
#[cfg(target_os = "android")]
unsafe fn pthread_setcancelstate(_: c_int, _: *mut c_int) -> c_int {
    1
}

/// Runs `work` while this thread cannot be cancelled. A request to cancel it takes effect after the call, where the
/// program expects it. `work` must not panic.
pub(crate) fn without<T: Copy>(work: impl FnOnce() -> T) -> T {
    let mut before = DISABLE;
    // SAFETY: the state is a valid one, and `before` has room for the old one.
    let is_changed = unsafe { pthread_setcancelstate(DISABLE, &raw mut before) } == 0;
    let result = work();
    if is_changed {
        // SAFETY: the state is the one that this thread had. If the thread is unwound from here, no frame of this
        // library holds a value that must be dropped: `T` is `Copy`, and the exported functions take pointers and
        // numbers.
        unsafe { pthread_setcancelstate(before, std::ptr::null_mut()) };
    }
    result
}
