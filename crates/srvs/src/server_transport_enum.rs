//! NetrServerTransportEnum ([MS-SRVS] 3.1.4.24) lists the transports by which clients reach the server.
//!
//! Statuses: `ERROR_INVALID_LEVEL`; `ERROR_MORE_DATA`; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::{EnumStruct, Info, MAX_PREFERRED_LENGTH, level};

level::levels! {
    /// The levels of a transport ([MS-SRVS] 2.2.4.93 to 2.2.4.96).
    TransportLevel { INFO_0 = 0, INFO_1 = 1, INFO_2 = 2, INFO_3 = 3, }
}

/// SERVER_TRANSPORT_INFO_0, _1, _2 and _3 ([MS-SRVS] 2.2.4.93 to 2.2.4.96), each with more than the level before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransportInfo {
    /// The number of clients that are connected by this transport.
    pub numberofvcs: u32,
    /// The name of the transport's device.
    pub transportname: Option<String>,
    /// The address of the server on the transport.
    pub transportaddress: Option<Vec<u8>>,
    /// The length of that address.
    pub transportaddresslength: u32,
    /// The address of the network adapter.
    pub networkaddress: Option<String>,
    /// The domain. From level 1.
    pub domain: Option<String>,
    /// Flags. From level 2.
    pub flags: Option<u32>,
}

impl Info for TransportInfo {
    type Level = TransportLevel;

    const ENUM_LEVELS: &'static [TransportLevel] = TransportLevel::ALL;

    fn alignment(_: TransportLevel) -> Alignment {
        Alignment::Pointer
    }

    fn members(&mut self, level: TransportLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.numberofvcs, "svti_numberofvcs")?;
        ndr.unique_string(&mut self.transportname, "svti_transportname")?;
        ndr.unique(&mut self.transportaddress, "svti_transportaddress", |address, ndr| {
            ndr.octets(address, "svti_transportaddress")
        })?;
        ndr.u32(&mut self.transportaddresslength, "svti_transportaddresslength")?;
        ndr.unique_string(&mut self.networkaddress, "svti_networkaddress")?;
        if level >= TransportLevel::INFO_1 {
            ndr.unique_string(&mut self.domain, "svti_domain")?;
        }
        if level >= TransportLevel::INFO_2 {
            level::carried(ndr, &mut self.flags, "svti_flags")?;
        }
        if level >= TransportLevel::INFO_3 {
            // The length of a password and the password, which no server returns.
            ndr.u32(&mut 0, "svti_passwordlength")?;
            (0..256).try_for_each(|_| ndr.u8(&mut 0, "svti_password"))?;
        }
        Ok(())
    }
}

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes; null is the local computer.
    pub server_name: Option<String>,
    /// The level, with no entries.
    pub info_struct: EnumStruct<TransportInfo>,
    /// The most octets of the entries in the response.
    pub prefered_maximum_length: u32,
    /// The place to continue from.
    pub resume_handle: Option<u32>,
}

impl Request {
    /// Returns the first request for all transports at `level` in one response.
    #[must_use]
    pub fn asking(level: TransportLevel) -> Self {
        Self {
            info_struct: EnumStruct::asking(level),
            prefered_maximum_length: MAX_PREFERRED_LENGTH,
            resume_handle: Some(0),
            ..Self::default()
        }
    }
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the entries.
    pub info_struct: EnumStruct<TransportInfo>,
    /// The number of entries from the place where this response begins.
    pub total_entries: u32,
    /// The place to continue from after `ERROR_MORE_DATA`.
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerTransportEnum = 26, Request -> Response { status: Win32Error }
}

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server_name, "ServerName")?;
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.prefered_maximum_length, "PreferedMaximumLength")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.info_struct.parameter(ndr)?;
        ndr.u32(&mut self.total_entries, "TotalEntries")?;
        ndr.unique_u32(&mut self.resume_handle, "ResumeHandle")?;
        ndr.u32(&mut self.status.0, "status")
    }
}
