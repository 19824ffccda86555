//! The interface between netsession's decisions and a server: the calls of [MS-SRVS], [MS-WKST] and [MS-SAMR] over one connection. The transport
//! implements it, and so do the scripted servers of the tests.

use std::fmt::Display;
use std::net::IpAddr;
#[cfg(unix)]
use std::os::fd::BorrowedFd;

use std::time::Duration;

use netsession_rpc::Response;
use tokio::time::Instant;

use crate::{DfsReferral, Dialect, Error, LogonMechanism, NtStatus, ServerNames, SessionId, Win32Error};

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

    /// Sends one call and returns its response, within the time limit. The status is part of the response. An error
    /// means that no trustworthy response came.
    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error>;

    /// Asks where a DFS path leads, within the time limit. None if the path is not one of DFS.
    async fn referral(&mut self, _path: &str) -> Result<Option<DfsReferral>, Error> {
        Ok(None)
    }

    /// Whether a share of the server has a file or a folder, within the time limit.
    async fn has_path(&mut self, _share: &str, _name: &str) -> Result<bool, Error> {
        Ok(true)
    }

    /// Whether the connection is open. It checks the socket and sends no request.
    fn is_open(&self) -> bool {
        true
    }

    /// Returns the connection's socket, if there is one.
    #[cfg(unix)]
    fn socket(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Logs off and closes the connection.
    async fn close(self) -> Result<(), Error>;
}

/// The return value of an operation.
pub(crate) trait ReturnCode: Copy + Display {
    /// Returns it as a Win32 code, for observers.
    fn as_win32(self) -> Win32Error;
}

/// Of [MS-SRVS] and [MS-WKST].
impl ReturnCode for Win32Error {
    fn as_win32(self) -> Win32Error {
        self
    }
}

/// Of [MS-SAMR].
impl ReturnCode for NtStatus {
    fn as_win32(self) -> Win32Error {
        self.win32()
    }
}

/// A call of an interface whose operations return a code.
pub(crate) trait Operation: netsession_rpc::Operation<Response: Response<Status: ReturnCode>> {}

impl<O> Operation for O where O: netsession_rpc::Operation<Response: Response<Status: ReturnCode>> {}

/// A call that changes nothing, so netsession may send it again if the connection breaks. Each operation declares this
/// in its own file, or implements [`Changing`](crate::observer::Changing).
pub(crate) trait Reading: Operation + Clone {}

/// The facts about a connection.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The server's name in messages.
    pub(crate) server: String,
    /// The server's name in calls: `\\HOST`.
    pub(crate) unc: String,
    /// The names that the server gave during the logon.
    pub(crate) names: ServerNames,
    /// The user who is logged on, without domain or realm.
    pub(crate) user: String,
    /// The mechanism of the logon.
    pub(crate) mechanism: LogonMechanism,
    /// The user in full: as logged on with Kerberos, or as the login names it.
    pub(crate) full_user: String,
    /// This end's address.
    pub(crate) own_address: Option<IpAddr>,
    /// The number of the session. Only netsession's own server lists it.
    pub(crate) session: Option<SessionId>,
    /// The time limit of a call, and of a whole listing.
    pub(crate) call_timeout: Duration,
    /// When the logon began.
    pub(crate) since: Instant,
    /// The dialect.
    pub(crate) dialect: Dialect,
    /// The server's `ServerGuid` ([MS-SMB2] 2.2.4).
    pub(crate) guid: [u8; 16],
    /// Whether every message is signed or encrypted.
    pub(crate) signed: bool,
    /// Whether every message is encrypted.
    pub(crate) encrypted: bool,
}
