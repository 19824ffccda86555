//! [`with_room`] runs a call on a thread of its own if the caller's stack may be too small: programs create threads and
//! coroutines with 64 KiB.

use std::cell::Cell;
use std::ops::Range;
use std::ptr;
use std::thread;

use crate::failure::Failure;

/// The least stack for a call, in bytes. A call that connects uses 90 KiB, and 300 KiB without optimization.
const ROOM: usize = if cfg!(debug_assertions) { 768 * 1024 } else { 256 * 1024 };

thread_local! {
    /// The addresses of this thread's stack, once they are known. It has no destructor.
    static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// Runs `work`. If this thread has too little stack, another thread runs it while the caller waits.
///
/// # Errors
/// [`Failure::Memory`] if the system cannot create the thread.
///
/// # Panics
/// If `work` panics.
pub(crate) fn with_room<T: Send>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    if has_room() {
        return Ok(work());
    }
    let work = Lent(work);
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("netapi32".to_owned()).stack_size(2 * ROOM);
        let thread = thread.spawn_scoped(scope, || work.run()).map_err(|_| Failure::Memory)?;
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    })
}

/// The body of a function, which another thread runs while the caller waits.
struct Lent<F>(F);

// SAFETY: the body holds numbers and pointers of the caller, and nothing that belongs to the caller's thread. The
// caller does not use them before the other thread has ended.
unsafe impl<F> Send for Lent<F> {}

impl<T, F: FnOnce() -> T> Lent<F> {
    fn run(self) -> T {
        (self.0)()
    }
}

/// Whether this thread's stack has [`ROOM`] left. A coroutine has another stack, of unknown size, so the answer is
/// false.
fn has_room() -> bool {
    let (low, high) = STACK.get().unwrap_or_else(|| {
        // If the system does not know the stack's size, it counts as large.
        let found = stack().map_or((0, usize::MAX), |range| (range.start, range.end));
        STACK.set(Some(found));
        found
    });
    let here = ptr::from_ref(&low).addr();
    here < high && here.checked_sub(low).is_some_and(|room| room >= ROOM)
}

/// Returns the addresses of this thread's stack.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn stack() -> Option<Range<usize>> {
    use std::mem::MaybeUninit;

    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the thread is this one, and `attributes` has room for the result.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) } != 0 {
        return None;
    }
    let (mut low, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the call above succeeded, so it filled `attributes` in. They are destroyed once, after their last use.
    let result = unsafe {
        let result = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        result
    };
    (result == 0).then(|| low.addr()..low.addr().saturating_add(size))
}

/// Returns the addresses of this thread's stack.
#[cfg(target_vendor = "apple")]
fn stack() -> Option<Range<usize>> {
    // SAFETY: the thread is this one, and the calls only read.
    let (high, size) = unsafe {
        let this = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(this).addr(), libc::pthread_get_stacksize_np(this))
    };
    Some(high.saturating_sub(size)..high)
}

/// Returns the addresses of this thread's stack.
#[cfg(windows)]
fn stack() -> Option<Range<usize>> {
    let (mut low, mut high) = (0, 0);
    // SAFETY: both have room for the result, which cannot fail.
    unsafe {
        windows_sys::Win32::System::Threading::GetCurrentThreadStackLimits(&raw mut low, &raw mut high);
    }
    Some(low..high)
}

/// netsession does not query this system for the addresses.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
fn stack() -> Option<Range<usize>> {
    None
}
