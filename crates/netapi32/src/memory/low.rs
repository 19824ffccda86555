//! Memory below 2 GiB that glibc's `free` takes: [`allocate`] and [`free`].
//!
//! glibc maps a large block of `malloc` separately, and marks it in the word before the block, so that `free` unmaps it.
//! A mapping below 2 GiB with the same mark is such a block for `free`, `realloc` and `malloc_usable_size`:
//!
//! ```text
//! | magic | capacity | length of the part before | length and mark | the buffer ...
//! ```
//!
//! If something else than glibc allocates, such as a checker of memory, there is no low memory, and the buffers are
//! ordinary ones.

use std::env;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::registry;

/// What precedes a buffer in its mapping.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Header {
    /// Detects that the memory is another one meanwhile.
    magic: usize,
    /// The number of bytes that the buffer can have.
    capacity: usize,
    /// The number of bytes of the mapping before glibc's own part of the header.
    before: usize,
    /// The number of bytes from there on, and [`IS_MAPPED`].
    chunk: usize,
}

const MAGIC: usize = 0x6e65_7461_7069_3332;
const HEADER: usize = size_of::<Header>();
/// The size of the part of the header that is not glibc's.
const BEFORE: usize = 2 * size_of::<usize>();
/// glibc's mark of a block that is a mapping of its own.
const IS_MAPPED: usize = 2;
/// The `chunk` of a buffer that waits: with it, `before` and `chunk` are a mapping of no bytes, so that `free` unmaps nothing.
const WAITS: usize = BEFORE.wrapping_neg() | IS_MAPPED;
/// The first address that is not low.
const LIMIT: usize = 1 << 31;
/// How many freed buffers wait.
const WAITING: usize = 16;
/// How many low buffers there may be: each takes a page and a mapping, of which a process has only 65,530 on Linux.
const MOST: usize = 16_384;
/// A larger buffer waits alone.
const LARGE: usize = 256 * 1024;

/// The freed buffers, which a program may still read. NULL is a free place.
static FREED: [AtomicPtr<u8>; WAITING] = [const { AtomicPtr::new(ptr::null_mut()) }; WAITING];
static FREED_LARGE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
/// How many low buffers there are, the waiting ones too.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// How many buffers were freed.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Returns memory below 2 GiB with zeros; `None` if there is none.
pub(super) fn allocate(size: usize) -> Option<NonNull<u8>> {
    if !is_usual() {
        return None;
    }
    oldest_freed(size).or_else(|| map_counted(size))
}

/// Maps new memory, unless the program has too many buffers.
fn map_counted(size: usize) -> Option<NonNull<u8>> {
    let has_room = COUNT.fetch_add(1, Ordering::Relaxed) < MOST;
    let Some(memory) = map(size) else {
        forget();
        return None;
    };
    // If a buffer was at this address, the program has freed it by `free`, and it still counts.
    if has_room || registry::note(memory.addr().get()).is_some() {
        return Some(memory);
    }
    unmap(memory);
    None
}

/// Records that a low buffer is gone.
pub(super) fn forget() {
    COUNT.fetch_sub(1, Ordering::Relaxed);
}

/// Lets the memory wait, and unmaps the one that has waited longest. Returns false if the program has freed it.
///
/// If the program frees it by `free`, too, while it waits, nothing happens: the memory is the library's until it is used again.
///
/// # Safety
/// The address is from [`allocate`], and nothing uses the memory any more.
pub(super) unsafe fn free(memory: NonNull<u8>) -> bool {
    let Some(header) = header_of(memory) else {
        forget();
        return false;
    };
    // SAFETY: the memory is a mapping from `map`, and nothing uses it any more.
    unsafe { set_chunk(memory, WAITS) };
    let turn = || FREED.get(TURN.fetch_add(1, Ordering::Relaxed) % WAITING);
    let place = (header.capacity <= LARGE).then(turn).flatten().unwrap_or(&FREED_LARGE);
    if let Some(earlier) = NonNull::new(place.swap(memory.as_ptr(), Ordering::AcqRel)) {
        unmap(earlier);
    }
    true
}

