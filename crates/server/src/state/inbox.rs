use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_smb::msg::SessionId;

use super::OpenNumber;

/// What a connection has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The server ended one of its sessions.
    SessionEnded(SessionId),
    /// The client logged off one of its sessions on another connection.
    SessionLoggedOff(SessionId),
    /// An oplock of one of its opens is to be given back.
    OplockBreak(SessionId, OpenNumber),
    /// Something that one of its announced answers waits for may have happened.
    Poll,
}

/// Where a connection is told of what others have done.
pub(crate) struct Inbox {
    signals: Mutex<Vec<Signal>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Inbox {
    /// `wake` is called after each signal, on any thread.
    #[must_use]
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { signals: Mutex::default(), wake: Box::new(wake) }
    }

    /// Leaves a signal; several of the same kind count as one.
    pub(crate) fn send(&self, signal: Signal) {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if !signals.contains(&signal) {
            signals.push(signal);
        }
        drop(signals);
        (self.wake)();
    }

    /// Takes all signals.
    pub(crate) fn take(&self) -> Vec<Signal> {
        std::mem::take(&mut *self.signals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("signals", &self.signals).finish_non_exhaustive()
    }
}
