//! The addresses of all buffers that callers have: [`insert`], [`remove`] and [`contains`].
//!
//! The library compares a pointer from a caller with them before it reads from it, so a wrong pointer does no harm.
//! Each step is one atomic exchange: threads never wait for each other, one of two threads that free the same buffer
//! succeeds, and a forked child has complete lists.

use std::alloc::{GlobalAlloc as _, Layout, System};
use std::iter::successors;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The number of lists.
const NUMBER: usize = 4096;
/// The places of a node, which fills 64 bytes.
const PLACES: usize = 7;

/// A part of a list. It is never freed.
#[repr(C, align(64))]
struct Node {
    /// The addresses, inverted: a leak detector must not take them for pointers. 0 is a free place.
    places: [AtomicUsize; PLACES],
    next: AtomicPtr<Self>,
}

#[allow(clippy::declare_interior_mutable_const)]
const EMPTY: Node =
    Node { places: [const { AtomicUsize::new(0) }; PLACES], next: AtomicPtr::new(ptr::null_mut()) };

static LISTS: [Node; NUMBER] = [EMPTY; NUMBER];

/// Adds an address. Returns false if the system has no memory for it.
pub(crate) fn insert(address: usize) -> bool {
    let mut last = None;
    for node in list(address) {
        if node.replace(0, !address) {
            return true;
        }
        last = Some(node);
    }
    last.is_some_and(|last| last.extend(address))
}

/// Removes an address. Returns false if it is not there.
pub(crate) fn remove(address: usize) -> bool {
    list(address).any(|node| node.replace(!address, 0))
}

/// Whether the address is there.
pub(crate) fn contains(address: usize) -> bool {
    list(address).any(|node| node.places.iter().any(|place| place.load(Ordering::Acquire) == !address))
}

/// Returns the nodes of the list to which an address belongs.
fn list(address: usize) -> impl Iterator<Item = &'static Node> {
    // The low four bits are the same in all addresses of buffers. The golden ratio spreads the others.
    let hash = (address >> 4).wrapping_mul(0x9e37_79b9) >> 16;
    successors(LISTS.get(hash % LISTS.len()), |node| node.next())
}

impl Node {
    /// Replaces the first `old` by `new`. Returns false if there is no `old`.
    fn replace(&self, old: usize, new: usize) -> bool {
        self.places
            .iter()
            .any(|place| place.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).is_ok())
    }

    fn next(&self) -> Option<&'static Self> {
        // SAFETY: it is NULL or a node from `extend`, which is never freed once it is stored.
        unsafe { self.next.load(Ordering::Acquire).as_ref() }
    }

    /// Appends a node with this address to the list whose last node this is.
    fn extend(&'static self, address: usize) -> bool {
        let layout = Layout::new::<Self>();
        // SAFETY: the layout is not empty.
        let memory = unsafe { System.alloc_zeroed(layout) }.cast::<Self>();
        // SAFETY: it is NULL, or large enough, aligned, and valid: a node of zeros is an empty one.
        let Some(node) = (unsafe { memory.as_ref() }) else { return false };
        node.replace(0, !address);
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
                    scope.spawn(|| part.iter().for_each(|address| assert!(insert(*address))));
                }
            });
            assert!(addresses.iter().all(|address| contains(*address)), "round {round}");
            let removed: usize = thread::scope(|scope| {
                let count = || addresses.iter().filter(|address| remove(**address)).count();
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(removed, addresses.len(), "round {round}");
            assert!(!addresses.iter().any(|address| contains(*address)), "round {round}");
        }
    }
}
