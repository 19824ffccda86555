//! NetrGetJoinInformation ([MS-WKST] 3.2.4.12) returns the domain or the workgroup of the computer.

use netsession_rpc::ndr::{Message, Ndr, NdrError};
use netsession_wire::Win32Error;

netsession_wire::open_enum! {
    /// Whether a computer is in a domain: NETSETUP_JOIN_STATUS ([MS-WKST] 2.2.3.1).
    pub struct JoinStatus(u32) {
        /// Not known.
        UNKNOWN = 0,
        /// In no domain and no workgroup.
        UNJOINED = 1,
        /// In a workgroup.
        WORKGROUP = 2,
        /// In a domain.
        DOMAIN = 3,
    }
}

impl Default for JoinStatus {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// Not used.
    pub name_buffer: Option<String>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The name of the domain or of the workgroup.
    pub name_buffer: Option<String>,
    /// Whether it is that of a domain.
    pub buffer_type: JoinStatus,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Wkssvc: NetrGetJoinInformation = 20, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string_to_nul(&mut self.server_name, "ServerName")?;
        ndr.unique_string(&mut self.name_buffer, "NameBuffer")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.name_buffer, "NameBuffer")?;
        ndr.enumeration(&mut self.buffer_type.0, "BufferType")?;
        ndr.u32(&mut self.status.0, "status")
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{self, Syntax};

    use super::*;

    /// A failure here would read another status after a name with an odd number of characters, because the enumeration has 16
    /// bits in the 32-bit syntax.
    #[test]
    fn names_of_any_length_survive_both_syntaxes() {
        for name in [None, Some("LAB"), Some("LABS")] {
            for syntax in Syntax::ALL {
                let sent = Response {
                    name_buffer: name.map(str::to_owned),
                    buffer_type: JoinStatus::DOMAIN,
                    status: Win32Error::NERR_SUCCESS,
                };
                let stub = ndr::encode(sent.clone(), syntax).unwrap();
                assert_eq!(ndr::decode::<Response>(&stub, syntax).unwrap(), sent, "{name:?}");
            }
        }
        let sent =
            Response { name_buffer: Some("LABS".into()), buffer_type: JoinStatus(3), status: Win32Error(5) };
        let stub = ndr::encode(sent, Syntax::Ndr32).unwrap();
        let text = b"L\0A\0B\0S\0\0\0";
        let expected =
            [&[0, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0], &text[..], &[3, 0, 5, 0, 0, 0]].concat();
        assert_eq!(stub, expected);
    }
}
