//! Calls `NetApiBuffer*` through their C declarations.
#![cfg(unix)]

use std::ffi::c_void;
use std::ptr;

use netapi32::{NetApiBufferAllocate, NetApiBufferFree, NetApiBufferReallocate, NetApiBufferSize};

fn allocate(size: u32) -> *mut c_void {
    let mut buffer = ptr::null_mut();
    // SAFETY: the buffer is a variable.
    assert_eq!(unsafe { NetApiBufferAllocate(size, &raw mut buffer) }, 0);
    buffer
}

fn size(buffer: *mut c_void) -> u32 {
    let mut size = 77;
    // SAFETY: a function returned this buffer.
    assert_eq!(unsafe { NetApiBufferSize(buffer, &raw mut size) }, 0);
    size
}

/// A failure here would give a program buffers that are too small, lose their content, or that it cannot free.
#[test]
fn buffers_are_allocated_grow_and_are_freed() {
    for count in [0_u32, 1, 15, 16, 17, 100_000] {
        let buffer = allocate(count);
        assert!(!buffer.is_null() && buffer.addr().is_multiple_of(16));
        assert_eq!(size(buffer), count);
        // SAFETY: the buffer has so many octets, and is freed once.
        unsafe {
            ptr::write_bytes(buffer.cast::<u8>(), 0xab, count as usize);
            assert_eq!(NetApiBufferFree(buffer), 0);
        }
    }
    let mut buffer = allocate(4);
    // SAFETY: each call gets the buffer that the call before returned.
    unsafe {
        buffer.cast::<[u8; 4]>().write(*b"kept");
        assert_eq!(NetApiBufferReallocate(buffer, 1_000, &raw mut buffer), 0);
        assert_eq!((size(buffer), buffer.cast::<[u8; 4]>().read()), (1_000, *b"kept"));
        assert_eq!(NetApiBufferReallocate(buffer, 2, &raw mut buffer), 0);
        assert_eq!((size(buffer), buffer.cast::<[u8; 2]>().read()), (2, *b"ke"));
        assert_eq!(NetApiBufferReallocate(buffer, 0, &raw mut buffer), 0);
        assert!(buffer.is_null(), "the buffer is freed");
        assert_eq!(NetApiBufferReallocate(buffer, 8, &raw mut buffer), 0);
        assert_eq!(size(buffer), 8);
        assert_eq!(NetApiBufferFree(buffer), 0);
    }
}

/// A failure here would give a program what an earlier buffer had, where it expects zeros: it makes a buffer larger.
#[test]
fn a_larger_buffer_ends_with_zeros() {
    for _ in 0..100 {
        let earlier = allocate(3_000);
        // SAFETY: the buffer has so many octets, and is freed once.
        unsafe {
            ptr::write_bytes(earlier.cast::<u8>(), 0xab, 3_000);
            assert_eq!(NetApiBufferFree(earlier), 0);
        }
        let mut buffer = allocate(10);
        // SAFETY: as above.
        unsafe {
            assert_eq!(NetApiBufferReallocate(buffer, 2_500, &raw mut buffer), 0);
            assert_eq!(buffer.cast::<[u8; 2_500]>().read(), [0; 2_500]);
            assert_eq!(NetApiBufferFree(buffer), 0);
        }
    }
}

/// A failure here would let a NULL or foreign pointer crash the program.
#[test]
fn foreign_pointers_are_refused() {
    let (mut buffer, mut count) = (ptr::null_mut(), 0);
    let mut own = [0_u128; 4];
    let foreign: *mut c_void = own.as_mut_ptr().wrapping_add(2).cast();
    // SAFETY: each is NULL, or inside `own`, and so is the header that would precede it.
    unsafe {
        assert_eq!(NetApiBufferFree(ptr::null_mut()), 0, "NULL is allowed");
        assert_eq!(NetApiBufferAllocate(8, ptr::null_mut()), 87);
        assert_eq!(NetApiBufferReallocate(ptr::null_mut(), 8, ptr::null_mut()), 87);
        assert_eq!(NetApiBufferSize(ptr::null_mut(), &raw mut count), 87);
        assert_eq!(NetApiBufferSize(foreign, ptr::null_mut()), 87);
        let invalid = [ptr::without_provenance_mut(usize::MAX), ptr::without_provenance_mut(usize::MAX - 15)];
        for foreign in [foreign, foreign.wrapping_byte_add(1)].into_iter().chain(invalid) {
            assert_eq!(NetApiBufferSize(foreign, &raw mut count), 87, "{foreign:?}");
            assert_eq!(NetApiBufferReallocate(foreign, 8, &raw mut buffer), 87);
            assert_eq!(NetApiBufferFree(foreign), 87);
        }
    }
    assert!(buffer.is_null());
}
