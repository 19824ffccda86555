//! NetrShareDelCommit ([MS-SRVS] 3.1.4.15) removes a share that NetrShareDelStart has marked.
//!
//! Statuses: `ERROR_INVALID_PARAMETER` if the handle is not one of a marked share.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::context::ShareDelHandle;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle from NetrShareDelStart.
    pub context_handle: ShareDelHandle,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The null handle after success, since the handle is used up.
    pub context_handle: ShareDelHandle,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrShareDelCommit = 38, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.context_handle.parameter(ndr)
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.context_handle.parameter(ndr)?;
        ndr.u32(&mut self.status.0, "status")
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{Syntax, encode};

    use super::*;

    /// A failure here would leave out the handle, which clients read before the status.
    #[test]
    fn the_response_has_the_handle_before_the_status() {
        let uuid = *b"0123456789abcdef";
        let context_handle = ShareDelHandle { attributes: 0, uuid };
        for syntax in Syntax::ALL {
            let stub = encode(Response { context_handle, status: Win32Error(87) }, syntax).unwrap();
            assert_eq!(stub, [&[0; 4], &uuid[..], &[87, 0, 0, 0]].concat());
        }
    }
}
