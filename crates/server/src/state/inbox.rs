use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_smb::msg::{LeaseBreakNotification, OplockLevel, SessionId};

use super::OpenNumber;

/// Something that a connection must act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The server ended one of its sessions.
    SessionEnded(SessionId),
    /// The client logged off one of its sessions on another connection.
    SessionLoggedOff(SessionId),
    /// The client must give up the oplock of one of its opens, of which this level is left.
    OplockBreak(SessionId, OpenNumber, OplockLevel),
    /// The client must give up caching by a lease, which an open of this session has.
    LeaseBreak(SessionId, LeaseBreakNotification),
    /// Something may have happened for which one of its requests waits.
    Poll,
}

/// The signals that other connections send to a connection.
pub(crate) struct Inbox {
    signals: Mutex<Vec<Signal>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Inbox {
    /// Creates an empty inbox that calls `wake` after each signal, on any thread.
    #[must_use]
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { signals: Mutex::default(), wake: Box::new(wake) }
    }

    /// Adds a signal, unless the inbox already has the same one.
    pub(crate) fn send(&self, signal: Signal) {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if !signals.contains(&signal) {
            signals.push(signal);
        }
        drop(signals);
        (self.wake)();
    }

    /// Removes and returns all signals.
    pub(crate) fn take(&self) -> Vec<Signal> {
        std::mem::take(&mut *self.signals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("signals", &self.signals).finish_non_exhaustive()
    }
}
