//! NetprNameValidate ([MS-SRVS] 3.1.4.32) tells whether a name is a valid one of its type.
//!
//! Statuses: `ERROR_INVALID_NAME`; `ERROR_INVALID_PARAMETER` for a type that does not exist, and for flags.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// The name.
    pub name: String,
    /// The type of the name ([MS-SRVS] 2.2.2.8).
    pub name_type: u32,
    /// 0.
    pub flags: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetprNameValidate = 33, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.name, "Name")?;
        ndr.u32(&mut self.name_type, "NameType")?;
        ndr.u32(&mut self.flags, "Flags")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
