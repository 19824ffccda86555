//! NetrServerSetInfo ([MS-SRVS] 3.1.4.18) changes the comment of the server, its limits or its tuning.
//!
//! Statuses: `ERROR_INVALID_PARAMETER`, with the number of the wrong member; `ERROR_INVALID_LEVEL`; `ERROR_ACCESS_DENIED`;
//! `ERROR_NOT_SUPPORTED` for a value that the server cannot change; `ERROR_NOT_ENOUGH_MEMORY`.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::InfoStruct;
use crate::info::ServerInfo;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// The level, one of [`ServerLevel::WRITTEN`](crate::info::ServerLevel::WRITTEN), and the new values.
    pub server_info: InfoStruct<ServerInfo>,
    /// A number that the server replaces by that of the wrong member; null if the client does not ask for it.
    pub parm_err: Option<u32>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The number of the wrong member ([MS-SRVS] 2.2.2.12).
    pub parm_err: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerSetInfo = 22, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        self.server_info.parameter_with_level(ndr)?;
        ndr.unique_u32(&mut self.parm_err, "ParmErr")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_u32(&mut self.parm_err, "ParmErr")?;
        ndr.u32(&mut self.status.0, "status")
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{Syntax, decode};

    use super::*;
    use crate::info::ServerLevel;

    /// A failure here would answer a request for a tuning value with an RPC fault instead of a status.
    #[test]
    fn a_tuning_value_is_read_and_dropped() {
        let number = 0x2_0000_u32;
        let octets = [0, 1_501, 1_501, number, 7, 0].map(u32::to_le_bytes).concat();
        let request: Request = decode(&octets, Syntax::Ndr32).unwrap();
        let expected = InfoStruct { level: ServerLevel(1_501), info: None };
        assert_eq!((request.server_info, request.parm_err), (expected, None));
    }
}
