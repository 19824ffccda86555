//! NetrShareGetInfo ([MS-SRVS] 3.1.4.10).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1, 501, 1005; 2, 502, 503 | everybody; administrators | 2310 for an unknown share; 87 for an empty name |

use netsession_srvs::InfoStruct;
use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_get_info::{Request, Response};
use netsession_wire::Win32Error;

use super::share_enum::is_for_administrators;
use super::{Caller, Respond, info};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.level;
        match find(caller, &self) {
            Err(status) => Response { info_struct: InfoStruct { level, info: None }, status },
            Ok(info) => {
                Response { info_struct: InfoStruct::with(level, info), status: Win32Error::NERR_SUCCESS }
            }
        }
    }
}

fn find(caller: &Caller<'_>, request: &Request) -> Result<ShareInfo, Win32Error> {
    if !ShareLevel::READ.contains(&request.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    if is_for_administrators(request.level) {
        caller.must_be_admin()?;
    }
    if request.net_name.is_empty() {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    let share = caller.server.share(&request.net_name);
    share.map(|share| info::share(&share)).ok_or(Win32Error::NERR_NET_NAME_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would return another share, or show its folder to a user who is no administrator.
    #[test]
    fn one_share() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, name: &str, level| {
            let request = Request { server_name: None, net_name: name.to_owned(), level: ShareLevel(level) };
            request.respond(&stage.caller(client))
        };
        for level in [0, 1, 2, 501, 502, 503, 1005] {
            let response = respond(&admin, "DATA", level);
            let info = response.info_struct.info.unwrap();
            assert_eq!((response.status.0, info.netname.as_deref()), (0, Some("data")), "{level}");
            let expected = if [2, 502, 503].contains(&level) { 5 } else { 0 };
            assert_eq!(respond(&alice, "data", level).status.0, expected, "{level}");
        }
        assert_eq!(respond(&admin, "nothing", 1).status.0, 2310);
        assert_eq!(respond(&admin, "", 1).status.0, 87);
        assert_eq!(respond(&admin, "data", 1004).status.0, 124);
    }
}
