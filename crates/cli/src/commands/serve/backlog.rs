//! [`Backlog`]: the lines that wait for the thread that writes them, within a number of lines and of bytes.
//!
//! A terminal, a pipe or a disk can stop taking lines at any time. The names in them come from clients, so their number alone
//! does not limit the memory.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The entrance of a queue for one thread.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    sender: Mutex<Option<SyncSender<Line<T>>>>,
    /// Bytes of the lines that wait.
    bytes: Arc<AtomicUsize>,
    most_bytes: usize,
    omitted: AtomicU64,
}

/// Something that waits. Dropping it makes room for another one.
#[derive(Debug)]
pub(super) struct Line<T> {
    pub(super) content: T,
    size: usize,
    bytes: Arc<AtomicUsize>,
}

impl<T> Drop for Line<T> {
    fn drop(&mut self) {
        self.bytes.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl<T> Backlog<T> {
    /// Creates a queue, and returns its exit, too.
    pub(super) fn new(most_lines: usize, most_bytes: usize) -> (Self, Receiver<Line<T>>) {
        let (sender, exit) = sync_channel(most_lines);
        let sender = Mutex::new(Some(sender));
        (Self { sender, bytes: Arc::default(), most_bytes, omitted: AtomicU64::new(0) }, exit)
    }

    /// Queues a line of `size` bytes, or counts it as omitted if there is no room. Never waits.
    pub(super) fn push(&self, content: T, size: usize) {
        if !self.try_push(content, size) {
            self.omit(1);
        }
    }

    /// Queues a line of `size` bytes. Returns false if there is no room. Never waits.
    pub(super) fn try_push(&self, content: T, size: usize) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref() else { return true };
        // Only this function adds bytes, one caller at a time.
        let has_room = self.bytes.load(Ordering::Relaxed).saturating_add(size) <= self.most_bytes;
        self.bytes.fetch_add(size, Ordering::Relaxed);
        let line = Line { content, size, bytes: Arc::clone(&self.bytes) };
        has_room && sender.try_send(line).is_ok()
    }

    /// Counts lines that are missing.
    pub(super) fn omit(&self, count: u64) {
        self.omitted.fetch_add(count, Ordering::Relaxed);
    }

    /// Returns how many lines are missing since the last call.
    pub(super) fn take_omitted(&self) -> u64 {
        self.omitted.swap(0, Ordering::Relaxed)
    }

    /// Closes the entrance: the thread ends after the lines that wait.
    pub(super) fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client fill the memory with long names while a log is not written, or lose lines for which
    /// there is room.
    #[test]
    fn long_lines_take_the_place_of_many_short_ones() {
        let (backlog, exit) = Backlog::new(4, 100);
        for size in [60, 50, 40, 1] {
            backlog.push(size, size);
        }
        assert_eq!((backlog.take_omitted(), backlog.take_omitted()), (2, 0));
        assert_eq!(exit.try_iter().map(|line| line.content).collect::<Vec<_>>(), [60, 40]);
        for _ in 0..6 {
            backlog.push(10, 10);
        }
        assert_eq!((exit.try_iter().count(), backlog.take_omitted()), (4, 2));
        assert_eq!(backlog.bytes.load(Ordering::Relaxed), 0);
        backlog.close();
        backlog.push(1, 1);
        assert!(exit.recv().is_err());
    }
}
