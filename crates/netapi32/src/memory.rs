//! The memory of buffers: [`allocate`] and [`free`].
//!
//! Programs that were written for Windows calculate with 32-bit addresses (`IntPtr.ToInt32`), pass a buffer to `free`
//! (`Marshal.FreeHGlobal`), and read it a moment after they freed it. So a buffer is memory that `free` takes, below
//! 2 GiB where the system can (`memory/low.rs`) unless the program has thousands of them, and a freed buffer waits until
//! sixteen others are freed.

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod low;

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// The memory of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Its address, a multiple of 16.
    pub(crate) address: NonNull<u8>,
    /// Whether it is below 2 GiB, from `low.rs`.
    pub(crate) is_low: bool,
}

/// Allocates at least one byte. All bytes are zero.
pub(crate) fn allocate(size: usize) -> Option<Memory> {
    let size = size.max(1);
    if let Some(address) = low::allocate(size) {
        return Some(Memory { address, is_low: true });
    }
    // SAFETY: any size is allowed.
    let address = NonNull::new(unsafe { libc::calloc(1, size) }.cast())?;
    Some(Memory { address, is_low: false })
}

/// Frees the memory, low memory some time later. Returns false if the program has freed it.
///
/// # Safety
/// The memory is from [`allocate`], and nothing uses it any more.
pub(crate) unsafe fn free(memory: Memory) -> bool {
    if memory.is_low {
        // SAFETY: the caller promises it.
        return unsafe { low::free(memory.address) };
    }
    // SAFETY: the memory is from `calloc`.
    unsafe { libc::free(memory.address.as_ptr().cast::<c_void>()) };
    true
}

/// Returns how many bytes the memory has, which are not those of [`allocate`] after a `realloc` of the program; `None` if the
/// program has freed it.
///
/// # Safety
/// The memory is from [`allocate`] with this size. If it is not low, the program has not freed it.
pub(crate) unsafe fn room(memory: Memory, size: usize) -> Option<usize> {
    if memory.is_low {
        return low::room(memory.address);
    }
    // SAFETY: the caller promises that the memory is from `calloc`.
    Some(if is_measurable() { unsafe { usable_size(memory.address.as_ptr().cast()) } } else { size })
}

#[cfg(target_vendor = "apple")]
use libc::malloc_size as usable_size;
#[cfg(not(target_vendor = "apple"))]
use libc::malloc_usable_size as usable_size;

/// Whether the library that allocates also tells the size of a block: a program can have a `calloc` of its own, about whose blocks
/// the system's library knows nothing.
fn is_measurable() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let [calloc, realloc, usable_size] =
            [libc::calloc as *const c_void, libc::realloc as *const c_void, usable_size as *const c_void]
                .map(library_of);
        usable_size.is_some() && calloc == usable_size && realloc == usable_size
    })
}

/// Returns the address of the library that has a function.
fn library_of(function: *const c_void) -> Option<usize> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `info` has room for the result; any address may be asked for.
    let is_found = unsafe { libc::dladdr(function, info.as_mut_ptr()) } != 0;
    // SAFETY: the call succeeded, so it filled `info` in.
    is_found.then(|| unsafe { info.assume_init() }.dli_fbase.addr())
}

/// Records that the program has freed low memory by `free`.
pub(crate) fn forget_low() {
    low::forget();
}

/// The system has no low memory, or its `free` does not take it.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
mod low {
    use std::ptr::NonNull;

    pub(super) const fn allocate(_: usize) -> Option<NonNull<u8>> {
        None
    }

    pub(super) const fn forget() {}

    pub(super) const unsafe fn free(_: NonNull<u8>) -> bool {
        false
    }

    pub(super) const fn room(_: NonNull<u8>) -> Option<usize> {
        None
    }
}
