//! SamrOpenUser ([MS-SAMR] 3.1.5.1.9) opens an account of a domain.
//!
//! Statuses: `STATUS_NO_SUCH_USER`; `STATUS_ACCESS_DENIED` if the caller may not do what it asks for. Samba's domain
//! controller refuses only the change itself.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{Handle, UserAccess};

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the domain.
    pub domain: Handle,
    /// The rights.
    pub access: UserAccess,
    /// The RID of the account.
    pub rid: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The account; null unless the status is success.
    pub user: Handle,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrOpenUser = 34, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.domain.parameter(ndr, "DomainHandle")?;
        self.access.parameter(ndr)?;
        ndr.u32(&mut self.rid, "UserId")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.user.parameter(ndr, "UserHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
