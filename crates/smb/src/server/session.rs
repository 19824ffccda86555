use crate::auth::spnego;
use crate::crypto::{DecryptionKey, EncryptionKey, PreauthHash, SigningKey};

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
}

/// What protects the messages of a session.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) signing: SigningKey,
    pub(super) cipher: Option<(EncryptionKey, DecryptionKey)>,
    /// Unsigned requests are refused.
    pub(super) signing_required: bool,
    /// Requests in plain are refused.
    pub(super) encrypt: bool,
}
