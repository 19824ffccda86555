use std::sync::Arc;

use netsession_wire::Guid;

use super::facts::Facts;
use crate::auth::{Claim, spnego};
use crate::crypto::{DecryptionKey, EncryptionKey, PreauthHash, SigningKey};
use crate::msg::{Capabilities, SessionId};

/// A session of this connection ([MS-SMB2] 3.3.1.8).
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) state: State,
    /// A logon in progress: the first one, or one that renews the session.
    pub(super) logon: Option<Logon>,
    pub(super) keys: Option<Keys>,
    /// Whether its last message was encrypted: then the server also encrypts notifications.
    pub(super) spoke_encrypted: bool,
    /// Whether its client has signed a request: then the host can no longer waive signing.
    pub(super) spoke_signed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Nobody has proved an identity yet.
    #[default]
    InProgress,
    /// In use.
    Valid,
    /// The server has ended it, and keeps its keys to notify the client.
    Ended,
}

/// A logon in progress.
#[derive(Debug)]
pub(super) struct Logon {
    pub(super) acceptor: spnego::Server,
    pub(super) preauth: PreauthHash,
    /// The session that it binds to this connection, if it does not set up a session of its own.
    pub(super) binding: Option<Arc<SessionKeys>>,
}

/// A logon that waits for a decision.
#[derive(Debug)]
pub(super) struct WaitingLogon {
    pub(super) session: SessionId,
    pub(super) claim: Claim,
}

/// The channel, which protects the messages of a session on this connection ([MS-SMB2] 3.3.1.14).
#[derive(Debug)]
pub(super) struct Keys {
    /// The channel's own signing key; on the connection that set the session up, it is the session's.
    pub(super) signing: Arc<SigningKey>,
    /// Whether the server refuses unsigned requests.
    pub(super) signing_required: bool,
    /// Whether the host may accept unsigned requests nevertheless ([`Host::accepts_unsigned`](super::Host::accepts_unsigned)).
    pub(super) can_waive_signing: bool,
    pub(super) session: Arc<SessionKeys>,
}

/// The common part of a session's connections: its keys, and the negotiation of the connection that set it up.
///
/// A host keeps it with the session, for binding other connections.
#[derive(Debug)]
pub struct SessionKeys {
    pub(super) facts: Facts,
    pub(super) server_capabilities: Capabilities,
    pub(super) signing: Arc<SigningKey>,
    /// One pair for all connections, because the encryption key counts its nonces.
    pub(super) cipher: Option<(EncryptionKey, DecryptionKey)>,
    /// Whether the server refuses unsigned requests.
    pub(super) signing_required: bool,
    /// Whether the server refuses unencrypted requests.
    pub(super) encrypt: bool,
}

impl SessionKeys {
    /// Returns the identifier that the client has given itself on the session's first connection.
    #[must_use]
    pub const fn client_guid(&self) -> Guid {
        self.facts.client_guid
    }

    /// Returns whether the client can encrypt messages.
    #[must_use]
    pub const fn can_encrypt(&self) -> bool {
        self.cipher.is_some()
    }
}
