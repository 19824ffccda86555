//! Byte-range locks of one file ([MS-FSA] 2.1.4.10, 2.1.5.8, 2.1.5.9).
//!
//! The table never waits: a caller that must wait retries after [`Locks::unlock`] or [`Locks::release`]. It finds a
//! conflict without comparing every lock of the file, because all users of the file wait meanwhile.

use std::collections::BTreeMap;

use netsession_wire::NtStatus;

/// The most locks of one file, so that a client cannot fill the memory.
const LIMIT: usize = 65_536;
/// Shared ranges that can be removed one by one.
const FEW: usize = 16;

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Returns the offset behind its last byte; for a point, the offset itself.
    fn end(self) -> u128 {
        u128::from(self.offset).saturating_add(u128::from(self.length))
    }

    /// Returns whether the ranges share a byte, or whether one is a point inside the other.
    fn overlaps(self, other: Self) -> bool {
        u128::from(self.offset) < other.end() && u128::from(other.offset) < self.end()
    }

    const fn is_point(self) -> bool {
        self.length == 0
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

/// The locks of one file. Their owners are opens of the file.
///
/// Two ranges overlap if they share a byte, or if one is a point inside the other.
#[derive(Debug)]
pub(crate) struct Locks<Owner> {
    count: usize,
    /// The lengths and owners of the exclusive ranges, by their first bytes. No two ranges overlap.
    exclusive: BTreeMap<u64, (u64, Owner)>,
    shared: Shared,
    points: BTreeMap<u64, Points<Owner>>,
    owned: BTreeMap<Owner, BTreeMap<Range, Owned>>,
}

/// The ends of the shared ranges, in order: how many ranges overlap another one follows from how many begin before its
/// end, and how many end before it begins.
#[derive(Debug, Default)]
struct Shared {
    offsets: Vec<u64>,
    ends: Vec<u128>,
}

/// The points at one offset.
#[derive(Debug)]
struct Points<Owner> {
    shared: usize,
    exclusive: BTreeMap<Owner, usize>,
}

/// How many locks of exactly one range an owner has.
#[derive(Debug, Clone, Copy, Default)]
struct Owned {
    exclusive: u32,
    shared: u32,
}

impl<Owner> Default for Locks<Owner> {
    fn default() -> Self {
        Self {
            count: 0,
            exclusive: BTreeMap::new(),
            shared: Shared::default(),
            points: BTreeMap::new(),
            owned: BTreeMap::new(),
        }
    }
}

impl<Owner: Copy + Ord> Locks<Owner> {
    /// Locks `range` for `owner`.
    ///
    /// # Errors
    /// - `STATUS_LOCK_NOT_GRANTED`: another lock conflicts, even an exclusive one of the same owner.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the file has too many locks.
    pub(crate) fn lock(&mut self, owner: Owner, range: Range, mode: Mode) -> Result<(), NtStatus> {
        let conflict = match mode {
            Mode::Exclusive => self.has_exclusive(range, None) || self.has_shared(range),
            Mode::Shared => self.has_exclusive(range, Some(owner)),
        };
        if conflict {
            return Err(NtStatus::LOCK_NOT_GRANTED);
        }
        if self.count >= LIMIT {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.count = self.count.saturating_add(1);
        let own = self.owned.entry(owner).or_default().entry(range).or_default();
        own.count(mode, |count| count.saturating_add(1));
        self.add(owner, range, mode);
        Ok(())
    }

    /// Releases one lock of exactly this range, an exclusive one first.
    ///
    /// # Errors
    /// `STATUS_RANGE_NOT_LOCKED`.
    pub(crate) fn unlock(&mut self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        let ranges = self.owned.get_mut(&owner).ok_or(NtStatus::RANGE_NOT_LOCKED)?;
        let own = ranges.get_mut(&range).ok_or(NtStatus::RANGE_NOT_LOCKED)?;
        let mode = if own.exclusive > 0 { Mode::Exclusive } else { Mode::Shared };
        own.count(mode, |count| count.saturating_sub(1));
        if own.exclusive == 0 && own.shared == 0 {
            ranges.remove(&range);
        }
        if ranges.is_empty() {
            self.owned.remove(&owner);
        }
        self.count = self.count.saturating_sub(1);
        self.remove(owner, range, mode);
        Ok(())
    }

    /// Releases all locks of `owner`; returns how many there were.
    pub(crate) fn release(&mut self, owner: Owner) -> usize {
        let Some(ranges) = self.owned.remove(&owner) else { return 0 };
        // To remove each of many shared ranges would move the others each time.
        let has_many_shared = ranges.values().map(|own| wide(own.shared)).sum::<usize>() > FEW;
        let mut released: usize = 0;
        for (range, own) in &ranges {
            (0..own.exclusive).for_each(|_| self.remove(owner, *range, Mode::Exclusive));
            if range.is_point() || !has_many_shared {
                (0..own.shared).for_each(|_| self.remove(owner, *range, Mode::Shared));
            }
            released = released.saturating_add(own.all());
        }
        if has_many_shared {
            self.shared = self.owned.values().flatten().collect();
        }
        self.count = self.count.saturating_sub(released);
        released
    }

    /// Checks that `owner` may read `range`.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT` if another owner has an exclusive lock.
    pub(crate) fn may_read(&self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        let conflict = self.has_exclusive(range, Some(owner));
        if conflict { Err(NtStatus::FILE_LOCK_CONFLICT) } else { Ok(()) }
    }

    /// Checks that `owner` may write `range`.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT` if another owner has an exclusive lock, or any owner a shared one.
    pub(crate) fn may_write(&self, owner: Owner, range: Range) -> Result<(), NtStatus> {
        let conflict = self.has_exclusive(range, Some(owner)) || self.has_shared(range);
        if conflict { Err(NtStatus::FILE_LOCK_CONFLICT) } else { Ok(()) }
    }

    /// Returns how many locks `owner` holds.
    #[must_use]
    pub(crate) fn held_by(&self, owner: Owner) -> usize {
        let ranges = self.owned.get(&owner);
        ranges.map_or(0, |ranges| ranges.values().map(|own| own.all()).sum())
    }

    /// Returns the owners, in order, whose locks keep `owner` from this range: from reading it, if `mode` is shared, or from
    /// writing it.
    #[must_use]
    pub(crate) fn in_the_way(&self, owner: Owner, range: Range, mode: Mode) -> Vec<Owner> {
        let blocks = |other: Owner, held: &Owned| {
            other != owner && held.exclusive > 0 || mode == Mode::Exclusive && held.shared > 0
        };
        let owned = self.owned.iter().map(|(other, ranges)| (*other, ranges));
        let blocking = owned.filter(|(other, ranges)| {
            ranges.iter().any(|(at, held)| blocks(*other, held) && at.overlaps(range))
        });
        blocking.map(|(other, _)| other).collect()
    }

    /// Returns whether there is no lock.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns whether an exclusive lock overlaps `range`, of another owner than `except`.
    fn has_exclusive(&self, range: Range, except: Option<Owner>) -> bool {
        let counts = |owner: &Owner| except.is_none_or(|except| *owner != except);
        let before = self.exclusive.range(..range.offset).next_back();
        let reaches = before.is_some_and(|(offset, (length, owner))| {
            let before = Range { offset: *offset, length: *length };
            before.end() > range.offset.into() && counts(owner)
        });
        let mut inside =
            self.exclusive.range(range.offset..).take_while(|(at, _)| u128::from(**at) < range.end());
        reaches
            || inside.any(|(_, (_, owner))| counts(owner))
            || self.points_inside(range).any(|points| points.exclusive.keys().any(counts))
    }

    /// Returns whether a shared lock overlaps `range`.
    fn has_shared(&self, range: Range) -> bool {
        self.shared.overlaps(range) || self.points_inside(range).any(|points| points.shared > 0)
    }

    fn points_inside(&self, range: Range) -> impl Iterator<Item = &Points<Owner>> {
        let after = self.points.range(range.offset..).skip_while(move |(at, _)| **at == range.offset);
        after.take_while(move |(at, _)| u128::from(**at) < range.end()).map(|(_, points)| points)
    }

    fn add(&mut self, owner: Owner, range: Range, mode: Mode) {
        if range.is_point() {
            let points = self.points.entry(range.offset).or_insert_with(Points::none);
            points.count(owner, mode, |count| count.saturating_add(1));
        } else if mode == Mode::Exclusive {
            self.exclusive.insert(range.offset, (range.length, owner));
        } else {
            self.shared.add(range);
        }
    }

    fn remove(&mut self, owner: Owner, range: Range, mode: Mode) {
        if !range.is_point() {
            match mode {
                Mode::Exclusive => _ = self.exclusive.remove(&range.offset),
                Mode::Shared => self.shared.remove(range),
            }
        } else if let Some(points) = self.points.get_mut(&range.offset) {
            points.count(owner, mode, |count| count.saturating_sub(1));
            if points.shared == 0 && points.exclusive.is_empty() {
                self.points.remove(&range.offset);
            }
        }
    }
}

impl Owned {
    /// Returns the number of locks.
    fn all(self) -> usize {
        wide(self.exclusive).saturating_add(wide(self.shared))
    }

    fn count(&mut self, mode: Mode, change: impl Fn(u32) -> u32) {
        let count = if mode == Mode::Exclusive { &mut self.exclusive } else { &mut self.shared };
        *count = change(*count);
    }
}

impl<Owner: Copy + Ord> Points<Owner> {
    const fn none() -> Self {
        Self { shared: 0, exclusive: BTreeMap::new() }
    }

    fn count(&mut self, owner: Owner, mode: Mode, change: impl Fn(usize) -> usize) {
        if mode == Mode::Shared {
            self.shared = change(self.shared);
            return;
        }
        let count = self.exclusive.entry(owner).or_default();
        *count = change(*count);
        if *count == 0 {
            self.exclusive.remove(&owner);
        }
    }
}

impl Shared {
    /// Returns whether one of the ranges overlaps `range`. A range that ends before it begins before its end, too.
    fn overlaps(&self, range: Range) -> bool {
        let begin = self.offsets.partition_point(|offset| u128::from(*offset) < range.end());
        let end = self.ends.partition_point(|end| *end <= range.offset.into());
        begin > end
    }

    fn add(&mut self, range: Range) {
        let offset = self.offsets.partition_point(|offset| *offset < range.offset);
        self.offsets.insert(offset, range.offset);
        let end = self.ends.partition_point(|end| *end < range.end());
        self.ends.insert(end, range.end());
    }

    fn remove(&mut self, range: Range) {
        if let Ok(offset) = self.offsets.binary_search(&range.offset) {
            self.offsets.remove(offset);
        }
        if let Ok(end) = self.ends.binary_search(&range.end()) {
            self.ends.remove(end);
        }
    }
}

impl<'a> FromIterator<(&'a Range, &'a Owned)> for Shared {
    fn from_iter<I: IntoIterator<Item = (&'a Range, &'a Owned)>>(locks: I) -> Self {
        let mut shared = Self::default();
        for (range, own) in locks.into_iter().filter(|(range, _)| !range.is_point()) {
            shared.offsets.extend(std::iter::repeat_n(range.offset, wide(own.shared)));
            shared.ends.extend(std::iter::repeat_n(range.end(), wide(own.shared)));
        }
        shared.offsets.sort_unstable();
        shared.ends.sort_unstable();
        shared
    }
}

fn wide(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

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

    /// An owner that counts how often it is compared.
    #[derive(Debug, Clone, Copy)]
    struct Counted(u8);

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Eq for Counted {}

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    /// A failure here would let one user slow down everybody who uses the same file, by very many locks.
    #[test]
    fn a_request_is_compared_with_few_locks() {
        let (mallory, alice) = (Counted(A), Counted(B));
        let mut locks = Locks::default();
        for number in 0..10_000 {
            locks.lock(mallory, range(number * 10, 5), Mode::Exclusive).unwrap();
            locks.lock(mallory, range(200_000 + number, 1000), Mode::Shared).unwrap();
            locks.lock(mallory, range(500_000, 0), Mode::Exclusive).unwrap();
        }
        COMPARED.set(0);
        assert_eq!(locks.lock(alice, range(300_000, 5), Mode::Exclusive), Ok(()));
        assert_eq!(locks.lock(alice, range(50_004, 1), Mode::Shared), Err(NtStatus::LOCK_NOT_GRANTED));
        assert_eq!(locks.lock(alice, range(205_000, 1), Mode::Shared), Ok(()));
        assert_eq!(locks.may_read(alice, range(0, u64::MAX)), Err(NtStatus::FILE_LOCK_CONFLICT));
        assert_eq!(locks.may_write(alice, range(400_000, 100_000)), Ok(()));
        assert_eq!(locks.held_by(alice), 2);
        assert_eq!(locks.release(alice), 2);
        assert!(COMPARED.get() < 100, "{} comparisons", COMPARED.get());
        assert_eq!(locks.release(mallory), 30_000);
        assert!(locks.is_empty() && locks.shared.ends.is_empty() && locks.points.is_empty());
    }

    /// The rules of [MS-FSA] 2.1.4.10, by comparing each lock.
    #[derive(Debug, Default)]
    struct Model(Vec<(u8, Range, Mode)>);

    impl Model {
        fn overlapping(&self, range: Range) -> impl Iterator<Item = &(u8, Range, Mode)> {
            let last = |range: Range| i128::from(range.offset) + i128::from(range.length) - 1;
            self.0.iter().filter(move |(_, other, _)| {
                let is_nothing = |range: Range| range.offset == 0 && range.length == 0;
                let reaches =
                    i128::from(range.offset) <= last(*other) && last(range) >= i128::from(other.offset);
                reaches && !is_nothing(range) && !is_nothing(*other)
            })
        }

        fn lock(&mut self, owner: u8, range: Range, mode: Mode) -> Result<(), NtStatus> {
            let conflicts = |(other, _, theirs): &(u8, Range, Mode)| {
                mode == Mode::Exclusive || *theirs == Mode::Exclusive && *other != owner
            };
            if self.overlapping(range).any(conflicts) {
                return Err(NtStatus::LOCK_NOT_GRANTED);
            }
            self.0.push((owner, range, mode));
            Ok(())
        }

        fn unlock(&mut self, owner: u8, range: Range) -> Result<(), NtStatus> {
            let find = |mode| self.0.iter().position(|lock| *lock == (owner, range, mode));
            let found = find(Mode::Exclusive).or_else(|| find(Mode::Shared));
            found.map(|index| _ = self.0.remove(index)).ok_or(NtStatus::RANGE_NOT_LOCKED)
        }
    }

    /// A failure here would grant conflicting locks, or refuse a lock without a reason.
    #[test]
    fn any_locks_follow_the_rules() {
        let mut seed = 1_u64;
        let mut random = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        for _ in 0..300 {
            let (mut locks, mut model) = (Locks::default(), Model::default());
            for _ in 0..60 {
                let owner = u8::try_from(random(3)).unwrap();
                let offset = if random(8) == 0 { u64::MAX - random(4) } else { random(12) };
                let range = Range::new(offset, random(4)).unwrap_or(Range { offset, length: 1 });
                let mode = if random(2) == 0 { Mode::Exclusive } else { Mode::Shared };
                match random(6) {
                    0 => assert_eq!(locks.unlock(owner, range), model.unlock(owner, range)),
                    1 if random(4) == 0 => {
                        let before = model.0.len();
                        model.0.retain(|(other, ..)| *other != owner);
                        assert_eq!(locks.release(owner), before - model.0.len());
                    }
                    _ => assert_eq!(
                        locks.lock(owner, range, mode),
                        model.lock(owner, range, mode),
                        "{model:?}"
                    ),
                }
                let foreign =
                    |(other, _, mode): &(u8, Range, Mode)| *mode == Mode::Exclusive && *other != owner;
                let shared = |(_, _, mode): &(u8, Range, Mode)| *mode == Mode::Shared;
                let may_read = !model.overlapping(range).any(foreign);
                assert_eq!(locks.may_read(owner, range).is_ok(), may_read, "{range:?} in {model:?}");
                let may_write = may_read && !model.overlapping(range).any(shared);
                assert_eq!(locks.may_write(owner, range).is_ok(), may_write, "{range:?} in {model:?}");
                let held = model.0.iter().filter(|(other, ..)| *other == owner).count();
                assert_eq!((locks.held_by(owner), locks.count), (held, model.0.len()));
            }
        }
    }
}
