//! What tells a request that a client sends once more, after it has lost a connection, from a new one.

use std::sync::{Arc, Mutex, PoisonError};

/// How often the client has changed its channel, as far as requests for one open have told, and how many of them are still
/// being worked on ([MS-SMB2] 3.3.5.2.10).
#[derive(Debug)]
pub(crate) struct ChannelSequence(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    number: u16,
    /// Requests of this number that are not done.
    current: u64,
    /// Requests of earlier numbers that are not done.
    earlier: u64,
}

/// A request that is not done. Dropped, it is.
#[derive(Debug)]
pub(crate) struct Underway {
    sequence: Arc<ChannelSequence>,
    number: u16,
}

impl ChannelSequence {
    /// Numbers half around from here on are ahead, the others behind.
    const AHEAD: u16 = 0x7fff;

    pub(crate) fn new(number: u16) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Counts { number, current: 0, earlier: 0 })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a request. None for one that must change nothing: it comes late, from a channel that the client has given
    /// up; or it is a `replay` of one that may still be at work.
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

/// The last LOCK of each bucket that was carried out, so that one that is sent again is not carried out again ([MS-SMB2]
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

    /// The bucket and the number within it; none where the request has none.
    fn parts(lock_sequence: u32) -> Option<(usize, u8)> {
        let bucket = usize::try_from(lock_sequence >> 4).ok()?.checked_sub(1)?;
        let number = u8::try_from(lock_sequence & 0xf).ok()?;
        (bucket < Self::BUCKETS).then_some((bucket, number))
    }

    /// Whether this very request was carried out; one with another number makes the bucket empty.
    pub(crate) fn is_done(&self, lock_sequence: u32) -> bool {
        let Some((bucket, number)) = Self::parts(lock_sequence) else { return false };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = buckets.get_mut(bucket) else { return false };
        *known = known.filter(|known| *known == number);
        known.is_some()
    }

    /// It was carried out.
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
    fn what_comes_late_is_not_let_in() {
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
    fn a_lock_is_carried_out_once() {
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