/// Takes the buffer that has waited longest, if it is large enough.
fn oldest_freed(size: usize) -> Option<NonNull<u8>> {
    let place = FREED.get(TURN.load(Ordering::Relaxed) % WAITING)?;
    // Only the thread that takes a buffer out of its place uses it.
    let memory = NonNull::new(place.swap(ptr::null_mut(), Ordering::AcqRel))?;
    let capacity = capacity(memory);
    if capacity < size {
        unmap(memory);
        return None;
    }
    // SAFETY: the memory waited, and the buffer has so many bytes.
    unsafe {
        memory.as_ptr().write_bytes(0, size);
        set_chunk(memory, in_use(capacity));
    }
    Some(memory)
}

/// Maps new memory.
fn map(size: usize) -> Option<NonNull<u8>> {
    let length = size.checked_add(HEADER)?.checked_next_multiple_of(page())?;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | LOW;
    // SAFETY: the system chooses an address that nothing uses.
    let start = unsafe { libc::mmap(hint(length), length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    if start.addr().checked_add(length)? > LIMIT {
        // SAFETY: the mapping is new.
        unsafe { libc::munmap(start, length) };
        return None;
    }
    let capacity = length - HEADER;
    let header = Header { magic: MAGIC, capacity, before: BEFORE, chunk: in_use(capacity) };
    // SAFETY: the mapping is new, and longer than a header.
    unsafe {
        start.cast::<Header>().write(header);
        NonNull::new(start.cast::<u8>().add(HEADER))
    }
}

/// The system maps below 2 GiB with this flag.
#[cfg(target_arch = "x86_64")]
const LOW: libc::c_int = libc::MAP_32BIT;
#[cfg(not(target_arch = "x86_64"))]
const LOW: libc::c_int = 0;

/// Returns where the memory should be. Without a flag the system takes an address that is free.
fn hint(length: usize) -> *mut c_void {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const FIRST: usize = 1 << 28;
    if LOW != 0 {
        return ptr::null_mut();
    }
    let offset = NEXT.fetch_add(length, Ordering::Relaxed) % (LIMIT - FIRST);
    ptr::without_provenance_mut(FIRST + offset)
}

/// Unmaps memory that is new or waited, as glibc's `free` does.
fn unmap(memory: NonNull<u8>) {
    forget();
    let length = capacity(memory) + HEADER;
    // SAFETY: the memory is a mapping from `map`, and nothing uses it any more.
    unsafe { libc::munmap(memory.as_ptr().sub(HEADER).cast(), length) };
}

/// Returns the number of bytes of memory that is new or waits: the program cannot have unmapped it by `free`.
fn capacity(memory: NonNull<u8>) -> usize {
    let header = memory.as_ptr().cast::<Header>().wrapping_sub(1);
    // SAFETY: the memory is a mapping from `map`, with a header before it.
    unsafe { (*header).capacity }
}

/// Returns the `chunk` of a buffer with so many bytes that the program has.
const fn in_use(capacity: usize) -> usize {
    (capacity + HEADER - BEFORE) | IS_MAPPED
}

/// Changes what glibc sees before the memory.
///
/// # Safety
/// The memory is a mapping from [`map`], and no other thread uses it.
unsafe fn set_chunk(memory: NonNull<u8>, chunk: usize) {
    let header = memory.as_ptr().cast::<Header>().wrapping_sub(1);
    // SAFETY: the caller promises it.
    unsafe { (*header).chunk = chunk };
}

/// Returns the header of the memory; `None` if the memory cannot be read any more, or is another one.
fn header_of(memory: NonNull<u8>) -> Option<Header> {
    let start: *const Header = memory.as_ptr().wrapping_sub(HEADER).cast();
    let is_readable = is_readable(start).unwrap_or_else(|| {
        let mut is_resident = 0;
        // SAFETY: the system tells whether it has the page, and writes one byte.
        unsafe { libc::mincore(start.cast_mut().cast(), 1, &raw mut is_resident) == 0 }
    });
    // SAFETY: the page is mapped, and a header fits into it.
    let header = is_readable.then(|| unsafe { start.read() });
    header.filter(|header| header.magic == MAGIC)
}

/// Lets the system read at this address: after a second `free` the page may be gone, or be one that cannot be read. `None` if the
/// system does not do that, as in some sandboxes.
///
/// `rt_sigprocmask` reads a mask before it refuses to use it for nothing. This takes a tenth of the time of
/// `process_vm_readv`.
fn is_readable(start: *const Header) -> Option<bool> {
    const NO_OPERATION: libc::c_int = -1;
    const MASK: usize = size_of::<u64>();
    let no_old_mask = ptr::null_mut::<c_void>();
    // SAFETY: the system changes nothing, and returns an error for an address that it cannot read.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_OPERATION, start, no_old_mask, MASK) };
    match std::io::Error::last_os_error().raw_os_error() {
        _ if result != -1 => None,
        Some(libc::EINVAL) => Some(true),
        Some(libc::EFAULT) => Some(false),
        _ => None,
    }
}

/// Returns the size of a page.
fn page() -> usize {
    // SAFETY: it only returns a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Whether glibc's own functions allocate in this process. Valgrind replaces them without a trace in the loader.
fn is_usual() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let is_checked =
            env::var_os("LD_PRELOAD").is_some_and(|names| names.to_string_lossy().contains("vgpreload"));
        let glibc = library_of(libc::gnu_get_libc_version as *const c_void);
        let functions =
            [libc::malloc as *const c_void, libc::calloc as *const c_void, libc::free as *const c_void];
        !is_checked && glibc.is_some() && functions.iter().all(|function| library_of(*function) == glibc)
    })
}

