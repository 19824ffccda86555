//! SamrConnect5 ([MS-SAMR] 3.1.5.1.1) opens the server.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::{DecodeError, NtStatus};

use crate::{Handle, ServerAccess};

/// The version of the structure: SAMPR_REVISION_INFO_V1 is the only one.
const VERSION: u32 = 1;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// The rights.
    pub access: ServerAccess,
    /// The revision of the client.
    pub revision: RevisionInfo,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The revision of the server.
    pub revision: RevisionInfo,
    /// The server; null unless the status is success.
    pub server: Handle,
    /// The return value.
    pub status: NtStatus,
}

/// SAMPR_REVISION_INFO_V1 ([MS-SAMR] 2.2.7.15).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevisionInfo {
    /// The revision; 3 is that of Windows XP and later.
    pub revision: u32,
    /// The features of a server.
    pub supported_features: u32,
}

impl RevisionInfo {
    /// The revision of this crate.
    pub const NEWEST: Self = Self { revision: 3, supported_features: 0 };

    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let (mut version, mut selector) = (VERSION, VERSION);
        ndr.u32(&mut version, "Version")?;
        ndr.union(&mut selector, Alignment::Long, "RevisionInfo", |selector, ndr| {
            if (selector, version) != (VERSION, VERSION) {
                return Err(DecodeError::invalid("Version").into());
            }
            ndr.u32(&mut self.revision, "Revision")?;
            ndr.u32(&mut self.supported_features, "SupportedFeatures")
        })
    }
}

netsession_rpc::operation! { crate::Samr: SamrConnect5 = 64, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string_to_nul(&mut self.server_name, "ServerName")?;
        self.access.parameter(ndr)?;
        self.revision.parameters(ndr)
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.revision.parameters(ndr)?;
        self.server.parameter(ndr, "ServerHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
