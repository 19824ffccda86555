//! NetrSessionDel ([MS-SRVS] 3.1.4.6) ends sessions.
//!
//! The server ends every session whose client and user match; null and the empty text match all. A server must refuse
//! a request with neither a client nor a user, but Samba ends every session: never send such a request.
//!
//! Statuses: `NERR_ClientNameNotFound` if no session matches, or for a client without two backslashes;
//! `ERROR_INVALID_PARAMETER` for a name that is too long; either of these for a request without names;
//! `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
    /// The client, `\\NAME`.
    pub client_name: Option<String>,
    /// The user.
    pub user_name: Option<String>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrSessionDel = 13, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.client_name, "ClientName")?;
        ndr.unique_string(&mut self.user_name, "UserName")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
