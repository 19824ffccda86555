//! The functions `NetApiBuffer*`, and [`Block`], the memory in which every other function returns its results.
//!
//! The registry knows the address of each buffer that a caller has. These functions refuse any other pointer before
//! they read from it:
//!
//! ```text
//! let block = Block::new(64)?;        // an error before `into_raw` frees it
//! bufptr.write(block.into_raw()?);    // the caller frees it with NetApiBufferFree
//! ```

use std::ffi::c_void;
use std::ptr::NonNull;

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard_memory};
use crate::memory::{self, Memory};
use crate::registry;

/// A block that this library owns. Dropping it frees the memory.
#[derive(Debug)]
pub(crate) struct Block {
    memory: Memory,
    size: u32,
}

impl Block {
    /// Allocates a block of `size` octets, all of them zero.
    ///
    /// # Errors
    /// [`Failure::Memory`] if the system has no memory, or the size does not fit into 32 bits.
    pub(crate) fn new(size: usize) -> Result<Self, Failure> {
        let size_for_callers = u32::try_from(size).map_err(|_| Failure::Memory)?;
        Ok(Self { memory: memory::allocate(size).ok_or(Failure::Memory)?, size: size_for_callers })
    }

    pub(crate) const fn as_ptr(&self) -> *mut u8 {
        self.memory.address.as_ptr()
    }

    /// Gives the block to the caller, who frees it.
    ///
    /// # Errors
    /// [`Failure::Memory`] if the registry cannot grow. This function frees the block then.
    pub(crate) fn into_raw(self) -> Result<*mut u8, Failure> {
        let pointer = self.as_ptr();
        let note = u64::from(self.size) | if self.memory.is_low { IS_LOW } else { 0 };
        while let Some(freed) = registry::remove(pointer.addr()) {
            // The program has freed the buffer that was here by `free`.
            if freed & IS_LOW != 0 {
                memory::forget_low();
            }
        }
        if !registry::insert(pointer.addr(), note) {
            return Err(Failure::Memory);
        }
        std::mem::forget(self);
        Ok(pointer)
    }

    /// Takes a block back from the caller.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for a pointer that is not a block, or whose block is freed.
    fn from_raw(pointer: *mut c_void) -> Result<Self, Failure> {
        let note = registry::remove(pointer.addr()).ok_or(NOT_A_BLOCK)?;
        Ok(Self { memory: memory_at(pointer, note)?, size: size_of_note(note) })
    }

    /// Returns the size of the block at a pointer, in octets: less than the library allocated, if `realloc` of the program has made
    /// low memory smaller.
    ///
    /// # Errors
    /// Those of [`Block::from_raw`].
    fn size_at(pointer: *mut c_void) -> Result<u32, Failure> {
        let note = registry::note(pointer.addr()).ok_or(NOT_A_BLOCK)?;
        let size = size_of_note(note);
        if note & IS_LOW == 0 {
            return Ok(size);
        }
        // SAFETY: the memory is low.
        let room = unsafe { Self::room_at(pointer) }?;
        Ok(u32::try_from(room).map_or(size, |room| room.min(size)))
    }

    /// Returns how many octets a block has room for: `realloc` of the program may have changed its size.
    ///
    /// # Errors
    /// Those of [`Block::from_raw`].
    ///
    /// # Safety
    /// The program frees a block neither before the call, unless it is low memory, nor during the call.
    unsafe fn room_at(pointer: *mut c_void) -> Result<usize, Failure> {
        let note = registry::note(pointer.addr()).ok_or(NOT_A_BLOCK)?;
        let size = usize::try_from(size_of_note(note)).unwrap_or_default();
        // SAFETY: the memory is a block's, and the caller promises that it is there.
        unsafe { memory::room(memory_at(pointer, note)?, size) }.ok_or(NOT_A_BLOCK)
    }
}

/// Returns the memory of a block.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL.
fn memory_at(pointer: *mut c_void, note: u64) -> Result<Memory, Failure> {
    let address = NonNull::new(pointer.cast()).ok_or(NOT_A_BLOCK)?;
    Ok(Memory { address, is_low: note & IS_LOW != 0 })
}

