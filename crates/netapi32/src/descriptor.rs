//! [`Descriptor`] detects that the number of a descriptor now means another file.
//!
//! Programs close descriptors that they did not open, most often when they become daemons. The number of this library's
//! file may then belong to a file of the program.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, RawFd};

use netsession::blocking;

/// An open file: its number, and the device and inode by which the system identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    number: RawFd,
    file: (u64, u64),
}

impl Descriptor {
    /// Returns the socket of a connection; `None` if the connection is broken.
    pub(crate) fn of_connection(server: &blocking::Server) -> Option<Self> {
        server.socket().and_then(|socket| Self::of(socket.as_raw_fd()))
    }

    /// Returns whether a connection has a socket: without one it is broken.
    pub(crate) fn has_connection(server: &blocking::Server) -> bool {
        server.socket().is_some()
    }

    /// Returns the file that the number means now; `None` if it is not open.
    pub(crate) fn of(number: RawFd) -> Option<Self> {
        let mut stat = MaybeUninit::uninit();
        // SAFETY: `stat` has room for the result; any number may be asked for, open or not.
        let result = unsafe { libc::fstat(number, stat.as_mut_ptr()) };
        // SAFETY: the call succeeded, so it filled `stat` in.
        let stat: libc::stat = (result == 0).then(|| unsafe { stat.assume_init() })?;
        // The types of these fields differ between systems.
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)]
        let file = (stat.st_dev as u64, stat.st_ino as u64);
        Some(Self { number, file })
    }

    /// Whether the number still means the same file.
    pub(crate) fn is_same(self) -> bool {
        Self::of(self.number) == Some(self)
    }

    /// Closes the descriptor, unless its number now means another file.
    ///
    /// Nothing of this process owns the descriptor: it is the copy of a forked child, or the owner gave it up.
    pub(crate) fn close(self) {
        if self.is_same() {
            // SAFETY: the descriptor is this library's, and nothing uses it any more.
            unsafe { libc::close(self.number) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// A failure here would make this library write to, or close, a file of the program.
    #[test]
    fn a_reused_descriptor_is_detected() {
        let first = File::open("/dev/null").unwrap();
        let file = Descriptor::of(first.as_raw_fd()).unwrap();
        assert!(file.is_same());
        let (other, number) = (tempfile::tempfile().unwrap(), first.as_raw_fd());
        // SAFETY: both descriptors are open, and only this test uses them.
        assert_eq!(unsafe { libc::dup2(other.as_raw_fd(), number) }, number);
        assert!(!file.is_same());
        file.close();
        assert!(first.metadata().is_ok(), "the file of the program stays open");
        assert_eq!(Descriptor::of(-1), None);
    }
}
