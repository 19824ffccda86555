//! Byte-range locks of one file ([MS-FSA] 2.1.4.10, 2.1.5.8, 2.1.5.9).
//!
//! The table never waits: a caller that must wait retries after [`Locks::unlock`] or [`Locks::release`].

use netsession_wire::NtStatus;

/// The most locks of one file, so that a client cannot fill the memory.
const LIMIT: usize = 65_536;

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first byte.
    pub(crate) offset: u64,
    /// The number of bytes; 0 is a point between two bytes.
    pub(crate) length: u64,
}

impl Range {
    /// Returns a range that ends within 64 bits.
    ///
    /// # Errors
    /// `STATUS_INVALID_LOCK_RANGE`.
    pub(crate) fn new(offset: u64, length: u64) -> Result<Self, NtStatus> {
        let last = length.checked_sub(1).map_or(Some(offset), |more| offset.checked_add(more));
        last.map(|_| Self { offset, length }).ok_or(NtStatus::INVALID_LOCK_RANGE)
    }

    /// Returns whether the two share a byte, or one is a point inside the other. The range {0, 0} overlaps nothing.
    fn overlaps(self, other: Self) -> bool {
        let nothing = Self { offset: 0, length: 0 };
        if self == nothing || other == nothing {
            return false;
        }
        // 128 bits, because a point at 0 ends before its offset.
        let last = |range: Self| i128::from(range.offset) + i128::from(range.length) - 1;
        i128::from(self.offset) <= last(other) && last(self) >= i128::from(other.offset)
    }
}

/// Whether other opens may read a locked range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every open may read, none may write.
    Shared,
    /// Only the owner may read or write.
    Exclusive,
}

#[derive(Debug, Clone, Copy)]
struct Lock<Owner> {
    range: Range,
    mode: Mode,
    owner: Owner,
}

/// The locks of one file. Their owners are opens of the file.
#[derive(Debug)]
pub(crate) struct Locks<Owner> {
    locks: Vec<Lock<Owner>>,
}

impl<Owner> Default for Locks<Owner> {
    fn default() -> Self {
        Self { locks: Vec::new() }
    }
}

