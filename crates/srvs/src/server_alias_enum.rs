//! NetrServerAliasEnum ([MS-SRVS] 3.1.4.45) lists the other names of the server.
//!
//! Statuses: `ERROR_INVALID_LEVEL` for a level other than 0; `ERROR_MORE_DATA`; `ERROR_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

use crate::{EnumStruct, Info, level};

level::levels! {
    /// The level of an alias ([MS-SRVS] 2.2.4.102).
    AliasLevel { INFO_0 = 0, }
}

/// SERVER_ALIAS_INFO_0 ([MS-SRVS] 2.2.4.102).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AliasInfo {
    /// The other name.
    pub alias: Option<String>,
    /// The name that it stands for.
    pub target: Option<String>,
    /// Not 0 if it stands for the server's default name.
    pub default: u8,
    /// Not used.
    pub reserved: u32,
}

impl Info for AliasInfo {
    type Level = AliasLevel;

    const ENUM_LEVELS: &'static [AliasLevel] = AliasLevel::ALL;

    fn alignment(_: AliasLevel) -> Alignment {
        Alignment::Pointer
    }

    fn members(&mut self, _: AliasLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.alias, "srvai0_alias")?;
        ndr.unique_string(&mut self.target, "srvai0_target")?;
        ndr.u8(&mut self.default, "srvai0_default")?;
        ndr.u32(&mut self.reserved, "srvai0_reserved")
    }
}

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// The level, with no entries.
    pub info_struct: EnumStruct<AliasInfo>,
    /// The most octets of the entries in the response.
    pub prefered_maximum_length: u32,
    /// The place to continue from.
    pub resume_handle: Option<u32>,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level and the entries.
    pub info_struct: EnumStruct<AliasInfo>,
    /// The number of entries from the place where this response begins.
    pub total_entries: u32,
    /// The place to continue from after `ERROR_MORE_DATA`.
    pub resume_handle: Option<u32>,
    /// The return value.
    pub status: Win32Error,
}

netsession_rpc::operation! {
    crate::Srvsvc: NetrServerAliasEnum = 55, Request -> Response { status: Win32Error }
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
