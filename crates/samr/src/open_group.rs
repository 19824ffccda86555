//! SamrOpenGroup ([MS-SAMR] 3.1.5.1.7) opens a group of a domain, such as Domain Admins.
//!
//! Statuses: `STATUS_NO_SUCH_GROUP`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{GroupAccess, Handle};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the domain.
    pub domain: Handle,
    /// The rights.
    pub access: GroupAccess,
    /// The RID of the group.
    pub rid: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The group; null unless the status is success.
    pub group: Handle,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrOpenGroup = 19, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.domain.parameter(ndr, "DomainHandle")?;
        self.access.parameter(ndr)?;
        ndr.u32(&mut self.rid, "GroupId")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.group.parameter(ndr, "GroupHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
