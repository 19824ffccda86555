//! The border between what netsession decides and how a server is reached: the calls of [MS-SRVS] over one
//! connection, as the transport carries them out and as the tests' scripted servers do.

use std::net::IpAddr;

use netsession_srvs::Operation;
use tokio::time::Instant;

use crate::{Dialect, Error, ServerNames};

/// Makes connections to one server, each logged on as the same user.
pub(crate) trait Connector {
    /// What a connection is.
    type Connection: Calls;

    /// Connects and logs on, within the time limit.
    async fn connect(&self) -> Result<Self::Connection, Error>;
}

/// A logged-on connection with the pipe `srvsvc` open.
pub(crate) trait Calls {
    /// What is known of the connection.
    fn facts(&self) -> &Facts;

    /// Carries out one call, within the time limit. The answer's status is part of the answer; an error means that no
    /// answer came, or none that can be trusted.
    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error>;

    /// Whether the server has not closed it, as far as one can see without asking.
    fn is_open(&self) -> bool {
        true
    }

    /// Its socket, where it has one.
    #[cfg(unix)]
    fn socket(&self) -> Option<std::os::fd::RawFd> {
        None
    }

    /// Says goodbye.
    async fn close(self) -> Result<(), Error>;
}

/// What is known of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The server as messages name it.
    pub(crate) server: String,
    /// The server as calls name it: `\\HOST`.
    pub(crate) unc: String,
    /// The names that the server goes by.
    pub(crate) names: ServerNames,
    /// Who is logged on, without domain or realm.
    pub(crate) user: String,
    /// This end's address.
    pub(crate) own_address: Option<IpAddr>,
    /// Before the logon.
    pub(crate) since: Instant,
    /// The dialect.
    pub(crate) dialect: Dialect,
    /// Whether what is sent and received is signed (or encrypted, which proves as much).
    pub(crate) signed: bool,
    /// Whether what is sent and received is encrypted.
    pub(crate) encrypted: bool,
}
