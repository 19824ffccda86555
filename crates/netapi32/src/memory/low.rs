//! Memory below 2 GiB that glibc's `free` takes: [`allocate`] and [`free`].
//!
//! glibc maps a large block of `malloc` separately, and marks it in the words before the block, so that `free` unmaps it
//! (`low/glibc.rs`). A mapping below 2 GiB with the same mark is such a block for `free`, `realloc` and `malloc_usable_size`:
//!
//! ```text
//! | magic | glibc's mark | the buffer ...
//! ```
//!
//! If something else than glibc allocates, such as a checker of memory, or a glibc that marks blocks in another way, there is
//! no low memory, and the buffers are ordinary ones.

mod glibc;
mod readable;

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::registry;
use glibc::{Layout, Mark};

/// What precedes a buffer in its mapping.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Header {
    /// Detects that the memory is another one meanwhile.
    magic: u128,
    /// What glibc sees. It also has the length of the mapping, which `realloc` may have changed.
    mark: Mark,
}

const MAGIC: u128 = 0x6e65_7461_7069_3332_6e65_7461_7069_3332;
const HEADER: usize = size_of::<Header>();
/// The size of the part of the header that is not glibc's.
const BEFORE: usize = HEADER - size_of::<Mark>();
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
    let layout = glibc::layout()?;
    oldest_freed(layout, size).or_else(|| map_counted(layout, size))
}

/// Maps new memory, unless the program has too many buffers.
fn map_counted(layout: Layout, size: usize) -> Option<NonNull<u8>> {
    let has_room = COUNT.fetch_add(1, Ordering::Relaxed) < MOST;
    let Some(memory) = map(layout, size) else {
        forget();
        return None;
    };
    // If a buffer was at this address, the program has freed it by `free`, and it still counts.
    if has_room || registry::note(memory.addr().get()).is_some() {
        return Some(memory);
    }
    unmap(layout, memory);
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
    let (Some(layout), Some(length)) = (glibc::layout(), length_in_use(memory)) else {
        forget();
        return false;
    };
    // SAFETY: the memory is a mapping from `map`, and nothing uses it any more.
    unsafe { set_mark(memory, layout.waiting(BEFORE, length)) };
    let turn = || FREED.get(TURN.fetch_add(1, Ordering::Relaxed) % WAITING);
    let place = (length <= LARGE).then(turn).flatten().unwrap_or(&FREED_LARGE);
    if let Some(earlier) = NonNull::new(place.swap(memory.as_ptr(), Ordering::AcqRel)) {
        unmap(layout, earlier);
    }
    true
}

/// Takes the buffer that has waited longest, if it is large enough.
fn oldest_freed(layout: Layout, size: usize) -> Option<NonNull<u8>> {
    let place = FREED.get(TURN.load(Ordering::Relaxed) % WAITING)?;
    // Only the thread that takes a buffer out of its place uses it.
    let memory = NonNull::new(place.swap(ptr::null_mut(), Ordering::AcqRel))?;
    let length = length(layout, memory);
    let capacity = capacity(layout, length);
    if capacity < size {
        unmap(layout, memory);
        return None;
    }
    // SAFETY: the memory waited, and the mapping has so many bytes. `NetApiBufferReallocate` copies all of them.
    unsafe {
        memory.as_ptr().write_bytes(0, capacity);
        set_mark(memory, layout.in_use(BEFORE, length));
    }
    Some(memory)
}

/// Maps new memory.
fn map(layout: Layout, size: usize) -> Option<NonNull<u8>> {
    let length = size.checked_add(HEADER + layout.after())?.checked_next_multiple_of(page())?;
    let start = if LOW == 0 { map_in_turn(length) } else { map_at(ptr::null_mut(), length, LOW) }?;
    let header = Header { magic: MAGIC, mark: layout.in_use(BEFORE, length) };
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

/// Maps memory at the next low address that is free.
///
/// There are as many addresses as buffers, so that each comes back soon: the library learns only then that the program has freed
/// the buffer there by `free`.
fn map_in_turn(length: usize) -> Option<*mut c_void> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const FIRST: usize = 1 << 28;
    const TRIES: usize = 1024;
    (0..TRIES).find_map(|_| {
        let offset = NEXT.fetch_add(length, Ordering::Relaxed) % (MOST * page());
        map_at(ptr::without_provenance_mut(FIRST + offset), length, libc::MAP_FIXED_NOREPLACE)
    })
}

