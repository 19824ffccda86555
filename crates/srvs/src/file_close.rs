//! NetrFileClose ([MS-SRVS] 3.1.4.4): closes an open file under its user's hands.
//!
//! Statuses: `NERR_FileIdNotFound` where no open file has the number (Samba: `ERROR_FILE_NOT_FOUND`);
//! `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::FileId;

/// The call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with its two backslashes; null is the local computer. Servers ignore it.
    pub server_name: Option<String>,
    /// The file's number, from [`crate::file_enum`].
    pub file_id: FileId,
}

/// The answer.
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
