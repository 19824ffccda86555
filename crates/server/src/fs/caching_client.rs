//! [`CachingClient`]: the client of an open, as far as the open caches.

use std::time::Duration;

use netsession_smb::msg::LeaseBreakNotification;

use super::oplock::OplockKind;

/// How long a client may take to acknowledge the break of its oplock or lease ([MS-SMB2] 3.3.2.1, 3.3.2.5).
pub(crate) const PATIENCE: Duration = Duration::from_secs(35);

/// How long a client may take that has ignored a break: one that works answers at once.
pub(super) const BRIEF_PATIENCE: Duration = Duration::from_secs(1);

/// What the server tells a client that must give up caching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// An oplock, of which this is left: a level II oplock, or nothing.
    Oplock(Option<OplockKind>),
    /// A lease.
    Lease(LeaseBreakNotification),
}

/// The client of an open that caches. None of these functions may block.
pub(crate) trait CachingClient: Send + Sync {
    /// Tells the client that it must give up caching; returns whether the open has a client.
    fn tell(&self, what: Break) -> bool;

    /// Returns whether the open waits for a client that has lost its connection.
    fn is_gone(&self) -> bool;

    /// Returns the server's uptime.
    fn uptime(&self) -> Duration;

    /// Returns whether the client has ignored a break.
    fn is_silent(&self) -> bool;

    /// Records that the client has ignored a break. From now on, it has [`BRIEF_PATIENCE`].
    fn set_silent(&self);
}

/// Calls a function for each break.
#[cfg(test)]
impl<F: Fn(Break) -> bool + Send + Sync> CachingClient for F {
    fn tell(&self, what: Break) -> bool {
        self(what)
    }

    fn is_gone(&self) -> bool {
        false
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    fn is_silent(&self) -> bool {
        false
    }

    fn set_silent(&self) {}
}
