//! [`WithReserve`], the allocator of this library: the system's, with a reserve for use when the system has no memory.
//!
//! Rust ends the process if an allocation fails, which a library must not do to its host. Here such an allocation comes
//! from the reserve, so that the running call can return: [`uses`] shows that it needed the reserve, and the call
//! returns `ERROR_NOT_ENOUGH_MEMORY` before it sends its request, or the server's answer after it.
//!
//! The reserve is a part of the library's zeroed data. The system counts it when the program loads the library, and
//! gives it memory only when a call uses it. The process ends only if the reserve is full, too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The size of the reserve in bytes.
const SIZE: usize = 4 << 20;
/// The size of an allocation in the reserve is a multiple of this.
const UNIT: usize = 64;
/// The greatest alignment that the reserve offers.
const MAX_ALIGN: usize = 4096;

/// The allocator of this library.
#[derive(Debug)]
pub(crate) struct WithReserve;

#[repr(align(4096))]
struct Memory(UnsafeCell<[u8; SIZE]>);

// SAFETY: the allocator gives each unit to one owner at a time.
unsafe impl Sync for Memory {}

static MEMORY: Memory = Memory(UnsafeCell::new([0; SIZE]));
/// Which units are in use.
static IN_USE: [AtomicBool; SIZE / UNIT] = [const { AtomicBool::new(false) }; SIZE / UNIT];
/// The process that holds the lock of `IN_USE`; 0 for none.
static OWNER: AtomicU32 = AtomicU32::new(0);
/// How many allocations came from the reserve.
static USES: AtomicU64 = AtomicU64::new(0);

/// Returns how many allocations came from the reserve so far. It grows during a call if the system has no memory.
pub(crate) fn uses() -> u64 {
    USES.load(Ordering::Relaxed)
}

/// Whether the system has no memory now.
pub(crate) fn is_needed() -> bool {
    let layout = Layout::new::<[u8; 65_536]>();
    // SAFETY: the layout is not empty.
    let memory = unsafe { System.alloc(layout) };
    if memory.is_null() {
        return true;
    }
    // SAFETY: the memory was allocated with this layout.
    unsafe { System.dealloc(memory, layout) };
    false
}

// SAFETY: memory comes from the system, or from units of the reserve that nobody else has, which are aligned as the
// layout demands. No function panics.
unsafe impl GlobalAlloc for WithReserve {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises that the layout is not empty.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() { take(layout) } else { memory }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises that the layout is not empty.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            return memory;
        }
        let memory = take(layout);
        if !memory.is_null() {
            // SAFETY: the memory has this size. An earlier owner may have written to it.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match unit_of(memory) {
            Some(first) => give_back(first, layout.size()),
            // SAFETY: the memory is not the reserve's, so it is the system's, with this layout.
            None => unsafe { System.dealloc(memory, layout) },
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if unit_of(memory).is_none() {
            // SAFETY: the memory is the system's, with this layout; the caller promises that the new size is possible.
            let moved = unsafe { System.realloc(memory, layout, new_size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller promises that the new size is possible with this alignment, and that the memory has this
        // layout. Both blocks have so many octets, and they do not overlap.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(memory, moved, layout.size().min(new_size));
                self.dealloc(memory, layout);
            }
            moved
        }
    }
}

/// Returns memory of the reserve; NULL if too little is left.
fn take(layout: Layout) -> *mut u8 {
    USES.fetch_add(1, Ordering::Relaxed);
    let (count, step) = (units(layout.size()), units(layout.align()));
    if layout.align() > MAX_ALIGN || count > IN_USE.len() {
        return ptr::null_mut();
    }
    lock();
    let found = find(count, step);
    for unit in found.and_then(|first| IN_USE.get(first..first + count)).unwrap_or_default() {
        unit.store(true, Ordering::Relaxed);
    }
    unlock();
    found.map_or(ptr::null_mut(), |first| MEMORY.0.get().cast::<u8>().wrapping_add(first * UNIT))
}

/// Returns the first of `count` free units, at a multiple of `step`.
fn find(count: usize, step: usize) -> Option<usize> {
    let mut first = 0_usize;
    loop {
        let wanted = IN_USE.get(first..first.checked_add(count)?)?;
        match wanted.iter().rposition(|unit| unit.load(Ordering::Relaxed)) {
            Some(used) => first = (first + used + 1).next_multiple_of(step),
            None => return Some(first),
        }
    }
}

fn give_back(first: usize, size: usize) {
    lock();
    for unit in IN_USE.get(first..first + units(size)).unwrap_or_default() {
        unit.store(false, Ordering::Relaxed);
    }
    unlock();
}

/// Returns the unit at an address; `None` outside of the reserve.
fn unit_of(memory: *mut u8) -> Option<usize> {
    let offset = memory.addr().wrapping_sub(MEMORY.0.get().addr());
    (offset < SIZE).then_some(offset / UNIT)
}

const fn units(size: usize) -> usize {
    if size <= UNIT { 1 } else { size.div_ceil(UNIT) }
}

/// Locks `IN_USE`. A forked child takes the lock over from a thread of its parent, because that thread does not run in
/// the child.
fn lock() {
    let this = process::id();
    loop {
        match OWNER.compare_exchange_weak(0, this, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return,
            Err(owner) if owner != 0 && owner != this => {
                _ = OWNER.compare_exchange(owner, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
            Err(_) => spin_loop(),
        }
    }
}

fn unlock() {
    OWNER.store(0, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give the same memory to two owners if the system has none, or lose it for later calls.
    #[test]
    fn the_reserve_gives_each_unit_to_one_owner() {
        let layouts = [(1, 1), (64, 8), (65, 16), (5_000, 64), (100, 4096), (300_000, 8)];
        let layouts = layouts.map(|(size, align)| Layout::from_size_align(size, align).unwrap());
        std::thread::scope(|scope| {
            for mark in 1..=4_u8 {
                scope.spawn(move || {
                    for _ in 0..50 {
                        let taken = layouts.map(|layout| (take(layout), layout));
                        for (memory, layout) in taken {
                            assert!(!memory.is_null() && memory.addr().is_multiple_of(layout.align()));
                            // SAFETY: the memory has this size.
                            unsafe { memory.write_bytes(mark, layout.size()) };
                        }
                        for (memory, layout) in taken {
                            // SAFETY: the memory has this size, and was written above; it is freed once.
                            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
                            assert!(bytes.iter().all(|byte| *byte == mark));
                            give_back(unit_of(memory).unwrap(), layout.size());
                        }
                    }
                });
            }
        });
        let whole = Layout::from_size_align(SIZE, 1).unwrap();
        assert!(!take(whole).is_null(), "all units are free again");
        assert!(take(Layout::new::<u8>()).is_null(), "the reserve is full");
        give_back(0, SIZE);
    }
}
