//! `NetApiBuffer*`: blocks that this library hands out and its callers give back.
//!
//! Before each block stands its size, and a mark by which a pointer that is none of ours, or was given back already, is
//! most often noticed before it does harm.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::mem::{align_of, size_of};
use std::ptr::NonNull;

use netsession::Win32Error;

use crate::failure::Failure;
use crate::guard::{Status, guard};

const MARK: u64 = 0x6b63_6f6c_6270_616e;
const RETURNED: u64 = 0;

/// What stands before a block. As malloc does, a block begins at a multiple of 16.
#[repr(C, align(16))]
struct Header {
    mark: u64,
    size: u64,
}

/// A block that nobody has been given yet. It is freed where it is dropped.
pub(crate) struct Block(NonNull<u8>);

impl Block {
    /// A block of zeros.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`, also for more than callers could be told of.
    pub(crate) fn new(size: usize) -> Result<Self, Failure> {
        let told = u32::try_from(size).map_err(|_| Failure::Memory)?;
        let layout = layout(size).ok_or(Failure::Memory)?;
        // SAFETY: the layout is not empty: it has a header.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(Failure::Memory)?;
        // SAFETY: the memory is new, large enough for a header and the block, and aligned for a header.
        unsafe {
            base.cast::<Header>().write(Header { mark: MARK, size: u64::from(told) });
            Ok(Self(base.add(size_of::<Header>())))
        }
    }

    pub(crate) const fn as_ptr(&self) -> *mut u8 {
        self.0.as_ptr()
    }

    /// Hands the block out: it is the caller's from now on.
    pub(crate) const fn into_raw(self) -> *mut u8 {
        let pointer = self.0.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// A block that was handed out, taken back.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for what is no block.
    ///
    /// # Safety
    /// The pointer was handed out by this library and not given back since.
    unsafe fn from_raw(pointer: *mut c_void) -> Result<Self, Failure> {
        // SAFETY: as promised by the caller.
        unsafe { Self::size_at(pointer) }?;
        NonNull::new(pointer.cast()).map(Self).ok_or(NO_BLOCK)
    }

    /// How large the block at a pointer is.
    ///
    /// # Errors
    /// As [`Block::from_raw`].
    ///
    /// # Safety
    /// As [`Block::from_raw`].
    unsafe fn size_at(pointer: *mut c_void) -> Result<u32, Failure> {
        if pointer.is_null() || !pointer.addr().is_multiple_of(align_of::<Header>()) {
            return Err(NO_BLOCK);
        }
        // SAFETY: a header stands before every block that was handed out, at an address that is aligned as this one is.
        let Header { mark, size } = unsafe { pointer.cast::<Header>().sub(1).read() };
        match mark {
            MARK => u32::try_from(size).map_err(|_| NO_BLOCK),
            _ => Err(NO_BLOCK),
        }
    }

    fn size(&self) -> u32 {
        // SAFETY: it is a block of ours.
        unsafe { Self::size_at(self.as_ptr().cast()) }.unwrap_or_default()
    }
}

const NO_BLOCK: Failure = Failure::argument("this is no buffer of ours, or it was freed already");

impl Drop for Block {
    fn drop(&mut self) {
        let Some(layout) = usize::try_from(self.size()).ok().and_then(layout) else { return };
        // SAFETY: a header stands before the block, and both were allocated together with this layout.
        unsafe {
            let header = self.0.cast::<Header>().sub(1);
            // Not optimised away: a second attempt to free the block should find this.
            (&raw mut (*header.as_ptr()).mark).write_volatile(RETURNED);
            dealloc(header.cast().as_ptr(), layout);
        }
    }
}

fn layout(size: usize) -> Option<Layout> {
    let whole = size.checked_add(size_of::<Header>())?;
    Layout::from_size_align(whole, align_of::<Header>()).ok()
}

/// `NetApiBufferAllocate`: see netapi32.h.
///
/// # Safety
/// `buffer` is NULL or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferAllocate(byte_count: u32, buffer: *mut *mut c_void) -> Status {
    guard("NetApiBufferAllocate", || {
        if buffer.is_null() {
            return Err(Failure::argument("Buffer is NULL"));
        }
        let size = usize::try_from(byte_count).map_err(|_| Failure::Memory)?;
        let block = Block::new(size).map(Block::into_raw);
        // SAFETY: it is not NULL, and the caller lets it be written.
        unsafe { buffer.write_unaligned(block.as_ref().map_or(std::ptr::null_mut(), |block| block.cast())) };
        block.map(|_| Win32Error::NERR_SUCCESS)
    })
}

/// `NetApiBufferReallocate`: see netapi32.h.
///
/// # Safety
/// `old_buffer` is NULL or a buffer of this library that was not freed; `new_buffer` is NULL or can be written.
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
        // SAFETY: as promised by the caller, it is a buffer of ours.
        let old = (!old_buffer.is_null()).then(|| unsafe { Block::from_raw(old_buffer) }).transpose()?;
        let size = usize::try_from(new_byte_count).map_err(|_| Failure::Memory)?;
        let given = match old {
            // Nothing is left of it.
            Some(_) if size == 0 => std::ptr::null_mut(),
            Some(old) => {
                let new = match Block::new(size) {
                    Ok(new) => new,
                    Err(failure) => {
                        // The old one stays the caller's.
                        _ = old.into_raw();
                        return Err(failure);
                    }
                };
                let kept = usize::try_from(old.size()).unwrap_or_default().min(size);
                // SAFETY: both have so many bytes, and one of them is new.
                unsafe { std::ptr::copy_nonoverlapping(old.as_ptr(), new.as_ptr(), kept) };
                new.into_raw()
            }
            None => Block::new(size)?.into_raw(),
        };
        // SAFETY: it is not NULL, and the caller lets it be written.
        unsafe { new_buffer.write_unaligned(given.cast()) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// `NetApiBufferSize`: see netapi32.h.
///
/// # Safety
/// `buffer` is NULL or a buffer of this library that was not freed; `byte_count` is NULL or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferSize(buffer: *mut c_void, byte_count: *mut u32) -> Status {
    guard("NetApiBufferSize", || {
        if byte_count.is_null() {
            return Err(Failure::argument("ByteCount is NULL"));
        }
        // SAFETY: as promised by the caller, it is NULL or a buffer of ours.
        let size = unsafe { Block::size_at(buffer) }?;
        // SAFETY: it is not NULL, and the caller lets it be written.
        unsafe { byte_count.write_unaligned(size) };
        Ok(Win32Error::NERR_SUCCESS)
    })
}

/// `NetApiBufferFree`: see netapi32.h.
///
/// # Safety
/// `buffer` is NULL or a buffer of this library that was not freed.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn NetApiBufferFree(buffer: *mut c_void) -> Status {
    guard("NetApiBufferFree", || {
        if !buffer.is_null() {
            // SAFETY: as promised by the caller, it is a buffer of ours.
            drop(unsafe { Block::from_raw(buffer) }?);
        }
        Ok(Win32Error::NERR_SUCCESS)
    })
}
