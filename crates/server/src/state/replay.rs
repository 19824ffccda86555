//! Repeated requests: the server must not execute a request twice that a client repeats after it lost a connection.

use std::sync::{Arc, Mutex, PoisonError};

/// The channel sequence number of an open, and how many of its requests are in progress ([MS-SMB2] 3.3.5.2.10).
#[derive(Debug)]
pub(crate) struct ChannelSequence(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    number: u16,
    /// Requests with this number in progress.
    current: u64,
    /// Requests with earlier numbers in progress.
    earlier: u64,
}

/// A request in progress, until it is dropped.
#[derive(Debug)]
pub(crate) struct Underway {
    sequence: Arc<ChannelSequence>,
    number: u16,
}

impl ChannelSequence {
    /// Differences up to this count as ahead, greater ones as behind.
    const AHEAD: u16 = 0x7fff;

    pub(crate) fn new(number: u16) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Counts { number, current: 0, earlier: 0 })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a request. Returns `None` if the request must change nothing: because it arrives late, from a channel
    /// that the client has given up, or because it is a `replay` while the original may still be in progress.
    pub(crate) fn enter(self: &Arc<Self>, number: u16, replay: bool) -> Option<Underway> {
        let entered = self.with(|counts| {
            let ahead = number.wrapping_sub(counts.number);
            if ahead > Self::AHEAD {
                return false;
            }
            if ahead > 0 {
                counts.earlier = counts.earlier.saturating_add(counts.current);
                (counts.number, counts.current) = (number, 0);
            }
            if replay && counts.earlier > 0 {
                return false;
            }
            counts.current = counts.current.saturating_add(1);
            true
        });
        entered.then(|| Underway { sequence: Arc::clone(self), number })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.sequence.with(|counts| {
            let count = if counts.number == self.number { &mut counts.current } else { &mut counts.earlier };
            *count = count.saturating_sub(1);
        });
    }
}

/// The last executed LOCK request of each bucket, so that the server does not execute a repeated one again ([MS-SMB2]
/// 3.3.5.14).
#[derive(Debug)]
pub(crate) struct LockSequences(Mutex<[Option<u8>; Self::BUCKETS]>);

impl Default for LockSequences {
    fn default() -> Self {
        Self(Mutex::new([None; Self::BUCKETS]))
    }
}

impl LockSequences {
    const BUCKETS: usize = 64;

    /// Returns the bucket and the number within it; `None` if the request has none.
    fn parts(lock_sequence: u32) -> Option<(usize, u8)> {
        let bucket = usize::try_from(lock_sequence >> 4).ok()?.checked_sub(1)?;
        let number = u8::try_from(lock_sequence & 0xf).ok()?;
        (bucket < Self::BUCKETS).then_some((bucket, number))
    }

    /// Returns whether this request was executed; another number clears the bucket.
    pub(crate) fn is_done(&self, lock_sequence: u32) -> bool {
        let Some((bucket, number)) = Self::parts(lock_sequence) else { return false };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = buckets.get_mut(bucket) else { return false };
        *known = known.filter(|known| *known == number);
        known.is_some()
    }

    /// Records that a request was executed.
    pub(crate) fn done(&self, lock_sequence: u32) {
        let Some((bucket, number)) = Self::parts(lock_sequence) else { return };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = buckets.get_mut(bucket) {
            *known = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a write delayed on a lost connection overwrite newer data.
    #[test]
    fn late_requests_are_refused() {
        let sequence = ChannelSequence::new(u16::MAX);
        let late = sequence.enter(u16::MAX, false);
        assert!(late.is_some());
        assert!(sequence.enter(0, true).is_none(), "the one before may still be at work");
        assert!(sequence.enter(0, false).is_some() && sequence.enter(u16::MAX, false).is_none());
        drop(late);
        let replayed = sequence.enter(0, true);
        assert!(replayed.is_some(), "it is done");
        assert!(sequence.enter(0x7fff, false).is_some() && sequence.enter(0, true).is_none());
        assert!(sequence.enter(0x7fff, true).is_none());
        drop(replayed);
        assert!(sequence.enter(0x7fff, true).is_some());
    }

    /// A failure here would refuse a repeated lock request because the client already holds the lock, or skip a new
    /// one.
    #[test]
    fn a_repeated_lock_is_executed_once() {
        let sequences = LockSequences::default();
        for of_no_bucket in [0, 15, 65 << 4, u32::MAX] {
            sequences.done(of_no_bucket);
            assert!(!sequences.is_done(of_no_bucket));
        }
        for bucket in [1 << 4, 64 << 4] {
            assert!(!sequences.is_done(bucket | 3));
            sequences.done(bucket | 3);
            assert!(sequences.is_done(bucket | 3) && sequences.is_done(bucket | 3));
            assert!(!sequences.is_done(bucket | 4) && !sequences.is_done(bucket | 3), "the bucket is empty");
        }
    }
}