/// Maps memory; `None` if it would not be low, or the system refuses.
fn map_at(address: *mut c_void, length: usize, flags: libc::c_int) -> Option<*mut c_void> {
    const ACCESS: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;
    const KIND: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: the system chooses an address that nothing uses, this one or another.
    let start = unsafe { libc::mmap(address, length, ACCESS, KIND | flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    if start.addr().checked_add(length).is_none_or(|end| end > LIMIT) {
        // SAFETY: the mapping is new.
        unsafe { libc::munmap(start, length) };
        return None;
    }
    Some(start)
}

/// Unmaps memory that is new or waited, as glibc's `free` does.
fn unmap(layout: Layout, memory: NonNull<u8>) {
    forget();
    // SAFETY: the memory is a mapping from `map`, and nothing uses it any more.
    unsafe { libc::munmap(memory.as_ptr().sub(HEADER).cast(), length(layout, memory)) };
}

/// Returns the length of the mapping of memory that is new or waits: the program cannot have unmapped it by `free`.
fn length(layout: Layout, memory: NonNull<u8>) -> usize {
    let header = memory.as_ptr().cast::<Header>().wrapping_sub(1);
    // SAFETY: the memory is a mapping from `map`, with a header before it.
    layout.length(BEFORE, unsafe { (*header).mark })
}

/// Returns the number of bytes that the program has in its buffer; `None` if it has freed it.
pub(super) fn room(memory: NonNull<u8>) -> Option<usize> {
    Some(capacity(glibc::layout()?, length_in_use(memory)?))
}

/// Returns the length of the mapping of a buffer that the program has; `None` if it has freed it.
fn length_in_use(memory: NonNull<u8>) -> Option<usize> {
    let header = header_of(memory).filter(|header| header.mark.is_in_use(BEFORE))?;
    Some(glibc::layout()?.length(BEFORE, header.mark))
}

/// Returns the number of bytes that a buffer in a mapping of so many bytes can have.
const fn capacity(layout: Layout, length: usize) -> usize {
    length.saturating_sub(HEADER + layout.after())
}

/// Changes what glibc sees before the memory.
///
/// # Safety
/// The memory is a mapping from [`map`], and no other thread uses it.
unsafe fn set_mark(memory: NonNull<u8>, mark: Mark) {
    let header = memory.as_ptr().cast::<Header>().wrapping_sub(1);
    // SAFETY: the caller promises it.
    unsafe { (*header).mark = mark };
}

/// Returns the header of the memory; `None` if the memory cannot be read any more, or is another one.
fn header_of(memory: NonNull<u8>) -> Option<Header> {
    let start: *const Header = memory.as_ptr().wrapping_sub(HEADER).cast();
    // SAFETY: the page is mapped, and a header fits into it.
    let header = readable::is_readable(start).then(|| unsafe { start.read() });
    header.filter(|header| header.magic == MAGIC)
}

/// Returns the size of a page.
fn page() -> usize {
    // SAFETY: it only returns a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give a program memory that is not mapped, or the memory of another buffer: it frees a buffer by
    /// NetApiBufferFree, and then by `free`.
    #[test]
    fn memory_that_waits_stays_mapped() {
        let layout = glibc::layout().unwrap();
        let memory = map(layout, 100).unwrap();
        let program = memory.as_ptr().cast::<c_void>();
        // SAFETY: the memory is from `map`, and only this test uses it.
        unsafe {
            set_mark(memory, layout.waiting(BEFORE, page()));
            for _ in 0..2 {
                libc::free(program);
                assert_eq!(length(layout, memory), page(), "it is still there");
            }
            set_mark(memory, layout.in_use(BEFORE, page()));
            let usable = libc::malloc_usable_size(program);
            assert!(
                (capacity(layout, page())..=page() - HEADER).contains(&usable),
                "glibc takes it for its own"
            );
            libc::free(program);
        }
        assert!(header_of(memory).is_none(), "glibc has unmapped it");
    }

    /// A failure here would crash a program that frees a buffer twice, once by `free`: the page is unmapped then, or belongs
    /// to somebody who forbids reading it.
    #[test]
    fn memory_that_cannot_be_read_has_no_header() {
        let memory = allocate(100).unwrap();
        assert!(header_of(memory).unwrap().mark.is_in_use(BEFORE));
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

    /// A failure here would write zeros over the memory of others, or unmap it: a program makes a buffer smaller by `realloc`,
    /// and frees it by NetApiBufferFree.
    #[test]
    fn a_buffer_has_the_length_that_realloc_gave_it() {
        let layout = glibc::layout().unwrap();
        for (before, after) in [(64 * page(), 2 * page()), (page(), 3 * page())] {
            let memory = map(layout, before - 100).unwrap();
            // SAFETY: the memory is from `map`, and only this test uses it.
            let moved = unsafe { libc::realloc(memory.as_ptr().cast(), after - 100) };
            let moved = NonNull::new(moved.cast::<u8>()).unwrap();
            let header = header_of(moved).unwrap();
            assert!(header.mark.is_in_use(BEFORE));
            assert_eq!(layout.length(BEFORE, header.mark), after);
            assert!(moved == memory || header_of(memory).is_none(), "no two mappings have the memory");
            // SAFETY: as above.
            unsafe { libc::free(moved.as_ptr().cast()) };
        }
    }

    /// A failure here would give a program on ARM buffers above 2 GiB after some thousands that it frees by `free`, or the
    /// memory of another buffer.
    #[test]
    fn addresses_come_back_and_those_in_use_do_not() {
        let kept: Vec<_> = (0..500).map(|_| map_in_turn(page()).unwrap()).collect();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..2 * MOST {
            let start = map_in_turn(page()).unwrap();
            assert!(start.addr() < LIMIT && !kept.contains(&start));
            seen.insert(start);
            // SAFETY: the mapping is this test's.
            unsafe { libc::munmap(start, page()) };
        }
        assert!(seen.len() <= MOST - kept.len(), "{}", seen.len());
        for start in kept {
            // SAFETY: as above.
            unsafe { libc::munmap(start, page()) };
        }
    }
}
