//! NetrShareDelEx ([MS-SRVS] 3.1.4.47).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 503 | administrators | as NetrShareDel; 2310 for a server name other than `*` |

use netsession_srvs::info::ShareLevel;
use netsession_srvs::share_del_ex::{Request, Response};
use netsession_wire::Win32Error;

use super::share_del::delete;
use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        Response { status: delete_scoped(caller, &self).err().unwrap_or(Win32Error::NERR_SUCCESS) }
    }
}

fn delete_scoped(caller: &Caller<'_>, request: &Request) -> Result<(), Win32Error> {
    caller.must_be_admin()?;
    if request.share_info.level != ShareLevel::INFO_503 {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    let info = request.share_info.info.as_ref().ok_or(Win32Error::ERROR_INVALID_PARAMETER)?;
    // Every share of this server has the name `*`. A request without a name means that one.
    if info.servername.as_deref().is_some_and(|name| !["", "*"].contains(&name)) {
        return Err(Win32Error::NERR_NET_NAME_NOT_FOUND);
    }
    delete(caller, info.netname.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use netsession_srvs::InfoStruct;
    use netsession_srvs::info::ShareInfo;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would remove the share of another server name, or remove one for a user.
    #[test]
    fn a_share_is_removed_by_its_name_and_server() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        stage.open_to_shares();
        let delete = |client, level, name: &str, server: Option<&str>| {
            let info = ShareInfo {
                netname: Some(name.to_owned()),
                servername: server.map(str::to_owned),
                ..ShareInfo::default()
            };
            let share_info = InfoStruct::with(level, info);
            Request { server_name: None, share_info }.respond(&stage.caller(client)).status.0
        };
        assert_eq!(delete(&alice, ShareLevel::INFO_503, "data", None), 5);
        assert_eq!(delete(&admin, ShareLevel::INFO_502, "data", None), 124);
        assert_eq!(delete(&admin, ShareLevel::INFO_503, "data", Some("OTHER")), 2310);
        assert_eq!(delete(&admin, ShareLevel::INFO_503, "", None), 87);
        assert!(stage.state.share("data").is_some());
        assert_eq!(delete(&admin, ShareLevel::INFO_503, "DATA", Some("*")), 0);
        assert!(stage.state.share("data").is_none());
    }
}
