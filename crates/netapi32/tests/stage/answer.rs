//! [`Answer`]: the output parameters of one call. Dropping it frees the buffer.

use std::ptr;

use netapi32::{NetApiBufferFree, NetApiBufferSize};

use super::errno;

/// The results of one call. Dropping it frees the buffer.
pub struct Answer<H = u32> {
    pub code: u32,
    pub buffer: *mut u8,
    pub read: u32,
    pub total: u32,
    pub resume: H,
}

impl<H> Answer<H> {
    /// Calls a function and stores its results. The variables have other values before the call.
    pub fn of(resume: H, call: impl FnOnce(&mut Self) -> u32) -> Self {
        let mut answer = Self { code: 0, buffer: ptr::dangling_mut(), read: 77, total: 77, resume };
        answer.code = call(&mut answer);
        assert_eq!(errno(), answer.code, "errno is the returned code");
        if ![0, 234].contains(&answer.code) {
            assert!(answer.buffer.is_null(), "a failure returns no buffer");
        }
        answer
    }

    /// Returns the structures of an array.
    pub fn rows<T: Copy>(&self) -> Vec<T> {
        // SAFETY: the buffer begins with so many structures of the requested level.
        (0..self.read as usize).map(|index| unsafe { self.buffer.cast::<T>().add(index).read() }).collect()
    }

    /// Returns the structure of a function that returns only one.
    pub fn one<T: Copy>(&self) -> T {
        assert_eq!(self.code, 0);
        // SAFETY: the buffer begins with the structure of the requested level.
        unsafe { self.buffer.cast::<T>().read() }
    }

    /// Returns the size of the buffer.
    pub fn size(&self) -> u32 {
        let mut size = 0;
        // SAFETY: a function returned this buffer.
        assert_eq!(unsafe { NetApiBufferSize(self.buffer.cast(), &raw mut size) }, 0);
        size
    }
}

impl<H> Drop for Answer<H> {
    fn drop(&mut self) {
        // SAFETY: the pointer is NULL, or a buffer that is freed once.
        let freed = unsafe { NetApiBufferFree(self.buffer.cast()) };
        assert!(freed == 0 || std::thread::panicking(), "{freed}");
    }
}
