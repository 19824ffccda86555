//! NetrShareDel ([MS-SRVS] 3.1.4.12) stops sharing, and disconnects everybody from the share.
//!
//! Statuses: `NERR_NetNameNotFound` if there is no share of the name; `ERROR_INVALID_PARAMETER` for an empty name;
//! `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// The name of the share.
    pub net_name: String,
    /// Not used.
    pub reserved: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareDel = 18, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.net_name, "NetName")?;
        ndr.u32(&mut self.reserved, "Reserved")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
