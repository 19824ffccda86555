//! The addresses of all buffers that callers have, each with a note: [`insert`], [`remove`] and [`note`].
//!
//! The library compares a pointer from a caller with them before it reads from it, so a wrong pointer does no harm.
//! Each step is one atomic exchange: threads never wait for each other, one of two threads that free the same buffer
//! succeeds, and a forked child has complete lists.

use std::alloc::{GlobalAlloc as _, Layout, System};
use std::iter::successors;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// The number of lists.
const NUMBER: usize = 4096;
/// The places of a node, which fills 64 bytes.
const PLACES: usize = 3;

/// A part of a list. It is never freed.
#[repr(C, align(64))]
struct Node {
    places: [Place; PLACES],
    next: AtomicPtr<Self>,
}

/// The place of an address.
struct Place {
    /// The mark of an address. 0 is a free place.
    mark: AtomicUsize,
    /// What the library knows about the buffer.
    note: AtomicU64,
}

#[allow(clippy::declare_interior_mutable_const)]
const EMPTY: Node = Node {
    places: [const { Place { mark: AtomicUsize::new(0), note: AtomicU64::new(0) } }; PLACES],
    next: AtomicPtr::new(ptr::null_mut()),
};

static LISTS: [Node; NUMBER] = [EMPTY; NUMBER];

/// Returns what a place stores for an address: the inverted address, because a leak detector must not take it for a pointer.
/// No buffer is at the last address, whose mark would be that of a free place.
fn mark_of(address: usize) -> Option<usize> {
    Some(!address).filter(|mark| *mark != 0)
}

/// Adds an address that is not there. Returns false if the system has no memory for it.
pub(crate) fn insert(address: usize, note: u64) -> bool {
    let Some(mark) = mark_of(address) else { return false };
    let mut last = None;
    for node in list(address) {
        if node.places.iter().any(|place| place.fill(mark, note)) {
            return true;
        }
        last = Some(node);
    }
    last.is_some_and(|last| last.extend(mark, note))
}

/// Removes an address, and returns its note; `None` if it is not there.
pub(crate) fn remove(address: usize) -> Option<u64> {
    let mark = mark_of(address)?;
    list(address).flat_map(|node| &node.places).find_map(|place| place.take(mark))
}

/// Returns the note of an address; `None` if it is not there.
pub(crate) fn note(address: usize) -> Option<u64> {
    let mark = mark_of(address)?;
    let mut places = list(address).flat_map(|node| &node.places);
    let place = places.find(|place| place.mark.load(Ordering::Acquire) == mark)?;
    Some(place.note.load(Ordering::Acquire))
}

/// Returns the nodes of the list to which an address belongs.
fn list(address: usize) -> impl Iterator<Item = &'static Node> {
    // The low four bits are the same in all addresses of buffers. The golden ratio spreads the others.
    let hash = (address >> 4).wrapping_mul(0x9e37_79b9) >> 16;
    successors(LISTS.get(hash % LISTS.len()), |node| node.next())
}

impl Place {
    /// Stores an address in a free place. Only the caller knows it until then, so nobody reads the note too early.
    fn fill(&self, mark: usize, note: u64) -> bool {
        let is_filled = self.mark.compare_exchange(0, mark, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if is_filled {
            self.note.store(note, Ordering::Release);
        }
        is_filled
    }

    /// Frees the place of an address, and returns its note.
    fn take(&self, mark: usize) -> Option<u64> {
        if self.mark.load(Ordering::Acquire) != mark {
            return None;
        }
        let note = self.note.load(Ordering::Acquire);
        let taken = self.mark.compare_exchange(mark, 0, Ordering::AcqRel, Ordering::Relaxed);
        taken.is_ok().then_some(note)
    }
}

impl Node {
    fn next(&self) -> Option<&'static Self> {
        // SAFETY: it is NULL or a node from `extend`, which is never freed once it is stored.
        unsafe { self.next.load(Ordering::Acquire).as_ref() }
    }

    /// Appends a node with this address to the list whose last node this is.
    fn extend(&'static self, mark: usize, note: u64) -> bool {
        let layout = Layout::new::<Self>();
        // SAFETY: the layout is not empty.
        let memory = unsafe { System.alloc_zeroed(layout) }.cast::<Self>();
        // SAFETY: it is NULL, or large enough, aligned, and valid: a node of zeros is an empty one.
        let Some(node) = (unsafe { memory.as_ref() }) else { return false };
        node.places.iter().any(|place| place.fill(mark, note));
        let mut last = self;
        while last
            .next
            .compare_exchange(ptr::null_mut(), memory, Ordering::AcqRel, Ordering::Relaxed)
            .is_err()
        {
            // Another thread was faster.
            match last.next() {
                Some(next) => last = next,
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// A failure here would refuse to free a program's buffer, or free a buffer twice, while many threads call.
    #[test]
    fn one_of_two_threads_removes_an_address() {
        // Not addresses of memory, so they cannot be those of another test's buffers.
        let addresses: Vec<usize> = (1..=20_000).map(|number| number * 16 + 1).collect();
        for round in 0..3 {
            thread::scope(|scope| {
                for part in addresses.chunks(5_000) {
                    scope
                        .spawn(|| part.iter().for_each(|address| assert!(insert(*address, *address as u64))));
                }
            });
            let noted = |address: &&usize| note(**address) == Some(**address as u64);
            assert_eq!(addresses.iter().filter(noted).count(), addresses.len(), "round {round}");
            let removed: usize = thread::scope(|scope| {
                let count = || addresses.iter().filter(|address| remove(**address).is_some()).count();
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(removed, addresses.len(), "round {round}");
            assert!(!addresses.iter().any(|address| note(*address).is_some()), "round {round}");
        }
    }
}
