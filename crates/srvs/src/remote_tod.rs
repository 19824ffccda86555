//! NetrRemoteTOD ([MS-SRVS] 3.1.4.21) returns the time of the server.
//!
//! The status is success, or any error of the server.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::TimeOfDayInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The time; `None` for a null pointer.
    pub buffer: Option<TimeOfDayInfo>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrRemoteTOD = 28, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.buffer, "BufferPtr", TimeOfDayInfo::structure)?;
        ndr.u32(&mut self.status.0, "status")
    }
}
