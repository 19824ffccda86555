//! Handles under the names of descriptors.

use std::fs::File;
use std::os::windows::io::AsHandle;
pub use std::os::windows::io::{BorrowedHandle as BorrowedFd, OwnedHandle as OwnedFd};

/// The number of a descriptor.
pub type RawFd = i32;

/// What has a handle.
pub trait AsFd {
    /// Borrows the handle.
    fn as_fd(&self) -> BorrowedFd<'_>;
}

impl<T: AsFd + ?Sized> AsFd for &T {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (**self).as_fd()
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_handle()
    }
}

impl AsFd for OwnedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_handle()
    }
}

impl AsFd for BorrowedFd<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        *self
    }
}

/// What has the number of a descriptor.
pub trait AsRawFd {
    /// Returns 0: handles have no order, and the system limits no number of them.
    fn as_raw_fd(&self) -> RawFd {
        0
    }
}

impl AsRawFd for BorrowedFd<'_> {}
