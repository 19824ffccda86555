//! NetrShareCheck ([MS-SRVS] 3.1.4.16) finds out whether a device or a path is shared.
//!
//! Statuses: `NERR_DeviceNotShared`; `ERROR_NOT_ENOUGH_MEMORY`. Every user may send the request.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::ShareType;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
    /// The device or path.
    pub device: String,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The kind of share, never marked as special. It has no meaning unless the status is success.
    pub r#type: ShareType,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareCheck = 20, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.device, "Device")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.r#type.0, "Type")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
