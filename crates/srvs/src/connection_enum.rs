//! NetrConnectionEnum ([MS-SRVS] 3.1.4.1) lists the connections to a share, or from a client.
//!
//! The qualifier names a share or, if it begins with two backslashes, a client. With [`Win32Error::ERROR_MORE_DATA`]
//! the response has as many entries as fit, and a resume handle, which counts entries before the filter. The list can
//! change between two calls, so that entries repeat or are left out.
//!
//! Other statuses: `ERROR_INVALID_PARAMETER` for a qualifier that is null, empty or too long;
//! `ERROR_INVALID_LEVEL`; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::info::{ConnectionInfo, ConnectionLevel};
use crate::{EnumStruct, MAX_PREFERRED_LENGTH};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer. Servers ignore the name.
    pub server_name: Option<String>,
    /// The name of a share, or a client as `\\NAME`.
    pub qualifier: Option<String>,
    /// The level, with no entries.
    pub info_struct: EnumStruct<ConnectionInfo>,
    /// The most octets of the entries in the response; [`MAX_PREFERRED_LENGTH`] for no limit.
    pub prefered_maximum_length: u32,
    /// The place to continue from: 0 at first, then the handle of the last response. With null, the client cannot
    /// continue after the response.
    pub resume_handle: Option<u32>,
}

impl Request {
    /// Returns the first request for all connections at `level` in one response. The caller must set the qualifier.
    #[must_use]
    pub fn asking(level: ConnectionLevel) -> Self {
        Self {
            info_struct: EnumStruct::asking(level),
            prefered_maximum_length: MAX_PREFERRED_LENGTH,
            resume_handle: Some(0),
            ..Self::default()
        }
    }
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the entries.
    pub info_struct: EnumStruct<ConnectionInfo>,
    /// The number of entries from the place where this response begins; a hint.
    pub total_entries: u32,
    /// The place to continue from after [`Win32Error::ERROR_MORE_DATA`].
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrConnectionEnum = 8, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.qualifier, "Qualifier")?;
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
