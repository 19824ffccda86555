//! NetrServerGetInfo ([MS-SRVS] 3.1.4.17) returns information about the server.
//!
//! The response names the server as the request does; if the request has null, by the server's own name.
//!
//! Statuses: `ERROR_INVALID_LEVEL`; `ERROR_INVALID_PARAMETER` for a server name that is too long;
//! `ERROR_ACCESS_DENIED`, above all at levels 102, 502 and 503; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::{ServerInfo, ServerLevel};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. The response can repeat the name.
    pub server_name: Option<String>,
    /// The level.
    pub level: ServerLevel,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the server.
    pub info_struct: InfoStruct<ServerInfo>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerGetInfo = 21, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.u32(&mut self.level.0, "Level")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.status.0, "status")
    }
}
