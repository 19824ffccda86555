use std::sync::Arc;

use super::facts::Facts;
use crate::auth::{Claim, spnego};
use crate::crypto::{DecryptionKey, EncryptionKey, PreauthHash, SigningKey};
use crate::msg::{Capabilities, SessionId};

/// A session of this connection ([MS-SMB2] 3.3.1.8).
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) state: State,
    /// A logon that is under way: the first one, or one that renews the session.
    pub(super) logon: Option<Logon>,
    pub(super) keys: Option<Keys>,
    /// Whether its last message came encrypted: then what it is told unasked goes so, too.
    pub(super) spoke_encrypted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Nobody has proved anything yet.
    #[default]
    InProgress,
    /// In use.
    Valid,
    /// Ended by the server; its keys are kept, so that the client can be told.
    Ended,
}

/// A logon under way.
#[derive(Debug)]
pub(super) struct Logon {
    pub(super) acceptor: spnego::Server,
    pub(super) preauth: PreauthHash,
    /// The session that it binds to this connection, where it sets up none of its own.
    pub(super) binding: Option<Arc<SessionKeys>>,
}

/// A logon that waits for a decision.
#[derive(Debug)]
pub(super) struct WaitingLogon {
    pub(super) session: SessionId,
    pub(super) claim: Claim,
}

/// What protects the messages of a session on this connection: a channel ([MS-SMB2] 3.3.1.14).
#[derive(Debug)]
pub(super) struct Keys {
    /// The channel's own; on the connection that set the session up it is the session's.
    pub(super) signing: Arc<SigningKey>,
    /// Unsigned requests are refused.
    pub(super) signing_required: bool,
    pub(super) session: Arc<SessionKeys>,
}

/// What a session is on all of its connections: its keys, and what was negotiated where it was set up.
///
/// A host keeps it with the session, for other connections that want to be bound to it.
#[derive(Debug)]
pub struct SessionKeys {
    pub(super) facts: Facts,
    pub(super) server_capabilities: Capabilities,
    pub(super) signing: Arc<SigningKey>,
    /// One for all connections: the key that encrypts counts its nonces.
    pub(super) cipher: Option<(EncryptionKey, DecryptionKey)>,
    /// Unsigned requests are refused.
    pub(super) signing_required: bool,
    /// Requests in plain are refused.
    pub(super) encrypt: bool,
}
