//! The functions `NetApiBuffer*`, and [`Block`], the memory that every other function returns its results in.
//!
//! A [`Header`] precedes each block. Its mark detects most pointers that this library did not allocate, or that the
//! caller has freed already, before they do harm:
//!
//! ```text
//! let block = Block::new(64)?;        // freed if an error follows
//! bufptr.write(block.into_raw());     // the caller frees it with NetApiBufferFree
//! ```

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::mem::{align_of, size_of};
use std::ptr::NonNull;

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};

/// The mark of a block in use.
const IN_USE: u64 = 0x6b63_6f6c_6270_616e;
/// The mark of a freed block.
const FREED: u64 = 0;

/// Precedes a block, which begins at a multiple of 16, as with malloc.
#[derive(Debug)]
#[repr(C, align(16))]
struct Header {
    mark: u64,
    size: u64,
}

/// A block that the caller does not have yet. Dropping it frees the memory.
#[derive(Debug)]
pub(crate) struct Block(NonNull<u8>);

impl Block {
    /// Allocates a block of `size` octets, all of them zero.
    ///
    /// # Errors
    /// [`Failure::Memory`] where the system has no memory, or the size does not fit into 32 bits.
    pub(crate) fn new(size: usize) -> Result<Self, Failure> {
        let size_for_callers = u32::try_from(size).map_err(|_| Failure::Memory)?;
        let layout = layout(size).ok_or(Failure::Memory)?;
        // SAFETY: the layout is not empty: it contains a header.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(Failure::Memory)?;
        // SAFETY: the memory is new, large enough for a header and the block, and aligned for a header.
        unsafe {
            base.cast::<Header>().write(Header { mark: IN_USE, size: u64::from(size_for_callers) });
            Ok(Self(base.add(size_of::<Header>())))
        }
    }

    pub(crate) const fn as_ptr(&self) -> *mut u8 {
        self.0.as_ptr()
    }

    /// Gives the block to the caller, who frees it.
    pub(crate) const fn into_raw(self) -> *mut u8 {
        let pointer = self.0.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// Takes a block back from the caller.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for a pointer that is not a block.
    ///
    /// # Safety
    /// This library returned the pointer, and the caller has not freed it.
    unsafe fn from_raw(pointer: *mut c_void) -> Result<Self, Failure> {
        // SAFETY: the caller promises it.
        unsafe { Self::size_at(pointer) }?;
        NonNull::new(pointer.cast()).map(Self).ok_or(NOT_A_BLOCK)
    }

    /// Returns the size of the block at a pointer, in octets.
    ///
    /// # Errors
    /// As [`Block::from_raw`].
    ///
    /// # Safety
    /// As [`Block::from_raw`].
    unsafe fn size_at(pointer: *mut c_void) -> Result<u32, Failure> {
        if pointer.is_null() || !pointer.addr().is_multiple_of(align_of::<Header>()) {
            return Err(NOT_A_BLOCK);
        }
        // SAFETY: a header precedes every block that a caller has, at an address with this alignment.
        let Header { mark, size } = unsafe { pointer.cast::<Header>().sub(1).read() };
        match mark {
            IN_USE => u32::try_from(size).map_err(|_| NOT_A_BLOCK),
            _ => Err(NOT_A_BLOCK),
        }
    }

    fn size(&self) -> u32 {
        // SAFETY: this is a block.
        unsafe { Self::size_at(self.as_ptr().cast()) }.unwrap_or_default()
    }
}

const NOT_A_BLOCK: Failure =
    Failure::argument("the pointer is not a buffer of this library, or the buffer is already freed");

impl Drop for Block {
    fn drop(&mut self) {
        let Some(layout) = usize::try_from(self.size()).ok().and_then(layout) else { return };
        // SAFETY: a header precedes the block, and both were allocated together with this layout.
        unsafe {
            let header = self.0.cast::<Header>().sub(1);
            // Volatile, so that the compiler keeps the write: a second attempt to free the block reads it.
            (&raw mut (*header.as_ptr()).mark).write_volatile(FREED);
            dealloc(header.cast().as_ptr(), layout);
        }
    }
}

/// Returns the layout of a header and a block.
fn layout(size: usize) -> Option<Layout> {
    let whole = size.checked_add(size_of::<Header>())?;
    Layout::from_size_align(whole, align_of::<Header>()).ok()
}

/// Allocates a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `buffer` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferAllocate(byte_count: u32, buffer: *mut *mut c_void) -> Status {
    guard("NetApiBufferAllocate", || {
        if buffer.is_null() {
            return Err(Failure::argument("Buffer is NULL"));
        }
        let size = usize::try_from(byte_count).map_err(|_| Failure::Memory)?;
        let block = Block::new(size).map(Block::into_raw);
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { buffer.write_unaligned(block.as_ref().map_or(std::ptr::null_mut(), |block| block.cast())) };
        block.map(|_| Win32Error::NERR_SUCCESS)
    })
}

/// Changes the size of a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `old_buffer` is NULL, or a buffer of this library that is not freed; `new_buffer` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferReallocate(
    old_buffer: *mut c_void,
    new_byte_count: u32,
    new_buffer: *mut *mut c_void,
) -> Status {
    guard("NetApiBufferReallocate", || {
        if new_buffer.is_null() {
            return Err(Failure::argument("NewBuffer is NULL"));
        }
        // SAFETY: the caller promises that this is a buffer of this library.
        let old = (!old_buffer.is_null()).then(|| unsafe { Block::from_raw(old_buffer) }).transpose()?;
        let size = usize::try_from(new_byte_count).map_err(|_| Failure::Memory)?;
        let pointer = match old {
            // Dropping the old block frees it.
            Some(_) if size == 0 => std::ptr::null_mut(),
            Some(old) => {
                let new = match Block::new(size) {
                    Ok(new) => new,
                    Err(failure) => {
                        // The caller keeps the old block.
                        _ = old.into_raw();
                        return Err(failure);
                    }
                };
                let kept = usize::try_from(old.size()).unwrap_or_default().min(size);
                // SAFETY: both blocks have so many octets, and they do not overlap: one of them is new.
                unsafe { std::ptr::copy_nonoverlapping(old.as_ptr(), new.as_ptr(), kept) };
                new.into_raw()
            }
            None => Block::new(size)?.into_raw(),
        };
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { new_buffer.write_unaligned(pointer.cast()) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// Returns the size of a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `buffer` is NULL, or a buffer of this library that is not freed; `byte_count` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferSize(buffer: *mut c_void, byte_count: *mut u32) -> Status {
    guard("NetApiBufferSize", || {
        if byte_count.is_null() {
            return Err(Failure::argument("ByteCount is NULL"));
        }
        // SAFETY: the caller promises that this is NULL or a buffer of this library.
        let size = unsafe { Block::size_at(buffer) }?;
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { byte_count.write_unaligned(size) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// Frees a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `buffer` is NULL, or a buffer of this library that is not freed.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferFree(buffer: *mut c_void) -> Status {
    guard("NetApiBufferFree", || {
        if !buffer.is_null() {
            // SAFETY: the caller promises that this is a buffer of this library.
            drop(unsafe { Block::from_raw(buffer) }?);
        }
        Ok(Win32Error::NERR_SUCCESS)
    })
}
