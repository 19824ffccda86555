use netsession_srvs::info::SessionLevel;
use tokio::time::Instant;

use crate::FileId;

/// Facts that the operations have learned about a server, so that they need not query them again.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// The level at which the server lists sessions.
    pub(crate) session_level: Option<SessionLevel>,
    /// Whether the server ends all sessions on a connection together, as Samba does.
    pub(crate) ends_whole_connections: bool,
    /// The server's name for itself, and when the connection began over which it gave that name. Only Kerberos needs it.
    pub(crate) computer: Option<(Instant, String)>,
    /// Whether a caller has listed the sessions.
    pub(crate) has_listed: bool,
    /// The ids of the files in the last listing.
    pub(crate) open_files: Option<Vec<FileId>>,
}
