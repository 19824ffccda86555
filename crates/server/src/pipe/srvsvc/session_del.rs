//! NetrSessionDel ([MS-SRVS] 3.1.4.6).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | administrators | 87 without a client and a user; 2312 for a client without `\\`, or if no session and no file of a lost connection matches; the client `\\CLIENT#ID` is the one session with this id |

use std::net::IpAddr;
use std::sync::Arc;

use netsession_smb::auth::Proof;
use netsession_smb::msg;
use netsession_srvs::SessionId;
use netsession_srvs::session_del::{Request, Response};
use netsession_wire::Win32Error;

use super::names::{checked_name, same_client, same_user};
use super::{Caller, Respond};
use crate::state::{EndReason, Holder};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        Response { status: end(caller, &self).err().unwrap_or(Win32Error::NERR_SUCCESS) }
    }
}

fn end(caller: &Caller<'_>, request: &Request) -> Result<(), Win32Error> {
    caller.must_be_admin()?;
    let (client, user) =
        (checked_name(request.client_name.as_deref())?, checked_name(request.user_name.as_deref())?);
    if client.is_none() && user.is_none() {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    if client.is_some_and(|client| !client.starts_with(r"\\")) {
        return Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    }
    // `\\CLIENT#ID` names one session, so nothing else of its client and user ends with it.
    let single = client.and_then(SessionId::split_client);
    let (client, id) = single.map_or((client, None), |(client, id)| (Some(client), Some(id)));
    let is_selected = |session: msg::SessionId, address: IpAddr, name: &str, proof: Proof| {
        id.is_none_or(|id| SessionId::new(session.0) == Some(id))
            && client.is_none_or(|client| same_client(client, address))
            && user.is_none_or(|user| same_user(user, name, proof))
    };
    let end_lost = || {
        let is_selected = |lost: &Holder| is_selected(lost.session, lost.client, &lost.user, lost.proof);
        caller.server.end_lost(is_selected, Some(&caller.session.user))
    };
    let is_single = id.is_some();
    // Before the sessions end, so that no client reclaims a file; and after that, for those that lose their connection meanwhile.
    let mut found = end_lost();
    for session in caller.server.sessions() {
        if !is_selected(session.id, session.client(), &session.user, session.proof) {
            continue;
        }
        let (server, by) = (Arc::clone(caller.server), EndReason::EndedBy(Some(caller.session.user.clone())));
        let is_own = session.id == caller.session.id;
        let end =
            move || if is_single { server.end_alone(session.id, by) } else { server.end(session.id, by) };
        if is_own {
            // The caller must get its response first.
            caller.once_answered(move || _ = end());
            found = true;
        } else {
            found |= end();
        }
    }
    found |= end_lost();
    if found { Ok(()) } else { Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND) }
}

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;

    use super::*;
    use crate::pipe::testing::Stage;

    fn request(client: Option<&str>, user: Option<&str>) -> Request {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Request { server_name: None, client_name: owned(client), user_name: owned(user) }
    }

    /// A failure here would end sessions that the request does not name; at worst, all sessions.
    #[test]
    fn only_matching_sessions_end() {
        let long = "x".repeat(1_024);
        let long_client = format!(r"\\{long}");
        let refused: &[(Option<&str>, Option<&str>, u32)] = &[
            (None, None, 87),
            (Some(""), Some(""), 87),
            (Some(""), None, 87),
            (Some("10.0.0.7"), None, 2312),
            (Some("10.0.0.7"), Some("alice"), 2312),
            (Some(r"\\10.0.0.9"), None, 2312),
            (Some(r"\\10.0.0.7"), Some("bob"), 2312),
            (Some(r"\\PC"), None, 2312),
            (None, Some("nobody"), 2312),
            (None, Some("al"), 2312),
            (None, Some(&long), 87),
            (Some(&long_client), None, 87),
        ];
        let ended: &[(Option<&str>, Option<&str>, &[&str])] = &[
            (Some(r"\\10.0.0.7"), None, &["admin", "bob"]),
            (Some(r"\\::ffff:10.0.0.8"), None, &["admin", "alice", "alice"]),
            (Some(r"\\10.0.0.8"), Some("BOB"), &["admin", "alice", "alice"]),
            (None, Some("Alice"), &["admin", "bob"]),
            (Some(""), Some("bob"), &["admin", "alice", "alice"]),
        ];
        let stage = || {
            let stage = Stage::new();
            let admin = stage.pipe("admin", "10.0.0.1");
            for (user, client) in [("alice", "10.0.0.7"), ("alice", "10.0.0.7"), ("bob", "10.0.0.8")] {
                stage.log_on(user, client);
            }
            (stage, admin)
        };
        let (unchanged, admin) = stage();
        for (client, user, status) in refused {
            let answer = request(*client, *user).respond(&unchanged.caller(&admin));
            assert_eq!(answer.status, Win32Error(*status), "{client:?} {user:?}");
            assert_eq!(unchanged.users(), ["admin", "alice", "alice", "bob"], "{client:?} {user:?}");
        }
        for (client, user, left) in ended {
            let (stage, admin) = stage();
            let answer = request(*client, *user).respond(&stage.caller(&admin));
            assert_eq!(answer.status, Win32Error::NERR_SUCCESS, "{client:?} {user:?}");
            assert_eq!(stage.users(), *left, "{client:?} {user:?}");
        }
    }

    /// A failure here would end another session of the same user from the same client, or one whose id is only similar.
    #[test]
    fn an_id_names_one_session() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let sessions = ["alice", "alice", "bob"].map(|user| stage.log_on(user, "10.0.0.7"));
        let _file = stage.open(&sessions[1], "a.txt", AccessMask::READ_DATA);
        let id = |index: usize| SessionId::new(sessions[index].id.0).unwrap();
        let ask = |client: &str, user: Option<&str>| {
            request(Some(client), user).respond(&stage.caller(&admin)).status
        };
        let first = id(0);
        let next = SessionId::new(sessions[2].id.0 + 1).unwrap();
        for (client, user) in [
            (format!(r"\\10.0.0.8#{first}"), None),
            (format!(r"\\10.0.0.7#{first}"), Some("bob")),
            (format!(r"\\#{first}"), None),
            (format!("10.0.0.7#{first}"), None),
            (format!(r"\\10.0.0.7#{next}"), None),
            (format!(r"\\10.0.0.7#{first}#"), None),
            (format!(r"\\10.0.0.7##{first}"), None),
            (format!(r"\\10.0.0.7#{first}0"), None),
            (format!(r"\\10.0.0.7#-{first}"), None),
            (format!(r"\\10.0.0.7#0{first}"), None),
            (format!(r"\\10.0.0.7#{}", first.to_string().replace('0', "٠")), None),
            (r"\\10.0.0.7#".to_owned(), None),
            (r"\\10.0.0.7#1".to_owned(), Some("alice")),
            (r"\\10.0.0.7#ffffffffffffffff".to_owned(), None),
        ] {
            assert_eq!(ask(&client, user), Win32Error::NERR_CLIENT_NAME_NOT_FOUND, "{client} {user:?}");
        }
        assert_eq!(stage.users(), ["admin", "alice", "alice", "bob"]);
        let of_first = format!(r"\\::ffff:10.0.0.7#{first}");
        assert_eq!(ask(&of_first, Some("ALICE")), Win32Error::NERR_SUCCESS);
        assert!(sessions[0].has_ended() && !sessions[1].has_ended());
        assert_eq!(
            (stage.users(), sessions[1].open_count()),
            (vec!["admin".into(), "alice".into(), "bob".into()], 1)
        );
        assert_eq!(ask(&of_first, None), Win32Error::NERR_CLIENT_NAME_NOT_FOUND, "it is gone");
        let alice = stage.pipe("alice", "10.0.0.7");
        let denied = request(Some(&id(2).with_client("10.0.0.7")), None).respond(&stage.caller(&alice));
        assert_eq!(denied.status, Win32Error::ERROR_ACCESS_DENIED);
        let own = SessionId::new(admin.session.id.0).unwrap().with_client("10.0.0.1");
        let caller = stage.caller(&admin);
        assert_eq!(request(Some(&own), None).respond(&caller).status, Win32Error::NERR_SUCCESS);
        assert!(!admin.open.is_closed(), "the response comes first");
        caller.into_later().into_iter().for_each(crate::named_pipe::Later::now);
        assert!(admin.open.is_closed());
    }

    /// A failure here would let every user end the sessions of others.
    #[test]
    fn only_administrators_end_sessions() {
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        stage.log_on("bob", "10.0.0.8");
        for user in [Some("bob"), Some("alice"), Some("nobody"), None] {
            let answer = request(None, user).respond(&stage.caller(&alice));
            assert_eq!(answer.status, Win32Error::ERROR_ACCESS_DENIED, "{user:?}");
        }
        assert_eq!(stage.users(), ["alice", "bob"]);
    }

    /// A failure here would lose the response when a caller ends its own session, or leave the session.
    #[test]
    fn the_callers_own_session_ends_after_the_response() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        stage.log_on("alice", "10.0.0.1");
        let caller = stage.caller(&admin);
        assert_eq!(request(Some(r"\\10.0.0.1"), None).respond(&caller).status, Win32Error::NERR_SUCCESS);
        assert_eq!(stage.users(), ["admin"], "the others go at once");
        assert!(!admin.open.is_closed());
        caller.into_later().into_iter().for_each(crate::named_pipe::Later::now);
        assert_eq!(stage.users().len(), 0);
        assert!(admin.open.is_closed());
    }
}
