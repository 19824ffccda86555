//! The border between netsession's decisions and its way to a server: the calls of [MS-SRVS] over one connection. The
//! transport implements it, and so do the scripted servers of the tests.

use std::net::IpAddr;
#[cfg(unix)]
use std::os::fd::BorrowedFd;

use std::time::Duration;

use netsession_srvs::Operation;
use tokio::time::Instant;

use crate::{Dialect, Error, ServerNames};

/// Makes connections to one server, each logged on as the same user.
pub(crate) trait Connector {
    /// The connections that it makes.
    type Connection: Calls;

    /// Connects and logs on, within the time limit.
    async fn connect(&self) -> Result<Self::Connection, Error>;
}

/// A logged-on connection with the pipe `srvsvc` open.
pub(crate) trait Calls {
    /// Returns the facts about the connection.
    fn facts(&self) -> &Facts;

    /// Carries out one call, within the time limit. The status is part of the response; an error means that no trustworthy
    /// response came.
    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error>;

    /// Whether the connection is open, as far as the socket tells without a request.
    fn is_open(&self) -> bool {
        true
    }

    /// Returns its socket, if it has one.
    #[cfg(unix)]
    fn socket(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Logs off and closes the connection.
    async fn close(self) -> Result<(), Error>;
}

/// A call that changes nothing, so that it can be sent again if the connection breaks. Each operation declares this in its
/// own file, or implements [`Changing`](crate::observer::Changing).
pub(crate) trait Reading: Operation + Clone {}

/// The facts about a connection.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The server as messages name it.
    pub(crate) server: String,
    /// The server as calls name it: `\\HOST`.
    pub(crate) unc: String,
    /// The names that the server goes by.
    pub(crate) names: ServerNames,
    /// The user who is logged on, without domain or realm.
    pub(crate) user: String,
    /// This end's address.
    pub(crate) own_address: Option<IpAddr>,
    /// The time limit of a call, and of a whole listing.
    pub(crate) call_timeout: Duration,
    /// A moment before the logon.
    pub(crate) since: Instant,
    /// The dialect.
    pub(crate) dialect: Dialect,
    /// Whether every message is signed, or encrypted, which proves as much.
    pub(crate) signed: bool,
    /// Whether every message is encrypted.
    pub(crate) encrypted: bool,
}
