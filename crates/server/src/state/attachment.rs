use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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

/// The session that has an open, unless the open waits for its client.
pub(crate) struct Attachment(Mutex<Option<(Arc<Channels>, SessionId)>>);

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, id)| *id);
        write!(f, "{session:?}")
    }
}

impl Attachment {
    /// Attaches a new open to the session with this id and these connections.
    #[must_use]
    pub(crate) fn new(id: SessionId, channels: &Arc<Channels>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some((Arc::clone(channels), id)))))
    }

    /// Attaches the open to another session, or to none.
    pub(super) fn set(&self, session: Option<(SessionId, &Arc<Channels>)>) {
        let session = session.map(|(id, channels)| (Arc::clone(channels), id));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// Returns whether the open's session has ignored the break of an oplock or a lease.
    pub(crate) fn is_silent(&self) -> bool {
        let attached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attached.as_ref().is_some_and(|(channels, _)| channels.is_silent())
    }

    /// Records that the open's session has ignored the break of an oplock or a lease.
    pub(crate) fn set_silent(&self) {
        let attached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attached.iter().for_each(|(channels, _)| channels.set_silent());
    }

    /// Sends the session a signal about the open; returns whether the open has a session with a connection.
    pub(crate) fn signal(&self, signal: impl FnOnce(SessionId) -> Signal) -> bool {
        let attached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attached.as_ref().is_some_and(|(channels, id)| channels.signal_oldest(signal(*id)))
    }
}
