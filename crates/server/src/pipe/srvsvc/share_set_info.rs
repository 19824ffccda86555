//! NetrShareSetInfo ([MS-SRVS] 3.1.4.11).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 1, 2, 502, 503, 1004, 1005, 1006, 1501 | administrators | 5 for `IPC$`, and for a folder outside of those that the server opens to shares; 50 for other properties or another security descriptor than the share has; 87 and the member for a wrong one; 2310 for an unknown share |

use netsession_srvs::info::{ShareFlags, ShareInfo, ShareLevel};
use netsession_srvs::share_set_info::{Request, Response};
use netsession_wire::Win32Error;

use super::members::{self, Refusal, refusal};
use super::share_del::open_to_change;
use super::{Caller, Respond, info};

/// The properties that this call cannot change ([MS-SRVS] 2.2.4.29).
const IGNORED: ShareFlags = ShareFlags::DFS.union(ShareFlags::DFS_ROOT);

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let (status, member) = set(caller, &self).err().unwrap_or((Win32Error::NERR_SUCCESS, None));
        Response { parm_err: self.parm_err.map(|_| member.unwrap_or_default()), status }
    }
}

fn set(caller: &Caller<'_>, request: &Request) -> Result<(), Refusal> {
    caller.must_be_admin().map_err(refusal)?;
    let level = request.share_info.level;
    if !ShareLevel::WRITTEN.contains(&level) {
        return Err(refusal(Win32Error::ERROR_INVALID_LEVEL));
    }
    let new = request.share_info.info.as_ref().ok_or(refusal(Win32Error::ERROR_INVALID_PARAMETER))?;
    let share = open_to_change(caller, &request.net_name).map_err(refusal)?;
    let comment = has_comment(level).then(|| members::remark(new)).transpose()?;
    let limit = has_limit(level).then(|| members::max_uses(new)).transpose()?;
    if !is_unchanged(new, &info::share(&share)) {
        return Err(refusal(Win32Error::ERROR_NOT_SUPPORTED));
    }
    comment.into_iter().for_each(|comment| share.set_comment(comment));
    limit.into_iter().for_each(|limit| share.set_limit(limit));
    Ok(())
}

fn has_comment(level: ShareLevel) -> bool {
    level <= ShareLevel::INFO_503 || level == ShareLevel::INFO_1004
}

fn has_limit(level: ShareLevel) -> bool {
    use ShareLevel as L;
    matches!(level, L::INFO_2 | L::INFO_502 | L::INFO_503 | L::INFO_1006)
}

/// Returns whether the properties and the permissions stay as they are, because every share of this server has the same. A
/// client without a security descriptor lets everybody in, as the share does.
fn is_unchanged(new: &ShareInfo, now: &ShareInfo) -> bool {
    let descriptor = new.security_descriptor.as_slice();
    new.flags.is_none_or(|flags| flags.difference(IGNORED) == info::FLAGS)
        && (descriptor.is_empty() || descriptor == now.security_descriptor.as_slice())
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::Counted;
    use netsession_srvs::InfoStruct;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would change a share for a user, change another member than the client sets, or promise what the
    /// server does not do.
    #[test]
    fn each_level_changes_its_members() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let set = |client, name: &str, level: u32, new: ShareInfo| {
            let share_info = InfoStruct::with(ShareLevel(level), new);
            let request =
                Request { server_name: None, net_name: name.to_owned(), share_info, parm_err: Some(0) };
            let answer = request.respond(&stage.caller(client));
            (answer.status.0, answer.parm_err.unwrap())
        };
        let with = |remark: &str, uses: u32| ShareInfo {
            remark: Some(remark.to_owned()),
            max_uses: Some(uses),
            ..ShareInfo::default()
        };
        let share = stage.state.share("data").unwrap();
        let now = || (share.comment(), share.limit());
        assert_eq!(set(&admin, "data", 1004, with("x", 7)), (5, 0), "its folder is not open to shares");
        stage.open_to_shares();
        assert_eq!(set(&alice, "data", 1004, with("x", 7)), (5, 0));
        assert_eq!(set(&admin, "IPC$", 1, with("x", 7)), (5, 0));
        for (level, expected) in [
            (1, ("new1".to_owned(), u32::MAX)),
            (2, ("new2".to_owned(), 2)),
            (502, ("new502".to_owned(), 502)),
            (503, ("new503".to_owned(), 503)),
            (1004, ("new1004".to_owned(), 503)),
            (1006, ("new1004".to_owned(), 1006)),
        ] {
            assert_eq!(set(&admin, "DATA", level, with(&format!("new{level}"), level)), (0, 0), "{level}");
            assert_eq!(now(), expected, "{level}");
        }
        let flags = |flags| ShareInfo { flags: Some(flags), ..ShareInfo::default() };
        assert_eq!(set(&admin, "data", 1005, flags(info::FLAGS | ShareFlags::DFS)), (0, 0));
        assert_eq!(set(&admin, "data", 1005, flags(ShareFlags::ENCRYPT_DATA)), (50, 0));
        let descriptor = |security_descriptor| ShareInfo { security_descriptor, ..with("", 9) };
        assert_eq!(set(&admin, "data", 1501, descriptor(info::share(&share).security_descriptor)), (0, 0));
        for level in [502, 503, 1501] {
            assert_eq!(set(&admin, "data", level, descriptor(Counted::from(vec![1]))), (50, 0), "{level}");
        }
        for (level, new, expected) in [
            (0, with("x", 1), (124, 0)),
            (501, with("x", 1), (124, 0)),
            (1004, with(&"x".repeat(49), 1), (87, 4)),
            (1006, with("x", 0), (87, 6)),
        ] {
            assert_eq!(set(&admin, "data", level, new), expected, "{level}");
        }
        assert_eq!(set(&admin, "", 1004, with("x", 1)), (87, 0));
        assert_eq!(set(&admin, "nothing", 1004, with("x", 1)), (2310, 0));
        assert_eq!(now(), ("new1004".to_owned(), 1006), "a refused call changes nothing");
    }

    /// A failure here would let more clients into a share than its limit allows, or lock clients out for ever.
    #[test]
    fn a_full_share_admits_nobody() {
        let stage = Stage::new();
        let alice = stage.log_on("alice", "10.0.0.7");
        let share = stage.state.share("data").unwrap();
        share.set_limit(1);
        let connect = || {
            let place = stage.state.budgets.trees.take("alice", 1).unwrap();
            alice.connect(&share, stage.state.environment.moment(), place)
        };
        let first = connect().unwrap();
        assert_eq!((connect().is_none(), share.is_full(), share.connection_count()), (true, true, 1));
        alice.disconnect(first.id).unwrap();
        assert!(connect().is_some());
    }
}
