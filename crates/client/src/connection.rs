use std::time::Duration;

use crate::ShareType;

/// A connection of a client to a share ([MS-SRVS] 2.2.4.1): a tree connection.
///
/// None is what the server did not tell. Samba tells no more than that there is a connection, and how many files
/// are open over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The share that is connected to.
    pub share: Option<String>,
    /// The client that is connected.
    pub client: Option<String>,
    /// The user, where the server knows it.
    pub user: Option<String>,
    /// What names the connection to the server.
    pub id: Option<u32>,
    /// Files open over it.
    pub opens: Option<u32>,
    /// Time since it was made.
    pub connected: Option<Duration>,
    /// What kind of share it is to.
    pub share_type: Option<ShareType>,
}

/// Which connections are asked for. A server lists them by share or by client only ([MS-SRVS] 3.1.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionQualifier {
    /// Those to this share.
    Share(String),
    /// Those from this client, given without `\\`.
    Client(String),
}
