//! [`Budget`]: an amount that all users share, such as descriptors or memory. No user can take all of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An amount that all users share.
///
/// A user may hold at most as much as is left for the others: half of it at first, and less while others hold much. So
/// something is always left for the next user.
#[derive(Debug)]
pub(crate) struct Budget {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    users: HashMap<Arc<str>, usize>,
}

/// A part of a budget that a user holds; dropping it returns it.
#[derive(Debug)]
pub(crate) struct Part {
    budget: Arc<Budget>,
    user: Arc<str>,
    amount: usize,
}

impl Budget {
    /// Creates a budget of `most`.
    #[must_use]
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `amount` for `user`; `None` if the user would hold too much.
    #[must_use]
    pub(crate) fn take(self: &Arc<Self>, user: &str, amount: usize) -> Option<Part> {
        let mut part = self.part(user);
        part.has_room_for(amount).then(|| {
            part.set(amount);
            part
        })
    }

    /// Returns an empty part for `user`.
    #[must_use]
    pub(crate) fn part(self: &Arc<Self>, user: &str) -> Part {
        Part { budget: Arc::clone(self), user: user.into(), amount: 0 }
    }

    /// Returns how much all users hold.
    pub(crate) fn total(&self) -> usize {
        self.taken().total
    }
}

impl Part {
    /// Returns whether the user may hold `more` in addition to what the user holds now.
    #[must_use]
    pub(crate) fn has_room_for(&self, more: usize) -> bool {
        let taken = self.budget.taken();
        let own = taken.users.get(&self.user).copied().unwrap_or(0).saturating_add(more);
        own <= self.budget.most.saturating_sub(taken.total.saturating_add(more))
    }

    /// Adds `more` to this part; returns false if the user may not hold it.
    #[must_use]
    pub(crate) fn add(&mut self, more: usize) -> bool {
        let has_room = self.has_room_for(more);
        if has_room {
            self.set(self.amount.saturating_add(more));
        }
        has_room
    }

    /// Gives `less` of this part back.
    pub(crate) fn subtract(&mut self, less: usize) {
        self.set(self.amount.saturating_sub(less));
    }

    /// Sets the amount of this part. It may exceed what the user may hold, for amounts that the server cannot foresee.
    pub(crate) fn set(&mut self, amount: usize) {
        let before = std::mem::replace(&mut self.amount, amount);
        if before == amount {
            return;
        }
        let mut taken = self.budget.taken();
        taken.total = taken.total.saturating_sub(before).saturating_add(amount);
        let own = taken.users.entry(Arc::clone(&self.user)).or_default();
        *own = own.saturating_sub(before).saturating_add(amount);
        if *own == 0 {
            taken.users.remove(&self.user);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// What the users of a server share.
#[derive(Debug)]
pub(crate) struct Budgets {
    /// Sessions.
    pub(crate) sessions: Arc<Budget>,
    /// Connections of sessions to shares.
    pub(crate) trees: Arc<Budget>,
    /// Open files and folders, each of which is a descriptor.
    pub(crate) files: Arc<Budget>,
    /// Byte-range locks.
    pub(crate) locks: Arc<Budget>,
    /// Bytes that pipes hold: unread responses, and calls that are not complete.
    pub(crate) pipes: Arc<Budget>,
    /// Watched folders.
    pub(crate) watches: Arc<Budget>,
    /// Bytes of frames that have arrived in part, and of responses that clients have not read.
    pub(crate) buffers: Arc<Budget>,
}

/// Descriptors that are not for files: for connections, and for requests that need one for a moment.
const RESERVED_DESCRIPTORS: u64 = 1024;
/// Sessions of all users.
const MOST_SESSIONS: usize = 131_072;
/// Connections of sessions to shares, some two hundred bytes each. An allocator may keep the memory of small objects for
/// the process, so the share of one user is a few megabytes.
const MOST_TREES: usize = 65_536;
/// Byte-range locks, some hundred bytes each.
const MOST_LOCKS: usize = 131_072;
/// Open files if the system limits none.
const MOST_FILES: usize = 1 << 20;

impl Default for Budgets {
    fn default() -> Self {
        let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let files = most.map_or(MOST_FILES, files_within);
        Self {
            sessions: Budget::new(MOST_SESSIONS),
            trees: Budget::new(MOST_TREES),
            files: Budget::new(files),
            locks: Budget::new(MOST_LOCKS),
            pipes: Budget::new(64 << 20),
            watches: Budget::new(16_384),
            buffers: Budget::new(256 << 20),
        }
    }
}

/// Returns how many of `descriptors` are for files: at least three of four.
fn files_within(descriptors: u64) -> usize {
    let files = descriptors.saturating_sub(RESERVED_DESCRIPTORS.min(descriptors / 4));
    usize::try_from(files).unwrap_or(MOST_FILES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let one user, or several together, leave nothing for the next user.
    #[test]
    fn something_is_left_for_the_next_user() {
        let budget = Budget::new(64);
        let mut parts = Vec::new();
        for (user, may_take) in [("a", 32), ("b", 16), ("c", 8), ("d", 4)] {
            let before = parts.len();
            parts.extend(std::iter::from_fn(|| budget.take(user, 1)));
            assert_eq!(parts.len() - before, may_take, "{user}");
        }
        assert!(budget.take("a", 1).is_none() && budget.take("e", 1).is_some());
        parts.clear();
        assert_eq!((budget.total(), budget.taken().users.len()), (0, 0));
        assert!(budget.take("a", 33).is_none() && budget.take("a", 32).is_some());
    }

    /// A failure here would not count an amount that the server could not foresee, so that a user takes as much again
    /// and again.
    #[test]
    fn unforeseen_amounts_count() {
        let budget = Budget::new(64);
        let mut part = budget.take("a", 0).unwrap();
        part.set(60);
        assert!(!part.has_room_for(1) && budget.take("a", 1).is_none() && budget.take("b", 1).is_some());
        part.set(1);
        assert!(part.has_room_for(1));
        drop(part);
        assert_eq!(budget.total(), 0);
    }

    /// A failure here would leave no descriptors for connections.
    #[test]
    fn descriptors_are_reserved_for_connections() {
        assert_eq!((files_within(4096), files_within(256)), (3072, 192));
    }
}
