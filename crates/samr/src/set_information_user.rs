//! SamrSetInformationUser ([MS-SAMR] 3.1.5.6.5) changes the attributes of an account.
//!
//! Statuses: `STATUS_ACCESS_DENIED`; `STATUS_INVALID_PARAMETER`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::{DecodeError, NtStatus};

use crate::Handle;
use crate::query_information_user::UserInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the account.
    pub user: Handle,
    /// The attributes, with their kind.
    pub info: UserInfo,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrSetInformationUser = 37, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.user.parameter(ndr, "UserHandle")?;
        let class = self.info.class;
        let mut selector = class;
        ndr.enumeration(&mut selector, "UserInformationClass")?;
        self.info.parameter(ndr)?;
        match selector == self.info.class {
            true => Ok(()),
            false => Err(DecodeError::invalid("UserInformationClass").into()),
        }
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.status.0, "status")
    }
}
