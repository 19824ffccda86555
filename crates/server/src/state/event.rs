use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Open, Session, Tree};

/// What happened on a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A client has connected.
    Connected(SocketAddr),
    /// A connection is gone.
    Disconnected(SocketAddr),
    /// Somebody tried to log on and could not; the name, where it came so far.
    LogonFailed(SocketAddr, Option<String>),
    /// Somebody has logged on.
    SessionSetUp(Arc<Session>),
    /// A session is used on a further connection, from this address.
    ChannelBound(Arc<Session>, SocketAddr),
    /// One of several connections of a session is gone.
    ChannelLost(Arc<Session>, SocketAddr),
    /// A session is gone.
    SessionGone(Arc<Session>, Gone),
    /// A session uses a share.
    TreeConnected(Arc<Session>, Arc<Tree>),
    /// It no longer does.
    TreeDisconnected(Arc<Session>, Arc<Tree>),
    /// A file, folder or pipe was opened.
    Opened(Arc<Open>),
    /// It was closed.
    Closed(Arc<Open>),
}

/// Why a session is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// The client has logged off.
    LoggedOff,
    /// The connection is gone.
    Disconnected,
    /// The client has set up another one in its place.
    Replaced,
    /// An administrator has ended it: the one named, or whoever runs the server.
    Ended(Option<String>),
}

type Subscriber = Arc<dyn Fn(&Event) + Send + Sync>;

/// Who is told of events.
#[derive(Default)]
pub(super) struct Subscribers(Mutex<Vec<Subscriber>>);

impl Subscribers {
    pub(super) fn add(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(subscriber));
    }

    pub(super) fn tell(&self, event: &Event) {
        // Called without the lock, so that a subscriber can do anything.
        let subscribers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        subscribers.iter().for_each(|subscriber| subscriber(event));
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers").finish_non_exhaustive()
    }
}
