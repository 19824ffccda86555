//! [`Identity`] tells a forked child from its parent, most often without a system call.

use std::sync::atomic::{AtomicBool, Ordering};

/// What a process has, and its forked children have not.
///
/// On Linux it is a mark in a page that the kernel fills with zeros in a child (`MADV_WIPEONFORK`, Linux 4.14), by whatever call the
/// process forks. The process id costs a system call, and says less: in a new PID namespace a child can have the id of its parent.
pub(crate) struct Identity {
    mark: Option<&'static AtomicBool>,
    id: libc::pid_t,
}

impl Identity {
    /// Returns the identity of this process. Its page is never freed.
    pub(crate) fn new() -> Self {
        Self::with(wiped_in_children())
    }

    fn with(mark: Option<&'static AtomicBool>) -> Self {
        if let Some(mark) = mark {
            mark.store(true, Ordering::Release);
        }
        Self { mark, id: own_id() }
    }

    /// Whether this is still the process that made it.
    pub(crate) fn is_current(&self) -> bool {
        self.mark.map_or_else(|| self.id == own_id(), |mark| mark.load(Ordering::Acquire))
    }
}

fn own_id() -> libc::pid_t {
    // SAFETY: it only returns a number.
    unsafe { libc::getpid() }
}

/// Returns a flag in a page of its own that a forked child loses; `None` if the system has no such page.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn wiped_in_children() -> Option<&'static AtomicBool> {
    // SAFETY: the callee passes a page of its own.
    wiped_by(|page, size, advice| unsafe { libc::madvise(page, size, advice) == 0 })
}

/// Returns a flag in a page that the system wipes in a child, if it takes that advice.
///
/// A system that takes every advice follows none: QEMU did that to programs of another processor.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn wiped_by(takes: impl Fn(*mut libc::c_void, usize, i32) -> bool) -> Option<&'static AtomicBool> {
    const NO_ADVICE: i32 = -1;
    // The system rounds it up to a page.
    const SIZE: usize = size_of::<AtomicBool>();
    const ACCESS: i32 = libc::PROT_READ | libc::PROT_WRITE;
    const KIND: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: the system chooses the place, so the mapping replaces no other one.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, ACCESS, KIND, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    if takes(page, SIZE, NO_ADVICE) || !takes(page, SIZE, libc::MADV_WIPEONFORK) {
        // SAFETY: the page was mapped above, and nothing else uses it.
        unsafe { libc::munmap(page, SIZE) };
        return None;
    }
    // SAFETY: the page is never unmapped, has room for the flag, and zero is a valid one.
    Some(unsafe { &*page.cast::<AtomicBool>() })
}

/// Only Linux wipes a page in a child.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn wiped_in_children() -> Option<&'static AtomicBool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forks twice, and checks that each child knows that it is another process.
    fn check_children(identity: &Identity) {
        assert!(identity.is_current());
        for _ in 0..2 {
            // SAFETY: the child only reads a flag, and ends without running anything of the test.
            let child = match unsafe { libc::fork() } {
                // SAFETY: as above.
                0 => unsafe { libc::_exit(i32::from(identity.is_current())) },
                child => child,
            };
            let mut status = -1;
            // SAFETY: the child is this test's, and `status` can be written.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "{status}");
            assert!(identity.is_current(), "the parent is the same process");
        }
    }

    /// A failure here would let a forked child send its requests over its parent's connection.
    #[test]
    fn a_child_is_another_process() {
        check_children(&Identity::new());
    }

    /// A failure here would let a forked child send its requests over its parent's connection, under an emulator that takes
    /// every advice about memory and follows none, or on a system that does not know this one.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_advice_that_is_only_taken_wipes_no_page() {
        for takes_all in [true, false] {
            let identity = Identity::with(wiped_by(|_, _, _| takes_all));
            assert!(identity.mark.is_none(), "takes all: {takes_all}");
            check_children(&identity);
        }
    }

    /// A failure here would take a child that is the first of a new PID namespace, as its parent is, for its parent.
    #[test]
    #[cfg(target_os = "linux")]
    fn linux_needs_no_process_id() {
        assert!(Identity::new().mark.is_some());
    }
}
