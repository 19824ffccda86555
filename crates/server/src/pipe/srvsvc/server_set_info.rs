//! NetrServerSetInfo ([MS-SRVS] 3.1.4.18).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 101, 102, 502, 503, 1005, 1010, 1016, 1017, 1018, 1107 | administrators | changes the comment until the server stops; 50 for any other new value, and for a tuning value (1501 to 1556); 87 and the member for a wrong one |

use netsession_srvs::Info;
use netsession_srvs::info::{ServerInfo, ServerLevel};
use netsession_srvs::server_set_info::{Request, Response};
use netsession_wire::{Win32Error, wide};

use super::members::{Refusal, refusal, wrong};
use super::server_get_info::description;
use super::{Caller, Respond};

/// The numbers of members ([MS-SRVS] 2.2.2.12).
const COMMENT: u32 = 5;
const DISC: u32 = 10;
const HIDDEN: u32 = 16;
const ANNOUNCE: u32 = 17;
const ANNDELTA: u32 = 18;
const USERS: u32 = 107;

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let (status, member) = set(caller, &self).err().unwrap_or((Win32Error::NERR_SUCCESS, None));
        Response { parm_err: self.parm_err.map(|_| member.unwrap_or_default()), status }
    }
}

fn set(caller: &Caller<'_>, request: &Request) -> Result<(), Refusal> {
    caller.must_be_admin().map_err(refusal)?;
    let level = request.server_info.level;
    if ServerInfo::TUNING_LEVELS.contains(&level.0) {
        return Err(refusal(Win32Error::ERROR_NOT_SUPPORTED));
    }
    if !ServerLevel::WRITTEN.contains(&level) {
        return Err(refusal(Win32Error::ERROR_INVALID_LEVEL));
    }
    let new = request.server_info.info.as_ref().ok_or(refusal(Win32Error::ERROR_INVALID_PARAMETER))?;
    let comment = has_comment(level).then(|| comment(new)).transpose()?;
    in_range(new)?;
    if !is_unchanged(new, &description(caller.server)) {
        return Err(refusal(Win32Error::ERROR_NOT_SUPPORTED));
    }
    comment.into_iter().for_each(|comment| caller.server.identity.set_comment(comment));
    Ok(())
}

fn has_comment(level: ServerLevel) -> bool {
    matches!(level, ServerLevel::INFO_101 | ServerLevel::INFO_102 | ServerLevel::INFO_1005)
}

/// Returns the comment, which may be empty. The limit is that of Windows (MAXCOMMENTSZ).
fn comment(info: &ServerInfo) -> Result<String, Refusal> {
    const MAX: usize = 256;
    let comment = info.comment.clone().unwrap_or_default();
    if wide::len(&comment) > MAX { Err(wrong(COMMENT)) } else { Ok(comment) }
}

/// Checks the ranges of [MS-SRVS] 2.2.4.43, for the members that the level has.
fn in_range(new: &ServerInfo) -> Result<(), Refusal> {
    const SECONDS: u32 = 65_535;
    for (value, allowed, member) in [
        (new.users, 1..=u32::MAX, USERS),
        (new.disc, 1..=u32::MAX, DISC),
        (new.hidden, 0..=1, HIDDEN),
        (new.announce, 1..=SECONDS, ANNOUNCE),
        (new.anndelta, 0..=SECONDS, ANNDELTA),
    ] {
        if value.is_some_and(|value| !allowed.contains(&value)) {
            return Err(wrong(member));
        }
    }
    Ok(())
}

/// Returns whether everything but the comment stays as it is: a client reads the server, changes the comment, and writes
/// the whole structure. The other values are fixed, or have no meaning for this server.
fn is_unchanged(new: &ServerInfo, now: &ServerInfo) -> bool {
    let same = |new: Option<u32>, now: Option<u32>| new.is_none() || new == now;
    same(new.users, now.users)
        && same(new.disc, now.disc)
        && same(new.hidden, now.hidden)
        && same(new.announce, now.announce)
        && same(new.anndelta, now.anndelta)
        && (new.userpath.is_none() || new.userpath == now.userpath)
        && (new.limits.is_none() || new.limits == now.limits)
        && (new.domain.is_none() || new.domain == now.domain)
        && (new.tuning.is_none() || new.tuning == now.tuning)
}

#[cfg(test)]
mod tests {
    use netsession_srvs::{InfoStruct, server_get_info};

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would change the server for a user, change another value than the client sets, or promise what the
    /// server does not do.
    #[test]
    fn the_comment_changes_and_nothing_else() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let read = |level| {
            let request = server_get_info::Request { server_name: None, level: ServerLevel(level) };
            request.respond(&stage.caller(&admin)).info_struct.info.unwrap()
        };
        let set = |client, level, new: ServerInfo| {
            let server_info = InfoStruct::with(ServerLevel(level), new);
            let request = Request { server_name: None, server_info, parm_err: Some(0) };
            let answer = request.respond(&stage.caller(client));
            (answer.status.0, answer.parm_err.unwrap())
        };
        let with = |comment: &str| ServerInfo { comment: Some(comment.to_owned()), ..ServerInfo::default() };
        assert_eq!(set(&alice, 1005, with("x")), (5, 0));
        for level in [101, 102, 1005] {
            let comment = format!("New at {level}");
            let new = ServerInfo { comment: Some(comment.clone()), ..read(level.min(102)) };
            assert_eq!(set(&admin, level, new), (0, 0), "{level}");
            assert_eq!(read(101).comment, Some(comment));
        }
        for level in [502, 503] {
            assert_eq!(set(&admin, level, read(level)), (0, 0), "{level}");
            let mut new = read(level);
            new.limits.as_mut().unwrap().sessopens -= 1;
            assert_eq!(set(&admin, level, new), (50, 0), "{level}");
        }
        for (level, new, expected) in [
            (1010, ServerInfo { disc: Some(u32::MAX), ..ServerInfo::default() }, (0, 0)),
            (1010, ServerInfo { disc: Some(15), ..ServerInfo::default() }, (50, 0)),
            (1010, ServerInfo { disc: Some(0), ..ServerInfo::default() }, (87, 10)),
            (1016, ServerInfo { hidden: Some(0), ..ServerInfo::default() }, (50, 0)),
            (1016, ServerInfo { hidden: Some(2), ..ServerInfo::default() }, (87, 16)),
            (1017, ServerInfo { announce: Some(0), ..ServerInfo::default() }, (87, 17)),
            (1018, ServerInfo { anndelta: Some(65_536), ..ServerInfo::default() }, (87, 18)),
            (1107, ServerInfo { users: Some(0), ..ServerInfo::default() }, (87, 107)),
            (102, ServerInfo { userpath: Some("D:".to_owned()), comment: None, ..read(102) }, (50, 0)),
            (1005, with(&"x".repeat(257)), (87, 5)),
            (103, read(103), (124, 0)),
            (100, with("x"), (124, 0)),
            (1501, ServerInfo::default(), (50, 0)),
        ] {
            assert_eq!(set(&admin, level, new), expected, "{level}");
        }
        assert_eq!(read(101).comment.as_deref(), Some("New at 1005"), "a refused call changes nothing");
        let null = Request {
            server_info: InfoStruct { level: ServerLevel(1005), info: None },
            ..Request::default()
        };
        assert_eq!(null.respond(&stage.caller(&admin)).status.0, 87);
    }
}
