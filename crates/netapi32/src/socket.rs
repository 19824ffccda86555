//! Sockets by their numbers. A number means another file once its socket is closed: programs close files that are not
//! theirs, above all when they become daemons, and then a number of ours is theirs.

use std::mem::MaybeUninit;
use std::os::fd::RawFd;

/// A socket by its number, and by what the system knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    number: RawFd,
    file: (u64, u64),
}

impl Mark {
    /// What the number means now.
    pub(crate) fn of(number: RawFd) -> Option<Self> {
        let mut stat = MaybeUninit::uninit();
        // SAFETY: the memory is large enough for what is told of any number, open or not.
        let result = unsafe { libc::fstat(number, stat.as_mut_ptr()) };
        // SAFETY: it was filled in where the call succeeded.
        let stat: libc::stat = (result == 0).then(|| unsafe { stat.assume_init() })?;
        // The types differ from system to system.
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)]
        let file = (stat.st_dev as u64, stat.st_ino as u64);
        Some(Self { number, file })
    }

    /// Whether the number still means the same socket.
    pub(crate) fn is_same(self) -> bool {
        Self::of(self.number) == Some(self)
    }

    /// Closes the number in a child that was forked, where it still means the parent's socket.
    pub(crate) fn close_copy(self) {
        if self.is_same() {
            // SAFETY: it is this library's own copy, and whoever used it is forgotten.
            unsafe { libc::close(self.number) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd as _;

    use super::*;

    /// If this fails, a file of the program is taken for a socket of ours, and written to or closed.
    #[test]
    fn a_number_that_means_something_else_is_noticed() {
        let first = File::open("/dev/null").unwrap();
        let mark = Mark::of(first.as_raw_fd()).unwrap();
        assert!(mark.is_same());
        let (other, number) = (tempfile::tempfile().unwrap(), first.as_raw_fd());
        // SAFETY: both are open, and only this test uses them.
        assert_eq!(unsafe { libc::dup2(other.as_raw_fd(), number) }, number);
        assert!(!mark.is_same());
        mark.close_copy();
        assert!(first.metadata().is_ok(), "it is not ours to close");
        assert_eq!(Mark::of(-1), None);
    }
}
