//! The memory of buffers: [`allocate`] and [`free`].
//!
//! Windows' `NetApiBufferFree` frees memory of `LocalAlloc`, and programs pass such a buffer to `LocalFree`
//! (`Marshal.FreeHGlobal`) instead. So this library's buffers are such memory, too.

use std::ptr::NonNull;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::Memory::{LPTR, LocalAlloc, LocalSize};

/// The memory of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Its address, a multiple of 16.
    pub(crate) address: NonNull<u8>,
    /// Whether it is below 2 GiB by the library's doing. It never is on Windows.
    pub(crate) is_low: bool,
}

/// Allocates at least one byte. All bytes are zero.
pub(crate) fn allocate(size: usize) -> Option<Memory> {
    // SAFETY: any size is allowed.
    let memory = unsafe { LocalAlloc(LPTR, size.max(1)) };
    Some(Memory { address: NonNull::new(memory.cast())?, is_low: false })
}

/// Frees the memory. Returns false if the system refuses.
///
/// # Safety
/// The memory is from [`allocate`], and nothing uses it any more.
pub(crate) unsafe fn free(memory: Memory) -> bool {
    // SAFETY: the memory is from `LocalAlloc`.
    unsafe { LocalFree(memory.address.as_ptr().cast()) }.is_null()
}

/// Returns how many bytes the memory has, which is another number after a `LocalReAlloc` of the program; `None` if the program has
/// freed it.
///
/// # Safety
/// The memory is from [`allocate`].
pub(crate) unsafe fn room(memory: Memory, _: usize) -> Option<usize> {
    // SAFETY: the memory is from `LocalAlloc`.
    let size = unsafe { LocalSize(memory.address.as_ptr().cast()) };
    (size != 0).then_some(size)
}

/// Does nothing: no memory is low.
pub(crate) const fn forget_low() {}
