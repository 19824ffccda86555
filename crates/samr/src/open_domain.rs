//! SamrOpenDomain ([MS-SAMR] 3.1.5.1.5) opens a domain of the server.
//!
//! Statuses: `STATUS_NO_SUCH_DOMAIN`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{DomainAccess, Handle, Sid};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the server.
    pub server: Handle,
    /// The rights.
    pub access: DomainAccess,
    /// The domain.
    pub domain_id: Sid,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The domain; null unless the status is success.
    pub domain: Handle,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrOpenDomain = 7, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.server.parameter(ndr, "ServerHandle")?;
        self.access.parameter(ndr)?;
        self.domain_id.parameter(ndr, "DomainId")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.domain.parameter(ndr, "DomainHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
