//! Messages of SMB2: which body a header's command announces.

use netsession_smb::msg::*;
use netsession_smb::oracle::{rewrite, stable};

/// Checks the body of type `$body`.
macro_rules! check {
    ($data:expr, $($body:ty),+) => { $(stable($data, |bytes| rewrite::<$body>(bytes));)+ };
}

/// A request of any command: each body is tried, since the first field tells most apart.
pub(crate) fn requests(data: &[u8]) {
    check!(data, NegotiateRequest, SessionSetupRequest, LogoffRequest, TreeConnectRequest);
    check!(data, TreeDisconnectRequest, CreateRequest, CloseRequest, ReadRequest<'_>, WriteRequest<'_>);
    check!(data, IoctlRequest<'_>, EchoRequest, CancelRequest);
}

/// A response to any command.
pub(crate) fn responses(data: &[u8]) {
    check!(data, NegotiateResponse, SessionSetupResponse, LogoffResponse, TreeConnectResponse);
    check!(data, TreeDisconnectResponse, CreateResponse, CloseResponse, ReadResponse<'_>, WriteResponse);
    check!(data, IoctlResponse<'_>, EchoResponse, ErrorResponse);
}
