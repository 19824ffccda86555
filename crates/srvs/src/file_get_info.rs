//! NetrFileGetInfo ([MS-SRVS] 3.1.4.3) returns one open file.
//!
//! Statuses: `ERROR_FILE_NOT_FOUND` if no open file has the id; `ERROR_INVALID_LEVEL`;
//! `ERROR_ACCESS_DENIED`; `ERROR_NOT_ENOUGH_MEMORY`. Samba returns a fault.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::{FileId, FileInfo, FileLevel};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
    /// The id of the file, from [`crate::file_enum`].
    pub file_id: FileId,
    /// The level.
    pub level: FileLevel,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the file.
    pub info_struct: InfoStruct<FileInfo>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrFileGetInfo = 10, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.u32(&mut self.file_id.0, "FileId")?;
        ndr.u32(&mut self.level.0, "Level")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.status.0, "status")
    }
}
