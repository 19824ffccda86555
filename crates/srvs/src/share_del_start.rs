//! NetrShareDelStart ([MS-SRVS] 3.1.4.14) marks a share for removal, which NetrShareDelCommit then carries out.
//!
//! Statuses: `NERR_NetNameNotFound` if there is no share of the name; `ERROR_INVALID_PARAMETER` for an empty name;
//! `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::context::ShareDelHandle;

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
    /// The handle for NetrShareDelCommit; null unless the status is success.
    pub context_handle: ShareDelHandle,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareDelStart = 37, Request -> Response { status: Win32Error }
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
        self.context_handle.parameter(ndr)?;
        ndr.u32(&mut self.status.0, "status")
    }
}
