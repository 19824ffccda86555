//! NetrShareAdd ([MS-SRVS] 3.1.4.7) shares a folder.
//!
//! Statuses: `NERR_DuplicateShare` if the name is taken; `NERR_UnknownDevDir` if the folder does not exist;
//! `ERROR_INVALID_PARAMETER` and the number of the member that is wrong; `ERROR_INVALID_NAME`; `ERROR_INVALID_LEVEL`;
//! `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::ShareInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// The level, 2, 502 or 503, and the new share.
    pub info_struct: InfoStruct<ShareInfo>,
    /// A number that the server replaces by that of the wrong member; null if the client does not ask for it.
    pub parm_err: Option<u32>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The number of the wrong member ([MS-SRVS] 2.2.2.11).
    pub parm_err: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareAdd = 14, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        self.info_struct.parameter_with_level(ndr)?;
        ndr.unique_u32(&mut self.parm_err, "ParmErr")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_u32(&mut self.parm_err, "ParmErr")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
