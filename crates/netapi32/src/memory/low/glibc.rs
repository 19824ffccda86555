//! How glibc marks a block that is a mapping of its own: [`Layout`] and [`Mark`].
//!
//! ```text
//! | bytes before the chunk | chunk: before, size and flag | the memory of the program ... | bytes after the chunk |
//! ```
//!
//! `free` takes the chunk and the bytes around it for the mapping. glibc 2.43 changed how many bytes follow the chunk.

use std::env;
use std::ffi::c_void;
use std::sync::OnceLock;

use crate::memory::library_of;

/// The size of a [`Mark`], which glibc counts as part of the chunk.
const MARK: usize = size_of::<Mark>();
/// glibc's flag of a block that is a mapping of its own.
const IS_MAPPED: usize = 2;
/// glibc's flags of a block.
const FLAGS: usize = 7;

/// The two words before the memory of a program, as glibc reads them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Mark {
    /// The number of bytes of the mapping before this mark.
    before: usize,
    /// The number of bytes from this mark to the end of the chunk, and [`IS_MAPPED`].
    chunk: usize,
}

/// What a version of glibc takes for the end of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// The end of the chunk.
    Until2_42,
    /// A mark later.
    Since2_43,
}

impl Layout {
    /// Returns the number of bytes of a mapping after its chunk.
    pub(super) const fn after(self) -> usize {
        match self {
            Self::Until2_42 => 0,
            Self::Since2_43 => MARK,
        }
    }

    /// Returns the mark after `before` bytes of a mapping of `length` bytes: `free` unmaps it.
    pub(super) const fn in_use(self, before: usize, length: usize) -> Mark {
        Mark { before, chunk: (length - before - self.after()) | IS_MAPPED }
    }

    /// Returns the mark in the same place with which `free` unmaps nothing: that of a mapping of no bytes after this one.
    ///
    /// `before` is negative. The size stays, because glibc 2.42 refuses a chunk that exceeds the address space, and because a
    /// program may ask for it.
    pub(super) const fn waiting(self, before: usize, length: usize) -> Mark {
        Mark { before: before.wrapping_sub(length), ..self.in_use(before, length) }
    }

    /// Returns the length of the mapping with a mark after `before` bytes.
    pub(super) const fn length(self, before: usize, mark: Mark) -> usize {
        before.saturating_add(mark.chunk & !FLAGS).saturating_add(self.after())
    }
}

impl Mark {
    /// Whether it is the mark after `before` bytes of a mapping that `free` unmaps.
    pub(super) const fn is_in_use(self, before: usize) -> bool {
        self.before == before && self.chunk & FLAGS == IS_MAPPED
    }
}

/// Returns how glibc marks mappings; `None` if something else allocates, or glibc answers like no version that is known.
pub(super) fn layout() -> Option<Layout> {
    static ANSWER: OnceLock<Option<Layout>> = OnceLock::new();
    *ANSWER.get_or_init(|| if is_usual() { layout_by(usable_size) } else { None })
}

/// Whether glibc's own functions allocate in this process. Valgrind replaces them without a trace in the loader.
///
/// `tcache_max` can be so large that glibc 2.43 keeps a freed mapping for `malloc`, instead of unmapping it.
fn is_usual() -> bool {
    let has =
        |variable, text| env::var_os(variable).is_some_and(|value| value.to_string_lossy().contains(text));
    let glibc = library_of(libc::gnu_get_libc_version as *const c_void);
    let functions = [
        libc::malloc as *const c_void,
        libc::calloc as *const c_void,
        libc::realloc as *const c_void,
        libc::free as *const c_void,
        libc::malloc_usable_size as *const c_void,
    ];
    !has("LD_PRELOAD", "vgpreload")
        && !has("GLIBC_TUNABLES", "tcache_max")
        && glibc.is_some()
        && functions.iter().all(|function| library_of(*function) == glibc)
}

/// Finds the layout by the sizes that `malloc_usable_size` returns.
fn layout_by(usable_size: impl Fn(*mut c_void) -> usize) -> Option<Layout> {
    // SAFETY: any size is allowed.
    let block = unsafe { libc::malloc(1) };
    if block.is_null() {
        return None;
    }
    let usable = usable_size(block);
    // SAFETY: the block is from `malloc`.
    unsafe { libc::free(block) };
    // `MALLOC_CHECK_` and the tags of an ARM processor (`glibc.mem.tagging`) leave a block fewer bytes.
    if usable != SMALLEST - size_of::<usize>() {
        return None;
    }
    let mut fake = Fake([0; FAKE]);
    let [_, chunk, memory, ..] = &mut fake.0;
    *chunk = FAKE_SIZE | IS_MAPPED;
    layout_of(usable_size(std::ptr::from_mut(memory).cast()))
}