impl<Owner: Copy + PartialEq> Locks<Owner> {
    /// Locks `range` for `owner`.
    ///
    /// # Errors
    /// - `STATUS_LOCK_NOT_GRANTED`: another lock conflicts, even an exclusive one of the same owner.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the file has too many locks.
    pub(crate) fn lock(&mut self, owner: Owner, range: Range, mode: Mode) -> Result<(), NtStatus> {
        let exclusive = mode == Mode::Exclusive;
        let in_the_way = |lock: &Lock<Owner>| {
            let foreign = lock.owner != owner;
            lock.range.overlaps(range) && (exclusive || (lock.mode == Mode::Exclusive && foreign))
        };
        if self.locks.iter().any(in_the_way) {
            return Err(NtStatus::LOCK_NOT_GRANTED);
        }
        if self.locks.len() >= LIMIT {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.locks.push(Lock { range, mode, owner });
        Ok(())
    }

    /// Releases one lock of exactly this range, an exclusive one first.
    ///
    /// # Errors
    /// `STATUS_RANGE_NOT_LOCKED`.
    pub(crate) fn unlock(&mut self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        let own = |lock: &Lock<Owner>| lock.owner == owner && lock.range == range;
        let exclusive = self.locks.iter().rposition(|lock| own(lock) && lock.mode == Mode::Exclusive);
        let found = exclusive.or_else(|| self.locks.iter().rposition(own));
        let index = found.ok_or(NtStatus::RANGE_NOT_LOCKED)?;
        self.locks.remove(index);
        Ok(())
    }

    /// Releases all locks of `owner`; returns how many there were.
    pub(crate) fn release(&mut self, owner: Owner) -> usize {
        let before = self.locks.len();
        self.locks.retain(|lock| lock.owner != owner);
        before.saturating_sub(self.locks.len())
    }

    /// Checks that `owner` may read `range`.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT` if another owner has an exclusive lock.
    pub(crate) fn may_read(&self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        self.may(range, |lock| lock.mode == Mode::Exclusive && lock.owner != owner)
    }

    /// Checks that `owner` may write `range`.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT` if another owner has an exclusive lock, or any owner a shared one.
    pub(crate) fn may_write(&self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        self.may(range, |lock| lock.mode == Mode::Shared || lock.owner != owner)
    }

    fn may(&self, range: Range, forbids: impl Fn(&Lock<Owner>) -> bool) -> Result<(), NtStatus> {
        let conflict = self.locks.iter().any(|lock| lock.range.overlaps(range) && forbids(lock));
        if conflict { Err(NtStatus::FILE_LOCK_CONFLICT) } else { Ok(()) }
    }

    /// Returns how many locks `owner` holds.
    #[must_use]
    pub(crate) fn held_by(&self, owner: Owner) -> usize {
        self.locks.iter().filter(|lock| lock.owner == owner).count()
    }

    /// Returns whether there is no lock.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.locks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u8 = 1;
    const B: u8 = 2;

    fn range(offset: u64, length: u64) -> Range {
        Range::new(offset, length).unwrap()
    }

    /// A failure here would let two programs write the same record at once.
    #[test]
    fn an_exclusive_lock_keeps_others_out() {
        let mut locks = Locks::default();
        locks.lock(A, range(10, 10), Mode::Exclusive).unwrap();
        assert_eq!(locks.lock(B, range(19, 5), Mode::Shared), Err(NtStatus::LOCK_NOT_GRANTED));
        assert_eq!(locks.lock(A, range(10, 1), Mode::Exclusive), Err(NtStatus::LOCK_NOT_GRANTED));
        assert_eq!(locks.lock(A, range(10, 1), Mode::Shared), Ok(()), "its own shared one may lie on top");
        assert_eq!(locks.lock(B, range(20, 5), Mode::Exclusive), Ok(()));
        assert_eq!(locks.may_read(B, range(0, 11)), Err(NtStatus::FILE_LOCK_CONFLICT));
        assert_eq!(locks.may_read(B, range(0, 10)), Ok(()));
        assert_eq!(locks.may_read(A, range(0, 20)), Ok(()));
    }

    /// A failure here would leave data under a shared lock unprotected, even from its own reader.
    #[test]
    fn a_shared_lock_forbids_writing_to_all() {
        let mut locks = Locks::default();
        locks.lock(A, range(0, 4), Mode::Shared).unwrap();
        locks.lock(B, range(2, 4), Mode::Shared).unwrap();
        assert_eq!(locks.may_read(B, range(0, 4)), Ok(()));
        assert_eq!(locks.may_write(A, range(0, 1)), Err(NtStatus::FILE_LOCK_CONFLICT));
        assert_eq!(locks.release(A), 1);
        assert_eq!(locks.may_write(A, range(0, 1)), Ok(()));
        assert_eq!(locks.held_by(B), 1);
    }

    /// A failure here would compute ranges at the ends of the number space wrongly.
    #[test]
    fn points_and_ends() {
        assert_eq!(Range::new(u64::MAX, 2), Err(NtStatus::INVALID_LOCK_RANGE));
        let mut locks = Locks::default();
        locks.lock(A, range(u64::MAX, 1), Mode::Exclusive).unwrap();
        assert_eq!(locks.lock(B, range(0, u64::MAX), Mode::Exclusive), Ok(()));
        assert_eq!(locks.lock(B, range(0, 0), Mode::Exclusive), Ok(()), "{{0, 0}} meets nothing");
        assert_eq!(locks.lock(B, range(0, 0), Mode::Exclusive), Ok(()));
        let mut locks = Locks::default();
        locks.lock(A, range(10, 0), Mode::Exclusive).unwrap();
        assert_eq!(locks.lock(B, range(10, 1), Mode::Exclusive), Ok(()), "the point is before the byte");
        assert_eq!(locks.lock(B, range(8, 4), Mode::Exclusive), Err(NtStatus::LOCK_NOT_GRANTED));
    }

    /// A failure here would unlock another range, or another owner's lock.
    #[test]
    fn only_the_same_range_of_the_same_owner_is_unlocked() {
        let mut locks = Locks::default();
        locks.lock(A, range(0, 4), Mode::Exclusive).unwrap();
        locks.lock(A, range(0, 4), Mode::Shared).unwrap();
        assert_eq!(locks.unlock(B, range(0, 4)), Err(NtStatus::RANGE_NOT_LOCKED));
        assert_eq!(locks.unlock(A, range(0, 3)), Err(NtStatus::RANGE_NOT_LOCKED));
        assert_eq!(locks.unlock(A, range(0, 4)), Ok(()));
        assert_eq!(locks.may_read(B, range(0, 4)), Ok(()), "the exclusive one went first");
        assert_eq!(locks.unlock(A, range(0, 4)), Ok(()));
        assert!(locks.is_empty());
    }
}
