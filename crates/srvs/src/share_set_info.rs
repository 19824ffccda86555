//! NetrShareSetInfo ([MS-SRVS] 3.1.4.11) changes the comment, the limit, the permissions or the properties of a share.
//!
//! Statuses: `NERR_NetNameNotFound` if there is no share of the name; `ERROR_INVALID_PARAMETER`, with the number of the
//! wrong member; `ERROR_INVALID_LEVEL`; `ERROR_ACCESS_DENIED`; `ERROR_NOT_SUPPORTED`; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::ShareInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// The name of the share.
    pub net_name: String,
    /// The level, one of [`ShareLevel::WRITTEN`](crate::info::ShareLevel::WRITTEN), and the new values.
    pub share_info: InfoStruct<ShareInfo>,
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
    crate::Srvsvc: NetrShareSetInfo = 17, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.net_name, "NetName")?;
        self.share_info.parameter_with_level(ndr)?;
        ndr.unique_u32(&mut self.parm_err, "ParmErr")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_u32(&mut self.parm_err, "ParmErr")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
