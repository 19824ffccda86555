//! NetprNameCompare ([MS-SRVS] 3.1.4.34) compares two names.
//!
//! The return value is 0 for the same name, -1 or 1 for another one, and an error such as `ERROR_INVALID_PARAMETER`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// A name.
    pub name1: String,
    /// Another name.
    pub name2: String,
    /// The type of the names ([MS-SRVS] 2.2.2.8).
    pub name_type: u32,
    /// 0x80000000 for the rules of LAN Manager, 1 for names that are in their canonical form.
    pub flags: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value; -1 is `0xffffffff`.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetprNameCompare = 35, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.string(&mut self.name1, "Name1")?;
        ndr.string(&mut self.name2, "Name2")?;
        ndr.u32(&mut self.name_type, "NameType")?;
        ndr.u32(&mut self.flags, "Flags")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
