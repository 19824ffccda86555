//! NetrShareEnumSticky ([MS-SRVS] 3.1.4.9) lists the shares that the server has again after a restart.
//!
//! The messages are those of [`crate::share_enum`], without level 501 and with one more status: `NERR_BufTooSmall` if
//! not even one entry fits.

use netsession_rpc::ndr::{Message, Ndr, NdrError};

use crate::share_enum;
pub use crate::share_enum::Response;

/// The request: the same as that of [`share_enum`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request(pub share_enum::Request);

netsession_rpc::operation! { crate::Srvsvc: NetrShareEnumSticky = 36, Request -> Response }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.0.parameters(ndr)
    }
}
