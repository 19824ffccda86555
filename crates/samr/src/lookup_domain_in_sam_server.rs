//! SamrLookupDomainInSamServer ([MS-SAMR] 3.1.5.11.1) returns the SID of a domain of the server.
//!
//! Statuses: `STATUS_NO_SUCH_DOMAIN`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{CountedText, Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{Handle, Sid};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the server.
    pub server: Handle,
    /// The domain.
    pub name: CountedText,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The SID; None unless the status is success.
    pub domain_id: Option<Sid>,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrLookupDomainInSamServer = 5, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.server.parameter(ndr, "ServerHandle")?;
        ndr.counted_text(&mut self.name, "Name")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.domain_id, "DomainId", |sid, ndr| sid.parameter(ndr, "DomainId"))?;
        ndr.u32(&mut self.status.0, "status")
    }
}