/// The bit of a note for low memory; the lower bits are the size.
const IS_LOW: u64 = 1 << 32;

/// Returns the size from the note of the registry.
fn size_of_note(note: u64) -> u32 {
    u32::try_from(note & u64::from(u32::MAX)).unwrap_or_default()
}

const NOT_A_BLOCK: Failure =
    Failure::argument("the pointer is not a buffer of this library, or the buffer is already freed");

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the memory is the block's, and nothing uses it any more.
        unsafe { memory::free(self.memory) };
    }
}

/// Allocates a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `buffer` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetApiBufferAllocate(byte_count: u32, buffer: *mut *mut c_void) -> Status {
    guard_memory("NetApiBufferAllocate", || {
        if buffer.is_null() {
            return Err(Failure::argument("Buffer is NULL"));
        }
        let size = usize::try_from(byte_count).map_err(|_| Failure::Memory)?;
        let block = Block::new(size).and_then(Block::into_raw);
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { buffer.write_unaligned(block.as_ref().map_or(std::ptr::null_mut(), |block| block.cast())) };
        block.map(|_| Win32Error::NERR_SUCCESS)
    })
}

/// Changes the size of a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// No other thread frees `old_buffer` during the call; `new_buffer` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetApiBufferReallocate(
    old_buffer: *mut c_void,
    new_byte_count: u32,
    new_buffer: *mut *mut c_void,
) -> Status {
    guard_memory("NetApiBufferReallocate", || {
        if new_buffer.is_null() {
            return Err(Failure::argument("NewBuffer is NULL"));
        }
        let size = usize::try_from(new_byte_count).map_err(|_| Failure::Memory)?;
        let pointer = match (old_buffer.is_null(), size) {
            (true, _) => Block::new(size)?.into_raw()?,
            (false, 0) => {
                drop(Block::from_raw(old_buffer)?);
                std::ptr::null_mut()
            }
            // SAFETY: the caller promises that no other thread frees the buffer.
            (false, _) => unsafe { moved(old_buffer, size) }?,
        };
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { new_buffer.write_unaligned(pointer.cast()) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// Replaces a buffer by one of another size with the same content. After an error the caller still has the old one.
///
/// # Errors
/// [`Failure::Memory`], or `ERROR_INVALID_PARAMETER` for a pointer that is not a block.
///
/// # Safety
/// No other thread frees `old_buffer` during the call.
unsafe fn moved(old_buffer: *mut c_void, size: usize) -> Result<*mut u8, Failure> {
    // SAFETY: the caller promises it.
    let room = unsafe { Block::room_at(old_buffer) }?;
    let new = Block::new(size)?;
    // SAFETY: both blocks have so many octets, and they do not overlap: one of them is new.
    unsafe { std::ptr::copy_nonoverlapping(old_buffer.cast(), new.as_ptr(), room.min(size)) };
    let pointer = new.into_raw()?;
    match Block::from_raw(old_buffer) {
        Ok(old) => drop(old),
        Err(failure) => {
            // Another thread has freed the old buffer meanwhile.
            drop(Block::from_raw(pointer.cast()));
            return Err(failure);
        }
    }
    Ok(pointer)
}

/// Returns the size of a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// `byte_count` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetApiBufferSize(buffer: *mut c_void, byte_count: *mut u32) -> Status {
    guard_memory("NetApiBufferSize", || {
        if byte_count.is_null() {
            return Err(Failure::argument("ByteCount is NULL"));
        }
        let size = Block::size_at(buffer)?;
        // SAFETY: the pointer is not NULL, and the caller promises that it can be written.
        unsafe { byte_count.write_unaligned(size) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// Frees a buffer: netapi32.h has the parameters and codes.
///
/// # Safety
/// Nothing reads or writes the buffer any more. A pointer that is not a buffer of this library is allowed.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetApiBufferFree(buffer: *mut c_void) -> Status {
    guard_memory("NetApiBufferFree", || {
        if !buffer.is_null() {
            drop(Block::from_raw(buffer)?);
        }
        Ok(Win32Error::NERR_SUCCESS)
    })
}