/// The size of the smallest block: a mark, and as many bytes.
const SMALLEST: usize = 2 * MARK;
/// The number of words of a [`Fake`].
const FAKE: usize = 16;
/// The number of bytes of the chunk in it. It ends before the array does, so that glibc may look at what follows.
const FAKE_SIZE: usize = FAKE / 2 * size_of::<usize>();

/// A block as glibc aligns it, with its mark.
#[repr(C, align(16))]
struct Fake([usize; FAKE]);

/// Returns the layout with which a chunk of [`FAKE_SIZE`] has so many bytes for the program.
const fn layout_of(usable: usize) -> Option<Layout> {
    const UNTIL_2_42: usize = FAKE_SIZE - MARK;
    /// The program has the word after the chunk, too, as after a block that is no mapping.
    const SINCE_2_43: usize = UNTIL_2_42 + size_of::<usize>();
    match usable {
        UNTIL_2_42 => Some(Layout::Until2_42),
        SINCE_2_43 => Some(Layout::Since2_43),
        _ => None,
    }
}

/// Asks glibc how many bytes the program has at an address.
fn usable_size(memory: *mut c_void) -> usize {
    // SAFETY: the caller has the address from `malloc`, or wrote the mark before it.
    unsafe { libc::malloc_usable_size(memory) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUTS: [Layout; 2] = [Layout::Until2_42, Layout::Since2_43];
    /// The bytes of a mapping before the mark.
    const BEFORE: usize = 16;

    /// Returns the address and the length that `free` unmaps for a mark there, after the checks of every version.
    fn unmapped(layout: Layout, mark: usize, Mark { before, chunk }: Mark, page: usize) -> (usize, usize) {
        assert_eq!(chunk & FLAGS, IS_MAPPED);
        assert_eq!(before & 1, 0, "this is no mapping of huge pages");
        let size = chunk - IS_MAPPED;
        assert!(mark.checked_add(size - SMALLEST).is_some(), "free(): invalid size");
        let start = mark.wrapping_sub(before);
        let length = before.wrapping_add(size).wrapping_add(layout.after());
        assert_eq!((start | length) % page, 0, "munmap_chunk(): invalid pointer");
        assert!(((mark + MARK) % page).is_power_of_two(), "munmap_chunk(): invalid pointer");
        (start, length)
    }

    /// A failure here would end a program that frees a buffer by `free`, or unmap memory that is not the buffer's.
    #[test]
    fn every_version_unmaps_a_buffer_once() {
        for layout in LAYOUTS {
            for page in [0x1000, 0x4000, 0x1_0000] {
                let (start, length) = ((1 << 31) - 2 * page, 2 * page);
                let in_use = layout.in_use(BEFORE, length);
                assert_eq!(unmapped(layout, start + BEFORE, in_use, page), (start, length));
                let waiting = layout.waiting(BEFORE, length);
                assert_eq!(unmapped(layout, start + BEFORE, waiting, page), (start + length, 0));
                assert!(in_use.is_in_use(BEFORE) && !waiting.is_in_use(BEFORE));
                for mark in [in_use, waiting] {
                    assert_eq!(layout.length(BEFORE, mark), length);
                }
            }
        }
    }

    /// A failure here would write a mark that another version of glibc takes for damaged memory, and so end the program.
    #[test]
    fn the_layout_is_known_or_not_used() {
        assert_eq!(layout_of(48), Some(Layout::Until2_42));
        assert_eq!(layout_of(56), Some(Layout::Since2_43));
        for unexpected in [0, 40, 64, 66, usize::MAX] {
            assert_eq!(layout_of(unexpected), None);
        }
    }

    /// A failure here would ask a glibc that checks each block about one that it has not made, and so end the program.
    #[test]
    fn an_unusual_block_ends_the_questions() {
        let asked = std::cell::Cell::new(0);
        for small in [0, 1, 16, 40] {
            asked.set(0);
            let answer = layout_by(|_| {
                asked.set(asked.get() + 1);
                small
            });
            assert_eq!((answer, asked.get()), (None, 1));
        }
        let answers = |first, second| {
            asked.set(0);
            layout_by(|_| if asked.replace(1) == 0 { first } else { second })
        };
        assert_eq!(answers(24, 48), Some(Layout::Until2_42));
        assert_eq!(answers(24, 56), Some(Layout::Since2_43));
        assert_eq!(answers(24, 24), None);
    }
}
