//! NetrWkstaGetInfo ([MS-WKST] 3.2.4.1).

use netsession_smb::auth::ntlm::Version;
use netsession_srvs::info::PlatformId;
use netsession_wire::Win32Error;
use netsession_wkssvc::wksta_get_info::{Request, Response, WkstaInfo};

use super::{Caller, Respond, group, users};

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
    WkstaInfo {
        platform_id: PlatformId::NT.0,
        computername: Some(caller.server.identity.name.clone()),
        langroup: Some(group(caller)),
        ver_major: Version::OURS.major.into(),
        ver_minor: Version::OURS.minor.into(),
        lanroot: None,
        logged_on_users: Some(u32::try_from(users(caller).len()).unwrap_or(u32::MAX)),
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!((info.computername.as_deref(), info.logged_on_users), (Some("FS1"), Some(2)));
        let status = |client, level| respond(client, level).status.0;
        assert_eq!([100, 101, 102, 502, 7].map(|level| status(&admin, level)), [0, 0, 0, 124, 124]);
        assert_eq!([100, 101, 102].map(|level| status(&alice, level)), [0, 0, 5]);
    }
}