/// Returns the address of the library that has a function.
fn library_of(function: *const c_void) -> Option<usize> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `info` has room for the result; any address may be asked for.
    let is_found = unsafe { libc::dladdr(function, info.as_mut_ptr()) } != 0;
    // SAFETY: the call succeeded, so it filled `info` in.
    is_found.then(|| unsafe { info.assume_init() }.dli_fbase.addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give a program memory that is not mapped, or the memory of another buffer: it frees a buffer by
    /// NetApiBufferFree, and then by `free`.
    #[test]
    fn memory_that_waits_stays_mapped() {
        let memory = map(100).unwrap();
        let program = memory.as_ptr().cast::<c_void>();
        // SAFETY: the memory is from `map`, and only this test uses it.
        unsafe {
            set_chunk(memory, WAITS);
            libc::free(program);
            assert_eq!(capacity(memory), page() - HEADER, "it is still there");
            set_chunk(memory, in_use(capacity(memory)));
            assert_eq!(libc::malloc_usable_size(program), page() - HEADER, "glibc takes it for its own");
            libc::free(program);
        }
        assert!(header_of(memory).is_none(), "glibc has unmapped it");
    }

    /// A failure here would crash a program that frees a buffer twice, once by `free`: the page is unmapped then, or belongs
    /// to somebody who forbids reading it.
    #[test]
    fn memory_that_cannot_be_read_has_no_header() {
        let memory = allocate(100).unwrap();
        assert_eq!(header_of(memory).unwrap().capacity, page() - HEADER);
        let start = memory.as_ptr().wrapping_sub(HEADER).cast::<c_void>();
        // SAFETY: the page is from `allocate`, and nothing else uses it.
        assert_eq!(unsafe { libc::mprotect(start, page(), libc::PROT_NONE) }, 0);
        assert!(header_of(memory).is_none(), "a page that cannot be read");
        // SAFETY: as above.
        assert_eq!(unsafe { libc::munmap(start, page()) }, 0);
        assert!(header_of(memory).is_none(), "no page");
        // SAFETY: the memory is from `allocate`.
        assert!(!unsafe { free(memory) }, "the program has freed it");
    }
}
