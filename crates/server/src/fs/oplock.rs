//! The kinds of oplocks, and how a new open affects those of others ([MS-FSA] 2.1.1.13, 2.1.4.12).

use netsession_smb::msg::create_context::LeaseState;

/// The kind of an oplock: what a client may cache ([MS-FSA] 2.1.1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OplockKind {
    /// What it has read, as other clients may, until somebody changes the data.
    LevelTwo,
    /// What it writes, too, while its program has the file open.
    Exclusive,
    /// Even after that, in case a program opens the file again.
    Batch,
}

impl OplockKind {
    /// Returns what a client with such an oplock may cache.
    #[must_use]
    pub(super) const fn caching(self) -> LeaseState {
        match self {
            Self::LevelTwo => LeaseState::READ_CACHING,
            Self::Exclusive => LeaseState::READ_CACHING.union(LeaseState::WRITE_CACHING),
            Self::Batch => LeaseState::all(),
        }
    }

    /// Returns the oplock that allows this caching.
    #[must_use]
    pub(super) const fn of(caching: LeaseState) -> Option<Self> {
        if caching.is_all() {
            Some(Self::Batch)
        } else if caching.contains(LeaseState::WRITE_CACHING) {
            Some(Self::Exclusive)
        } else if caching.contains(LeaseState::READ_CACHING) {
            Some(Self::LevelTwo)
        } else {
            None
        }
    }
}

/// How a new open affects the oplocks and leases of others ([MS-FSA] 2.1.4.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// It only reads or sets attributes: the oplocks stay.
    Nothing,
    /// It breaks the oplocks, and waits until the holder gives up an exclusive or batch oplock.
    AndWaits,
    /// It breaks the oplocks without waiting, because it does not access the data.
    WithoutWaiting,
    /// It has waited long enough, and revokes an oplock that is not given up.
    ForGood,
}
