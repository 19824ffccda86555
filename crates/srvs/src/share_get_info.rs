//! NetrShareGetInfo ([MS-SRVS] 3.1.4.10) returns one share.
//!
//! Statuses: `NERR_NetNameNotFound` if there is no share of the name; `ERROR_INVALID_LEVEL`;
//! `ERROR_INVALID_PARAMETER` for an empty name; `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::{ShareInfo, ShareLevel};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. The name can select the shares of one of the
    /// server's names.
    pub server_name: Option<String>,
    /// The name of the share.
    pub net_name: String,
    /// The level.
    pub level: ShareLevel,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the share.
    pub info_struct: InfoStruct<ShareInfo>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareGetInfo = 16, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.net_name, "NetName")?;
        ndr.u32(&mut self.level.0, "Level")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.status.0, "status")
    }
}
