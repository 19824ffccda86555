//! NetrFileEnum ([MS-SRVS] 3.1.4.2): which files are open.
//!
//! The server returns the opens whose path begins with the base path, component by component, and whose user
//! matches; null means all. Since Windows 7 a user of the form `\\CLIENT` selects by client instead.
//! [`Win32Error::ERROR_MORE_DATA`] comes with as many entries as fit and with a resume handle, which
//! counts entries before filtering. The list can change between two calls: entries can repeat or be missed.
//!
//! Other statuses: `ERROR_ACCESS_DENIED`; `ERROR_INVALID_LEVEL`; `ERROR_INVALID_PARAMETER` for a path or name
//! that is too long; `NERR_BufTooSmall` where not even one entry fits.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::{FileInfo, FileLevel};
use crate::{EnumStruct, MAX_PREFERRED_LENGTH};

/// The call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with its two backslashes; null is the local computer. Servers ignore it.
    pub server_name: Option<String>,
    /// Only files under this path.
    pub base_path: Option<String>,
    /// Only files opened by this user.
    pub user_name: Option<String>,
    /// The level, with no entries.
    pub info_struct: EnumStruct<FileInfo>,
    /// The octets that the answer may have; [`MAX_PREFERRED_LENGTH`] for as many as it needs.
    pub prefered_maximum_length: u32,
    /// Where to go on: 0 at first, then what the last answer said. Null for an answer that cannot be gone on
    /// from.
    pub resume_handle: Option<u32>,
}

impl Request {
    /// The first call for open files at `level`: no filter, one answer with everything.
    #[must_use]
    pub fn asking(level: FileLevel) -> Self {
        Self {
            info_struct: EnumStruct::asking(level),
            prefered_maximum_length: MAX_PREFERRED_LENGTH,
            resume_handle: Some(0),
            ..Self::default()
        }
    }
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the entries.
    pub info_struct: EnumStruct<FileInfo>,
    /// How many entries there are from where this answer began; a hint.
    pub total_entries: u32,
    /// Where to go on after [`Win32Error::ERROR_MORE_DATA`].
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrFileEnum = 9, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.base_path, "BasePath")?;
        ndr.unique_string(&mut self.user_name, "UserName")?;
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.prefered_maximum_length, "PreferedMaximumLength")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.total_entries, "TotalEntries")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
