//! SamrCloseHandle ([MS-SAMR] 3.1.5.13.1) releases a handle.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::Handle;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle.
    pub handle: Handle,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The null handle.
    pub handle: Handle,
    /// The return value.
    pub status: NtStatus,
}

netsession_rpc::operation! { crate::Samr: SamrCloseHandle = 1, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.handle.parameter(ndr, "SamHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.handle.parameter(ndr, "SamHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
