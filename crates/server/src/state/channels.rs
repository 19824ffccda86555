use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_wire::NtStatus;

use super::{Inbox, Signal};

/// A connection of a session.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// The connection's inbox.
    pub(crate) inbox: Arc<Inbox>,
}

/// The connections of a session ([MS-SMB2] 3.3.1.14), the oldest first.
///
/// A thread that locks this may lock nothing but inboxes: any thread may signal a session at any time.
#[derive(Debug)]
pub(crate) struct Channels(Mutex<List>);

#[derive(Debug)]
struct List {
    channels: Vec<Channel>,
    /// The client's address on the oldest connection, or on the last one that was closed.
    peer: SocketAddr,
    closed: bool,
    /// Whether the client has ignored the break of an oplock or a lease.
    is_silent: bool,
}

impl Channels {
    /// The most connections of one session.
    pub(super) const LIMIT: usize = 32;

    pub(super) fn new(first: Channel) -> Self {
        Self(Mutex::new(List { peer: first.peer, channels: vec![first], closed: false, is_silent: false }))
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.list().peer
    }

    pub(super) fn all(&self) -> Vec<SocketAddr> {
        self.list().channels.iter().map(|channel| channel.peer).collect()
    }

    /// Adds a connection.
    ///
    /// # Errors
    /// - `STATUS_USER_SESSION_DELETED`: the session has ended.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the session has [`Self::LIMIT`] connections.
    pub(super) fn join(&self, channel: Channel) -> Result<(), NtStatus> {
        let mut list = self.list();
        if list.closed {
            return Err(NtStatus::USER_SESSION_DELETED);
        }
        if list.channels.len() >= Self::LIMIT {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        list.channels.push(channel);
        drop(list);
        Ok(())
    }

    /// Removes a connection, which receives no more signals; returns whether another one is left.
    pub(super) fn leave(&self, inbox: &Arc<Inbox>) -> bool {
        let mut list = self.list();
        list.channels.retain(|channel| !Arc::ptr_eq(&channel.inbox, inbox));
        if let Some(first) = list.channels.first().map(|channel| channel.peer) {
            list.peer = first;
        }
        !list.channels.is_empty()
    }

    /// Returns whether the client has ignored the break of an oplock or a lease.
    pub(super) fn is_silent(&self) -> bool {
        self.list().is_silent
    }

    /// Records that the client has ignored the break of an oplock or a lease.
    pub(super) fn set_silent(&self) {
        let mut list = self.list();
        if !std::mem::replace(&mut list.is_silent, true) {
            tracing::info!(peer = %list.peer, "a client did not acknowledge a break: from now on it has a second for that");
        }
    }

    /// Sends a signal to the oldest connection; returns whether there is one.
    pub(crate) fn signal_oldest(&self, signal: Signal) -> bool {
        let list = self.list();
        let first = list.channels.first();
        first.inspect(|first| first.inbox.send(signal)).is_some()
    }

    /// Sends a signal to every connection.
    pub(super) fn signal_all(&self, signal: Signal) {
        self.list().channels.iter().for_each(|channel| channel.inbox.send(signal));
    }

    /// Sends a signal to every connection if there are several.
    pub(super) fn signal_all_if_several(&self, signal: Signal) {
        let list = self.list();
        if list.channels.len() > 1 {
            list.channels.iter().for_each(|channel| channel.inbox.send(signal));
        }
    }

    /// Sends a last signal to every connection and removes them. Nobody can add another one after that.
    pub(super) fn close(&self, signal: Signal) {
        let mut list = self.list();
        list.closed = true;
        std::mem::take(&mut list.channels).iter().for_each(|channel| channel.inbox.send(signal));
    }
}
