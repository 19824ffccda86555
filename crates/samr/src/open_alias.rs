//! SamrOpenAlias ([MS-SAMR] 3.1.5.1.8) opens an alias, a group of the server such as Administrators.
//!
//! Statuses: `STATUS_NO_SUCH_ALIAS`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{AliasAccess, Handle};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the domain.
    pub domain: Handle,
    /// The rights.
    pub access: AliasAccess,
    /// The RID of the alias.
    pub rid: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The alias; null unless the status is success.
    pub alias: Handle,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrOpenAlias = 27, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.domain.parameter(ndr, "DomainHandle")?;
        self.access.parameter(ndr)?;
        ndr.u32(&mut self.rid, "AliasId")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.alias.parameter(ndr, "AliasHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
