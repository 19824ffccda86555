//! [`Searches`]: the memory for the names of all half-read searches of a server.
//!
//! A search that its client has not read to the end keeps its names. At the limit of a user, that user's oldest search
//! drops its names; at the limit of the server, the oldest search of the user who keeps most does. The client loses
//! nothing: the search reads the folder again, and continues after the name that it returned last.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::names::SortedNames;

/// Bytes of names that one user may keep, in all sessions: some million names.
const BY_USER: usize = 32 << 20;
/// Bytes of names that all users may keep.
const IN_ALL: usize = 256 << 20;

/// The names of all searches of a server.
#[derive(Debug)]
pub(crate) struct Searches {
    by_user: usize,
    in_all: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    total: usize,
    users: HashMap<Arc<str>, Own>,
    last: u64,
}

/// The searches of a user.
#[derive(Debug, Default)]
struct Own {
    bytes: usize,
    /// The oldest first.
    searches: VecDeque<Search>,
}

#[derive(Debug)]
struct Search {
    number: u64,
    bytes: usize,
    names: Weak<Names>,
}

/// The names of a search; `None` if the search has dropped them.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<Option<SortedNames>>);

impl Names {
    /// Locks and returns the names.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<SortedNames>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a search keeps; dropping it returns the memory.
#[derive(Debug)]
pub(super) struct Kept {
    searches: Arc<Searches>,
    user: Arc<str>,
    number: u64,
}

impl Default for Searches {
    fn default() -> Self {
        Self::new(BY_USER, IN_ALL)
    }
}

impl Searches {
    /// Creates limits in bytes.
    pub(crate) fn new(by_user: usize, in_all: usize) -> Self {
        Self { by_user, in_all, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a search of `user` keeps `names` of `bytes`, and drops the names of older searches if necessary.
    pub(super) fn keep(self: &Arc<Self>, user: &str, names: &Arc<Names>, bytes: usize) -> Kept {
        let user: Arc<str> = user.into();
        let mut table = self.table();
        table.last = table.last.saturating_add(1);
        let number = table.last;
        table.total = table.total.saturating_add(bytes);
        let own = table.users.entry(Arc::clone(&user)).or_default();
        own.bytes = own.bytes.saturating_add(bytes);
        own.searches.push_back(Search { number, bytes, names: Arc::downgrade(names) });
        while table.users.get(&user).is_some_and(|own| own.bytes > self.by_user) && table.take(&user, number)
        {
        }
        while table.total > self.in_all {
            let most = table.users.iter().max_by_key(|(_, own)| own.bytes).map(|(user, _)| Arc::clone(user));
            if !most.is_some_and(|most| table.take(&most, number)) {
                break;
            }
        }
        drop(table);
        Kept { searches: Arc::clone(self), user, number }
    }

    /// Returns the bytes that all searches keep.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn total(&self) -> usize {
        self.table().total
    }
}

impl Table {
    /// Drops the names of a user's oldest search that is not in use; returns false if there is none but `number`.
    fn take(&mut self, user: &str, number: u64) -> bool {
        let Some(own) = self.users.get_mut(user) else { return false };
        let is_taken = |search: &Search| {
            search.number != number
                && search.names.upgrade().is_none_or(|names| match names.0.try_lock() {
                    Ok(mut names) => {
                        *names = None;
                        true
                    }
                    Err(_) => false,
                })
        };
        match own.searches.iter().position(is_taken) {
            Some(index) => {
                self.remove(user, index);
                true
            }
            None => false,
        }
    }

    fn remove(&mut self, user: &str, index: usize) {
        let Some(own) = self.users.get_mut(user) else { return };
        let Some(search) = own.searches.remove(index) else { return };
        own.bytes = own.bytes.saturating_sub(search.bytes);
        self.total = self.total.saturating_sub(search.bytes);
        if own.searches.is_empty() {
            self.users.remove(user);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut table = self.searches.table();
        let own = table.users.get(&self.user);
        let index = own.and_then(|own| own.searches.iter().position(|search| search.number == self.number));
        if let Some(index) = index {
            table.remove(&self.user, index);
        }
    }
}
