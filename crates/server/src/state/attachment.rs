use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsession_smb::msg::{CreateAction, SessionId};
use netsession_wire::Guid;

use super::{Channels, Signal};

/// What a client needs to reclaim a durable open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Durable {
    /// The client's own identifier.
    pub(crate) client: Guid,
    /// The identifier of the CREATE request; `None` for a durable open of version 1.
    pub(crate) create: Option<Guid>,
    /// How long the open waits for its client.
    pub(crate) timeout: Duration,
    /// What the CREATE did, for a client that repeats it.
    pub(crate) action: CreateAction,
}

/// The session that has an open; its connections, unless the open waits for its client.
pub(crate) struct Attachment(Mutex<(SessionId, Option<Arc<Channels>>)>);

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.session())
    }
}

impl Attachment {
    /// Attaches a new open to the session with this id and these connections.
    #[must_use]
    pub(crate) fn new(id: SessionId, channels: &Arc<Channels>) -> Arc<Self> {
        Arc::new(Self(Mutex::new((id, Some(Arc::clone(channels))))))
    }

    /// Attaches the open to another session, or to none.
    pub(super) fn set(&self, session: Option<(SessionId, &Arc<Channels>)>) {
        let mut attached = self.attached();
        match session {
            Some((id, channels)) => *attached = (id, Some(Arc::clone(channels))),
            None => attached.1 = None,
        }
    }

    /// Returns the open's session, or the last one that had it.
    pub(super) fn session(&self) -> SessionId {
        self.attached().0
    }

    fn attached(&self) -> MutexGuard<'_, (SessionId, Option<Arc<Channels>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the open waits for a client that has lost its connection.
    pub(crate) fn is_lost(&self) -> bool {
        self.attached().1.is_none()
    }

    /// Returns whether the open's session has ignored the break of an oplock or a lease.
    pub(crate) fn is_silent(&self) -> bool {
        self.attached().1.as_ref().is_some_and(|channels| channels.is_silent())
    }

    /// Records that the open's session has ignored the break of an oplock or a lease.
    pub(crate) fn set_silent(&self) {
        self.attached().1.iter().for_each(|channels| channels.set_silent());
    }

    /// Sends the session a signal about the open; returns whether the open has a session with a connection.
    pub(crate) fn signal(&self, signal: impl FnOnce(SessionId) -> Signal) -> bool {
        let (id, channels) = &*self.attached();
        channels.as_ref().is_some_and(|channels| channels.signal_oldest(signal(*id)))
    }
}
