use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use netsession_smb::auth::{AuthError, Claim, Proof};
use netsession_smb::server::NegotiationRefusal;

use super::{Open, Session, Share, ShareRefusal, Tree};

/// Something that happened on a server.
///
/// [`Builder::on_event`](crate::Builder::on_event) and [`Server::on_event`](crate::Server::on_event) subscribe to events.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A client connected from this address.
    Connected(SocketAddr),
    /// The connection from this address was closed.
    Disconnected(SocketAddr),
    /// A client at this address speaks nothing that the server accepts.
    NotNegotiated(SocketAddr, NegotiationRefusal),
    /// A logon from this address failed, with the user's name if the client sent one.
    LogonFailed(SocketAddr, Option<String>, LogonRefusal),
    /// A user logged on.
    SessionStarted(Arc<Session>),
    /// The client bound one more connection, from this address, to its session.
    ConnectionBound(Arc<Session>, SocketAddr),
    /// A session lost one of its connections and has others left.
    ConnectionLost(Arc<Session>, SocketAddr),
    /// A session ended.
    SessionEnded(Arc<Session>, EndReason),
    /// A session connected to a share.
    TreeConnected(Arc<Session>, Arc<Tree>),
    /// A session disconnected from a share.
    TreeDisconnected(Arc<Session>, Arc<Tree>),
    /// A session opened a file, folder or pipe.
    Opened(Arc<Open>),
    /// A client created a folder.
    FolderCreated(Arc<Open>),
    /// A client renamed a file or folder; the text is its earlier path within the share.
    Renamed(Arc<Open>, String),
    /// A client asked to delete a file or folder: the server deletes it when its last open is closed.
    DeletionRequested(Arc<Open>),
    /// The server refused a client the access to this path within a share.
    AccessDenied(Arc<Session>, Arc<Share>, String),
    /// The server refused to connect a session to a share.
    ShareRefused(Arc<Session>, Arc<Share>, ShareRefusal),
    /// An open was closed.
    Closed(Arc<Open>, CloseReason),
}

/// Why a logon failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogonRefusal {
    /// The password is wrong, or the server does not know the user.
    Password,
    /// The client logs on with NTLM, which the server does not allow.
    NtlmOff,
    /// The client's ticket was not accepted, for this reason.
    Ticket(String),
    /// The user has proved the identity by a ticket, and is not among the users of the server.
    NotListed,
    /// The user has proved the identity, and the program that runs the server keeps the user out
    /// ([`Builder::refuse_logons`](crate::Builder::refuse_logons)).
    KeptOut,
    /// The client's messages make no sense, or offer no mechanism that the server knows.
    Protocol,
}

impl LogonRefusal {
    /// Returns the reason of a failed logon: `why`, or the server's own decision on the claim.
    pub(crate) fn of(claim: Option<&Claim>, why: Option<&AuthError>) -> Self {
        match why {
            None if claim.is_some_and(|claim| claim.proof == Proof::Ticket) => Self::NotListed,
            None | Some(AuthError::LogonFailure | AuthError::WrongMic | AuthError::WeakResponse(_)) => {
                Self::Password
            }
            Some(AuthError::NtlmBlocked) => Self::NtlmOff,
            Some(AuthError::Mechanism(error)) => Self::Ticket(error.to_string()),
            Some(_) => Self::Protocol,
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// The client logged off.
    LoggedOff,
    /// The last connection of the session was closed.
    Disconnected,
    /// The client started a new session in its place.
    Replaced,
    /// The administrator with this name ended it, or the program that runs the server.
    EndedBy(Option<String>),
    /// It had no open and sent no request for longer than the server allows ([`Limits::idle_session`](crate::Limits::idle_session)).
    Idle,
}

/// Why an open was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client closed it.
    ByClient,
    /// The session disconnected from the share.
    Disconnected,
    /// The session ended.
    SessionEnded,
    /// The administrator with this name closed it, or the program that runs the server.
    ClosedBy(Option<String>),
    /// The application that had it open goes on at another computer, and has opened the file there.
    TakenOver,
}

type Subscriber = Arc<dyn Fn(&Event) + Send + Sync>;

/// The functions that are called for each event.
#[derive(Default)]
pub(super) struct Subscribers(Mutex<Vec<Subscriber>>);

impl Subscribers {
    pub(super) fn add(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(subscriber));
    }

    pub(super) fn emit(&self, event: &Event) {
        // Release the lock before the calls, so that a subscriber may use the server.
        let subscribers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        subscribers.iter().for_each(|subscriber| subscriber(event));
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers").finish_non_exhaustive()
    }
}
