//! NetrServerGetInfo ([MS-SRVS] 3.1.4.17).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 100, 101; 102, 103, 502, 503 | everybody; administrators | the name of the server is the one that the client used |

use netsession_smb::auth::ntlm::Version;
use netsession_srvs::InfoStruct;
use netsession_srvs::info::{PlatformId, ServerInfo, ServerLevel, ServerLimits, ServerTuning, ServerType};
use netsession_srvs::server_get_info::{Request, Response};
use netsession_wire::Win32Error;

use super::names::checked_name;
use super::{Caller, Respond};
use crate::state::{Session, State};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.level;
        match info(caller, &self) {
            Err(status) => Response { info_struct: InfoStruct { level, info: None }, status },
            Ok(info) => {
                Response { info_struct: InfoStruct::with(level, info), status: Win32Error::NERR_SUCCESS }
            }
        }
    }
}

fn info(caller: &Caller<'_>, request: &Request) -> Result<ServerInfo, Win32Error> {
    use ServerLevel as L;
    if !L::READ.contains(&request.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    if matches!(request.level, L::INFO_102 | L::INFO_103 | L::INFO_502 | L::INFO_503) {
        caller.must_be_admin()?;
    }
    let requested_name =
        checked_name(request.server_name.as_deref())?.map(|name| name.trim_start_matches('\\'));
    let server = caller.server;
    // The name that the request has ([MS-SRVS] 3.1.4.17).
    let name = requested_name.filter(|name| !name.is_empty()).unwrap_or(&server.identity.name);
    Ok(ServerInfo { name: Some(name.to_owned()), ..description(server) })
}

/// Returns the server's description of itself, with the members of every level but its name.
pub(super) fn description(server: &State) -> ServerInfo {
    let never = u32::MAX;
    ServerInfo {
        platform_id: Some(PlatformId::NT),
        name: None,
        version_major: Some(Version::OURS.major.into()),
        version_minor: Some(Version::OURS.minor.into()),
        r#type: Some(ServerType::WORKSTATION | ServerType::SERVER | ServerType::NT | ServerType::SERVER_NT),
        comment: Some(server.identity.comment()),
        users: Some(u32::MAX),
        disc: Some(never),
        // The server does not announce itself.
        hidden: Some(1),
        announce: Some(65_535),
        anndelta: Some(0),
        licenses: Some(0),
        userpath: Some(r"C:\".to_owned()),
        capabilities: Some(0),
        limits: Some(limits(server)),
        domain: Some(server.identity.settings.names.netbios_domain.clone()),
        tuning: Some(tuning(server)),
    }
}

/// Returns the limits of this server, within the ranges of [MS-SRVS] 2.2.4.46. For what this server lacks (work items,
/// raw transfers) it returns the least value of the range, and for pools of memory the greatest.
fn limits(server: &State) -> ServerLimits {
    let table = u32::try_from(Session::LIMIT).unwrap_or(u32::MAX);
    ServerLimits {
        sessopens: table.min(16_384),
        sessvcs: 1,
        opensearch: 2_048,
        sizreqbuf: server.identity.settings.max_size.min(65_535),
        initworkitems: 1,
        maxworkitems: 65_535,
        rawworkitems: 1,
        irpstacksize: 11,
        maxrawbuflen: 65_535,
        sessusers: u32::try_from(server.identity.settings.max_sessions).unwrap_or(u32::MAX).min(2_048),
        sessconns: table.min(2_048),
        maxpagedmemoryusage: u32::MAX,
        maxnonpagedmemoryusage: u32::MAX,
        enablesoftcompat: 0,
        enableforcedlogoff: 0,
        timesource: 0,
        acceptdownlevelapis: 0,
        lmannounce: 0,
    }
}

/// Returns the other values by the rule of [`limits`]: no oplocks, no raw transfers, as many requests at a time as there
/// are credits.
fn tuning(server: &State) -> ServerTuning {
    ServerTuning {
        minkeepsearch: 5,
        maxkeepsearch: 10,
        minkeepcomplsearch: 1,
        maxkeepcomplsearch: 2,
        scavtimeout: 1,
        minrcvqueue: 0,
        minfreeworkitems: 0,
        xactmemsize: 0x10_0000,
        maxmpxct: server.identity.settings.max_credits.into(),
        oplockbreakwait: 10,
        oplockbreakresponsewait: 10,
        minfreeconnections: 2,
        maxfreeconnections: 2,
        ..ServerTuning::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would give the server another name, or show its limits to a user who is no administrator.
    #[test]
    fn the_server_is_described_at_each_level() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, name: Option<&str>, level| {
            let request = Request { server_name: name.map(str::to_owned), level: ServerLevel(level) };
            request.respond(&stage.caller(client))
        };
        for level in [100, 101, 102, 103, 502, 503] {
            let response = respond(&admin, None, level);
            let info = response.info_struct.info.unwrap();
            assert_eq!((response.status.0, info.name.as_deref()), (0, Some("FS1")), "{level}");
            let limits = info.limits.unwrap();
            assert_eq!((limits.sessopens, limits.sessvcs, limits.maxrawbuflen), (16_384, 1, 65_535));
            let expected = if level > 101 { 5 } else { 0 };
            assert_eq!(respond(&alice, None, level).status.0, expected, "{level}");
        }
        let named = respond(&alice, Some(r"\\10.0.0.5"), 101).info_struct.info.unwrap();
        assert_eq!((named.name.as_deref(), named.comment.as_deref()), (Some("10.0.0.5"), Some("the files")));
        assert_eq!(respond(&alice, None, 599).status.0, 124);
        assert_eq!(respond(&alice, Some(&"x".repeat(1_024)), 100).status.0, 87);
    }
}
