//! [`is_readable`] asks the system whether memory can be read.

use std::ffi::c_void;
use std::io;
use std::ptr;
use std::sync::OnceLock;

/// An address at which Linux maps nothing.
const NOWHERE: usize = 1;

/// Whether the memory of a value can be read: after a second `free` the page may be gone, or be one that cannot be read.
pub(super) fn is_readable<T>(start: *const T) -> bool {
    static READS_MASKS: OnceLock<bool> = OnceLock::new();
    let address = start.cast();
    let reads_masks = *READS_MASKS.get_or_init(|| reads(is_readable_as_mask));
    let answer = if reads_masks { is_readable_as_mask(address) } else { None };
    answer.or_else(|| is_readable_by_copying(address)).unwrap_or_else(|| is_mapped(address))
}

/// Whether an answer is right for memory that can be read, and for an address where none is. Emulators, sandboxes and systems
/// whose masks have another size can refuse the operation before they read the mask.
fn reads(is_readable: impl Fn(*const c_void) -> Option<bool>) -> bool {
    let mask = 0_u64;
    let no_memory = ptr::without_provenance(NOWHERE);
    is_readable(ptr::from_ref(&mask).cast()) == Some(true) && is_readable(no_memory) == Some(false)
}

/// Passes the memory as a mask of signals. `None` if the system refuses it for another reason.
///
/// `rt_sigprocmask` reads a mask before it refuses to use it for nothing. This takes a tenth of the time of
/// `process_vm_readv`.
fn is_readable_as_mask(start: *const c_void) -> Option<bool> {
    const NO_OPERATION: libc::c_int = -1;
    const MASK: usize = size_of::<u64>();
    let no_old_mask = ptr::null_mut::<c_void>();
    // SAFETY: the system changes nothing, and returns an error for an address that it cannot read.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_OPERATION, start, no_old_mask, MASK) };
    match io::Error::last_os_error().raw_os_error() {
        _ if result != -1 => None,
        Some(libc::EINVAL) => Some(true),
        Some(libc::EFAULT) => Some(false),
        _ => None,
    }
}

/// Lets the system copy a byte from there. `None` if it does not do that, as in some sandboxes.
fn is_readable_by_copying(start: *const c_void) -> Option<bool> {
    let mut byte = 0_u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: start.cast_mut(), iov_len: 1 };
    // SAFETY: the system writes only to `byte`, and returns an error for an address that cannot be read.
    let length =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    if length == 1 {
        return Some(true);
    }
    let is_gone = io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT);
    is_gone.then_some(false)
}

/// Whether the system has a page there.
fn is_mapped(start: *const c_void) -> bool {
    let page = super::page();
    let mut is_resident = 0;
    let start = start.map_addr(|address| address / page * page);
    // SAFETY: the system writes one byte.
    unsafe { libc::mincore(start.cast_mut(), 1, &raw mut is_resident) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would crash a program that frees a buffer twice, once by `free`, under an emulator or in a sandbox that
    /// answers before it reads the mask.
    #[test]
    fn an_answer_is_not_believed_before_it_was_right() {
        assert!(!reads(|_| Some(true)), "it has not read anything");
        assert!(!reads(|_| Some(false)), "it cannot read anything");
        assert!(!reads(|_| None), "it refuses");
        assert!(reads(is_readable_as_mask), "Linux");
    }

    /// A failure here would crash a program that frees a buffer twice, once by `free`, or keep its buffers for ever.
    #[test]
    fn each_way_tells_whether_memory_is_there() {
        let size = super::super::page();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: the system chooses an address that nothing uses.
        let page = unsafe { libc::mmap(ptr::null_mut(), size, access, kind, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        // SAFETY: the page is the test's.
        unsafe { page.cast::<u8>().write_bytes(1, size) };
        let inside = page.cast_const().wrapping_byte_add(16);
        let answers = || (is_readable_as_mask(inside), is_readable_by_copying(inside));
        assert_eq!((answers(), is_mapped(inside)), ((Some(true), Some(true)), true));
        // SAFETY: as above.
        assert_eq!(unsafe { libc::mprotect(page, size, libc::PROT_NONE) }, 0);
        assert_eq!(answers(), (Some(false), Some(false)), "a page that cannot be read");
        // SAFETY: as above.
        assert_eq!(unsafe { libc::munmap(page, size) }, 0);
        let no_page = ptr::without_provenance(NOWHERE);
        assert_eq!(is_readable_as_mask(no_page), Some(false));
        assert_eq!(is_readable_by_copying(no_page), Some(false));
        assert!(!is_mapped(no_page));
    }
}
