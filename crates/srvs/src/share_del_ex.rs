//! NetrShareDelEx ([MS-SRVS] 3.1.4.47) stops sharing, by the name of the share and of the server that it belongs to.
//!
//! Statuses: `NERR_NetNameNotFound` if there is no such share; `ERROR_INVALID_PARAMETER` for an empty name;
//! `ERROR_INVALID_LEVEL` for a level other than 503; `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::ShareInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// Level 503, and the share. Servers read only its name and that of its server.
    pub share_info: InfoStruct<ShareInfo>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareDelEx = 57, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        self.share_info.parameter_with_level(ndr)
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
