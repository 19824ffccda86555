//! What a C function left where its results go.

use std::ptr;

use netapi32::{NetApiBufferFree, NetApiBufferSize};

use super::errno;

/// The results of one call; the buffer is freed with it.
pub struct Answer<H = u32> {
    pub code: u32,
    pub buffer: *mut u8,
    pub read: u32,
    pub total: u32,
    pub resume: H,
}

impl<H> Answer<H> {
    /// Has a function called with this as the place for its results, which hold something else before.
    pub fn of(resume: H, call: impl FnOnce(&mut Self) -> u32) -> Self {
        let mut answer = Self { code: 0, buffer: ptr::dangling_mut(), read: 77, total: 77, resume };
        answer.code = call(&mut answer);
        assert_eq!(errno(), answer.code, "errno is the returned code");
        if ![0, 234].contains(&answer.code) {
            assert!(answer.buffer.is_null(), "a failure hands out nothing");
        }
        answer
    }

    /// The structures of an array.
    pub fn rows<T: Copy>(&self) -> Vec<T> {
        // SAFETY: the buffer begins with so many structures of the level that was asked for.
        (0..self.read as usize).map(|index| unsafe { self.buffer.cast::<T>().add(index).read() }).collect()
    }

    /// The one structure of a function that has no array.
    pub fn one<T: Copy>(&self) -> T {
        assert_eq!(self.code, 0);
        // SAFETY: the buffer begins with the structure of the level that was asked for.
        unsafe { self.buffer.cast::<T>().read() }
    }

    /// How large the buffer is.
    pub fn size(&self) -> u32 {
        let mut size = 0;
        // SAFETY: it is a buffer that was handed out.
        assert_eq!(unsafe { NetApiBufferSize(self.buffer.cast(), &raw mut size) }, 0);
        size
    }
}

impl<H> Drop for Answer<H> {
    fn drop(&mut self) {
        // SAFETY: it is NULL or was handed out, and is freed once.
        let freed = unsafe { NetApiBufferFree(self.buffer.cast()) };
        assert!(freed == 0 || std::thread::panicking(), "{freed}");
    }
}
