//! NetrWkstaGetInfo ([MS-WKST] 3.2.4.1) describes the computer.
//!
//! Statuses: `ERROR_INVALID_LEVEL`; `ERROR_ACCESS_DENIED`, above all at level 102.

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_wire::Win32Error;

/// The levels that have a description here. Level 502 is about the SMB client of Windows.
pub const LEVELS: [u32; 3] = [100, 101, 102];

/// The other levels of the union; their pointer is null here ([MS-WKST] 2.2.4.1).
const OTHER_ARMS: [u32; 4] = [502, 1013, 1018, 1046];

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The server, with two backslashes. Servers ignore the name.
    pub server_name: Option<String>,
    /// The level.
    pub level: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The level.
    pub level: u32,
    /// The computer; `None` unless the status is success.
    pub info: Option<WkstaInfo>,
    /// The return value.
    pub status: Win32Error,
}

/// WKSTA_INFO_100, _101 and _102 ([MS-WKST] 2.2.5.1 to 2.2.5.3), each with one member more than the level before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WkstaInfo {
    /// The platform; 500 is that of Windows NT ([MS-WKST] 2.2.5.1).
    pub platform_id: u32,
    /// The name of the computer.
    pub computername: Option<String>,
    /// The domain or workgroup.
    pub langroup: Option<String>,
    /// The major version of the system.
    pub ver_major: u32,
    /// The minor version of the system.
    pub ver_minor: u32,
    /// Not used. From level 101.
    pub lanroot: Option<String>,
    /// The number of users who are logged on. At level 102.
    pub logged_on_users: Option<u32>,
}

netsession_rpc::operation! { crate::Wkssvc: NetrWkstaGetInfo = 0, Request -> Response { status: Win32Error } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        // impacket sends ten terminators.
        ndr.unique_string_to_nul(&mut self.server_name, "ServerName")?;
        ndr.u32(&mut self.level, "Level")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let info = &mut self.info;
        ndr.union(&mut self.level, Alignment::Pointer, "Level", |level, ndr| {
            if LEVELS.contains(&level) {
                ndr.unique(info, "WkstaInfo", |info, ndr| {
                    ndr.structure(Alignment::Pointer, |ndr| info.members(level, ndr))
                })
            } else if OTHER_ARMS.contains(&level) {
                ndr.unique_u32(&mut None, "WkstaInfo")
            } else {
                Ok(())
            }
        })?;
        ndr.u32(&mut self.status.0, "status")
    }
}

impl WkstaInfo {
    fn members(&mut self, level: u32, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.platform_id, "wki100_platform_id")?;
        ndr.unique_string(&mut self.computername, "wki100_computername")?;
        ndr.unique_string(&mut self.langroup, "wki100_langroup")?;
        ndr.u32(&mut self.ver_major, "wki100_ver_major")?;
        ndr.u32(&mut self.ver_minor, "wki100_ver_minor")?;
        if level >= 101 {
            ndr.unique_string(&mut self.lanroot, "wki101_lanroot")?;
        }
        if level >= 102 {
            ndr.u32(self.logged_on_users.get_or_insert_default(), "wki102_logged_on_users")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{self, Syntax};

    use super::*;

    /// A failure here would refuse the requests of impacket, whose server name consists of terminators.
    #[test]
    fn a_name_ends_at_its_first_terminator() {
        let words = [0x20000, 4, 0, 4, 0x41, 0, 100].map(u32::to_le_bytes).concat();
        let request: Request = ndr::decode(&words, Syntax::Ndr32).unwrap();
        assert_eq!((request.server_name.as_deref(), request.level), (Some("A"), 100));
        let unterminated = [0x20000, 2, 0, 2, 0x41_0041, 100].map(u32::to_le_bytes).concat();
        assert!(ndr::decode::<Request>(&unterminated, Syntax::Ndr32).is_err());
    }

    /// A failure here would lay out the levels differently from [MS-WKST] 2.2.5.
    #[test]
    fn responses_survive_both_syntaxes() {
        for syntax in Syntax::ALL {
            for level in LEVELS {
                let info = WkstaInfo {
                    platform_id: 500,
                    computername: Some("FS1".into()),
                    langroup: Some("WORKGROUP".into()),
                    ver_major: 6,
                    ver_minor: 1,
                    lanroot: None,
                    logged_on_users: (level == 102).then_some(3),
                };
                let response = Response { level, info: Some(info), status: Win32Error(0) };
                let stub = ndr::encode(response.clone(), syntax).unwrap();
                assert_eq!(ndr::decode::<Response>(&stub, syntax).unwrap(), response, "{level}");
            }
        }
        let refused = Response { level: 502, info: None, status: Win32Error::ERROR_INVALID_LEVEL };
        let expected = [502, 0, 124].map(u32::to_le_bytes).concat();
        assert_eq!(ndr::encode(refused, Syntax::Ndr32).unwrap(), expected);
    }
}
