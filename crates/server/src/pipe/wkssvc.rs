//! The workstation service with the one operation that clients of file servers use: NetrWkstaGetInfo ([MS-WKST]
//! 3.2.4.1).

use std::collections::BTreeSet;

use netsession_rpc::ndr::{Alignment, Message, Ndr, NdrError};
use netsession_rpc::{Description, Interface, SyntaxId};
use netsession_smb::auth::ntlm::Version;
use netsession_srvs::info::PlatformId;
use netsession_wire::Win32Error;

use super::call::{Caller, Respond};
use super::service::Service;

pub(super) const SERVICE: Service = Service::of::<Wkssvc>(dispatch);

/// The interface wkssvc, version 1.0 ([MS-WKST] 1.9 and 2.1).
struct Wkssvc;

impl Interface for Wkssvc {
    const ID: SyntaxId = SyntaxId::new(0x6bff_d098_a112_3610_9833_46c3_f87e_345a, 1);
    const PIPE: &'static str = "wkssvc";
    const OPERATIONS: &'static [Description] = &[Description::of::<Request>("wkssvc")];
}

netsession_rpc::operation! { Wkssvc: NetrWkstaGetInfo = 0, Request -> Response { status: Win32Error } }

super::service::dispatch! { Request }

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Request {
    server_name: Option<String>,
    level: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Response {
    level: u32,
    info: Option<WkstaInfo>,
    status: Win32Error,
}

/// WKSTA_INFO_100, _101 and _102 ([MS-WKST] 2.2.5.1 to 2.2.5.3), each with one member more than the level before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct WkstaInfo {
    platform_id: u32,
    computername: Option<String>,
    langroup: Option<String>,
    ver_major: u32,
    ver_minor: u32,
    lanroot: Option<String>,
    logged_on_users: u32,
}

/// The levels that this server has. Level 502 is about a client, which this server is not.
const LEVELS: [u32; 3] = [100, 101, 102];

/// The other levels of the union; their pointer is null ([MS-WKST] 2.2.4.1).
const OTHER_ARMS: [u32; 4] = [502, 1013, 1018, 1046];

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
            ndr.u32(&mut self.logged_on_users, "wki102_logged_on_users")?;
        }
        Ok(())
    }
}

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.level;
        let result = match level {
            100 | 101 => Ok(info(caller)),
            102 => caller.must_be_admin().map(|()| info(caller)),
            _ => Err(Win32Error::ERROR_INVALID_LEVEL),
        };
        let status = result.as_ref().err().copied().unwrap_or_default();
        Response { level, info: result.ok(), status }
    }
}

fn info(caller: &Caller<'_>) -> WkstaInfo {
    let identity = &caller.server.identity;
    let users: BTreeSet<String> =
        caller.server.sessions().iter().map(|session| session.user.clone()).collect();
    WkstaInfo {
        platform_id: PlatformId::NT.0,
        computername: Some(identity.name.clone()),
        langroup: Some(identity.settings.names.netbios_domain.clone()),
        ver_major: Version::OURS.major.into(),
        ver_minor: Version::OURS.minor.into(),
        lanroot: None,
        logged_on_users: u32::try_from(users.len()).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{self, Syntax};

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would stop clients that read information about the workstation before they continue.
    #[test]
    fn the_computer_is_described_at_each_level() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, level| Request { server_name: None, level }.respond(&stage.caller(client));
        let response = respond(&admin, 102);
        let info = response.info.as_ref().unwrap();
        assert_eq!((info.computername.as_deref(), info.logged_on_users), (Some("FS1"), 2));
        let status = |client, level| respond(client, level).status.0;
        assert_eq!([100, 101, 102, 502, 7].map(|level| status(&admin, level)), [0, 0, 0, 124, 124]);
        assert_eq!([100, 101, 102].map(|level| status(&alice, level)), [0, 0, 5]);
    }

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
                let mut info = WkstaInfo {
                    platform_id: 500,
                    computername: Some("FS1".into()),
                    langroup: Some("WORKGROUP".into()),
                    ver_major: 6,
                    ver_minor: 1,
                    ..WkstaInfo::default()
                };
                info.logged_on_users = if level == 102 { 3 } else { 0 };
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
