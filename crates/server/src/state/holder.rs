use std::net::IpAddr;
use std::time::Duration;

use netsession_smb::auth::Proof;
use netsession_smb::msg::SessionId;

use super::Session;

/// A session as administrators see it: one with a connection, or one that has lost its last connection and left files open.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    /// The session's number.
    pub(crate) session: SessionId,
    pub(crate) user: String,
    /// How the user has proved the identity.
    pub(crate) proof: Proof,
    /// The client's address, on its last connection if it has none now.
    pub(crate) client: IpAddr,
    /// How many files, folders and pipes it has open.
    pub(crate) opens: usize,
    /// When the user logged on, by the server's uptime.
    pub(crate) since: Duration,
    /// When the client sent its last request, by the server's uptime.
    pub(crate) last_active: Duration,
}

impl Holder {
    /// Describes a session.
    #[must_use]
    pub(super) fn of(session: &Session) -> Self {
        Self {
            session: session.id,
            user: session.user.clone(),
            proof: session.proof,
            client: session.client(),
            opens: session.open_count(),
            since: session.since.uptime,
            last_active: session.last_active(),
        }
    }
}
