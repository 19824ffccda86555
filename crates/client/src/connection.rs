use std::time::Duration;

use crate::ShareType;

/// A connection of a client to a share ([MS-SRVS] 2.2.4.1): a tree connection.
///
/// A field is None if the server did not return it. Samba returns only the number of open files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The share.
    pub share: Option<String>,
    /// The client.
    pub client: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The server's id of the connection.
    pub id: Option<u32>,
    /// The number of files that are open over it.
    pub opens: Option<u32>,
    /// Time since the client connected.
    pub connected: Option<Duration>,
    /// The type of the share.
    pub share_type: Option<ShareType>,
}

/// Which connections to list. A server lists them by share or by client only ([MS-SRVS] 3.1.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionQualifier {
    /// The connections to this share.
    Share(String),
    /// The connections from this client, written without `\\`.
    Client(String),
}
