//! NetrFileClose ([MS-SRVS] 3.1.4.4) closes an open file while its user has it open.
//!
//! Statuses: `NERR_FileIdNotFound` if no open file has the id (Samba: `ERROR_FILE_NOT_FOUND`);
//! `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::FileId;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
    /// The id of the file, from [`crate::file_enum`].
    pub file_id: FileId,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrFileClose = 11, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.u32(&mut self.file_id.0, "FileId")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
