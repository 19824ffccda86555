//! NetrSessionEnum ([MS-SRVS] 3.1.4.5).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1, 2, 10, 502 | administrators | 2351 for a client without `\\`; 2312 or 2221 if the filter matches no session; at least one session whatever the preferred length is; lists sessions that have lost their connection and left files open; at level 502 the transport ends with the id of the session |

use netsession_srvs::EnumStruct;
use netsession_srvs::info::{SessionInfo, SessionLevel};
use netsession_srvs::session_enum::{Request, Response};
use netsession_wire::Win32Error;

use super::names::{checked_name, same_client, same_user};
use super::page::{Page, PageRequest, page_of_at_least};
use super::{Caller, Respond, info};
use crate::state::Holder;

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.info_struct.level;
        match list(caller, &self) {
            Err(status) => Response { info_struct: self.info_struct, status, ..Response::default() },
            Ok(Page { entries, total, resume, status }) => Response {
                info_struct: EnumStruct::with(level, entries),
                total_entries: total,
                resume_handle: self.resume_handle.map(|_| resume),
                status,
            },
        }
    }
}

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<SessionInfo>, Win32Error> {
    let level = request.info_struct.level;
    if !SessionLevel::ALL.contains(&level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    caller.must_be_admin()?;
    let (client, user) =
        (checked_name(request.client_name.as_deref())?, checked_name(request.user_name.as_deref())?);
    if client.is_some_and(|client| !client.starts_with(r"\\")) {
        return Err(Win32Error::NERR_INVALID_COMPUTER);
    }
    let now = caller.server.environment.uptime();
    let keep = |session: &Holder| {
        let is_selected = client.is_none_or(|client| same_client(client, session.client))
            && user.is_none_or(|user| same_user(user, &session.user, session.proof));
        is_selected.then(|| info::session(session, now))
    };
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let listed = page_of_at_least(1, &caller.server.holders(), page_request, keep, |info| size(level, info));
    // A filter that matches nothing has a status of its own, unless the client has read the list up to its end.
    let first = request.resume_handle.unwrap_or(0) == 0;
    if listed.total == 0 && first && client.is_some() {
        return Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    }
    if listed.total == 0 && first && user.is_some() {
        return Err(Win32Error::NERR_USER_NOT_FOUND);
    }
    Ok(listed)
}

/// Returns the octets of a session at a level, as a client of 64 bits counts them.
fn size(level: SessionLevel, info: &SessionInfo) -> usize {
    let (texts, numbers) = match level {
        SessionLevel::INFO_0 => (1, 0),
        SessionLevel::INFO_1 => (2, 4),
        SessionLevel::INFO_2 => (3, 4),
        SessionLevel::INFO_10 => (2, 2),
        _ => (4, 4),
    };
    let units = |text: &Option<String>| text.as_deref().unwrap_or_default().encode_utf16().count();
    let all = [&info.cname, &info.username, &info.cltype_name, &info.transport];
    let texts = all.into_iter().take(texts).map(|text| POINTER + (units(text) + 1) * size_of::<u16>());
    texts.sum::<usize>() + numbers * size_of::<u32>()
}

/// The octets of a pointer.
const POINTER: usize = 8;

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;
    use netsession_srvs::info::SessionFlags;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show wrong sessions, times or counts to an administrator, even after the clock was set. An
    /// administrator who ends idle sessions would then end active ones.
    #[test]
    fn sessions_are_described_at_each_level() {
        let stage = Stage::new();
        let alice = stage.log_on("alice", "::ffff:10.0.0.7");
        let _file = stage.open(&alice, "a.txt", AccessMask::READ_DATA);
        stage.wait(60);
        alice.touch(stage.state.environment.moment());
        stage.wait(5);
        stage.set_clock_by(-86_400);
        let admin = stage.pipe("admin", "10.0.0.1");
        for level in SessionLevel::ALL {
            let response = Request::asking(*level).respond(&stage.caller(&admin));
            assert_eq!((response.status, response.total_entries), (Win32Error::NERR_SUCCESS, 2), "{level:?}");
            let [first, second] = response.info_struct.entries() else { panic!("two sessions") };
            let expected = SessionInfo {
                cname: Some(r"\\10.0.0.7".into()),
                username: Some("alice".into()),
                num_opens: Some(1),
                time: Some(65),
                idle_time: Some(5),
                user_flags: Some(SessionFlags::empty()),
                cltype_name: Some(String::new()),
                transport: Some(format!(r"\Device\NetbiosSmb\netsession\{:012x}", alice.id.0)),
            };
            assert_eq!(*first, expected);
            assert_eq!(
                (second.username.as_deref(), second.num_opens),
                (Some("admin"), Some(1)),
                "its own pipe"
            );
        }
    }

    /// A failure here would accept a wrong request, or show the sessions to a user who is no administrator.
    #[test]
    fn refuses_as_specified() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let asking = |client: &str, user: &str| Request {
            client_name: Some(client.to_owned()),
            user_name: Some(user.to_owned()),
            ..Request::asking(SessionLevel::INFO_10)
        };
        let found = |client, user| {
            let response = asking(client, user).respond(&stage.caller(&admin));
            (response.status.0, response.info_struct.entries().len())
        };
        assert_eq!(found("", ""), (0, 2));
        assert_eq!(found(r"\\10.0.0.7", "ALICE"), (0, 1));
        assert_eq!(found("10.0.0.7", ""), (2351, 0));
        assert_eq!(found(r"\\10.0.0.8", ""), (2312, 0));
        assert_eq!(found(r"\\10.0.0.8", "alice"), (2312, 0));
        assert_eq!(found("", "nobody"), (2221, 0));
        assert_eq!(found("", &"x".repeat(1_024)), (87, 0));
        let wrong_level = Request::asking(SessionLevel(3));
        assert_eq!(wrong_level.respond(&stage.caller(&admin)).status, Win32Error::ERROR_INVALID_LEVEL);
        for level in SessionLevel::ALL {
            let denied = Request::asking(*level).respond(&stage.caller(&alice));
            assert_eq!(denied.status, Win32Error::ERROR_ACCESS_DENIED, "{level:?}");
            assert_eq!(denied.info_struct.entries(), []);
        }
    }

    /// A failure here would let a client that reads a long list by pages miss sessions, or never reach the end.
    #[test]
    fn a_long_list_has_several_pages() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        for number in 0..50 {
            stage.log_on(&format!("user{number}"), "10.0.0.7");
        }
        let mut request =
            Request { prefered_maximum_length: 1_000, ..Request::asking(SessionLevel::INFO_502) };
        let (mut seen, mut calls) = (Vec::new(), 0);
        loop {
            let response = request.clone().respond(&stage.caller(&admin));
            assert_eq!(response.total_entries as usize, 51 - seen.len());
            seen.extend(response.info_struct.entries().iter().filter_map(|it| it.username.clone()));
            calls += 1;
            if response.status == Win32Error::NERR_SUCCESS {
                break;
            }
            assert_eq!(response.status, Win32Error::ERROR_MORE_DATA);
            request.resume_handle = response.resume_handle;
        }
        assert_eq!(seen, stage.users());
        assert!(calls > 5, "{calls}");
        let limited = |prefered_maximum_length| Request { prefered_maximum_length, ..request.clone() };
        let first = Request { resume_handle: Some(0), ..limited(1) };
        let response = first.respond(&stage.caller(&admin));
        assert_eq!((response.status, response.info_struct.entries().len()), (Win32Error::ERROR_MORE_DATA, 1));
        assert_eq!(response.resume_handle, Some(1));
        let resumed = response.resume_handle;
        let response = Request { resume_handle: resumed, ..limited(0) }.respond(&stage.caller(&admin));
        assert_eq!(response.status.0, 0);
        assert_eq!(response.info_struct.entries().len(), response.total_entries as usize);
        let past = Request { resume_handle: Some(51), ..request.clone() }.respond(&stage.caller(&admin));
        assert_eq!((past.status, past.total_entries), (Win32Error::NERR_SUCCESS, 0));
        let without = Request { resume_handle: None, ..request }.respond(&stage.caller(&admin));
        assert_eq!((without.status, without.resume_handle), (Win32Error::ERROR_MORE_DATA, None));
    }

    /// A failure here would refuse a program that has room for a session at its level, or return it fewer than fit.
    #[test]
    fn a_page_has_as_many_sessions_as_fit_at_its_level() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        for _ in 0..3 {
            stage.log_on("alice", "10.0.0.7");
        }
        let counts = |level, maxima: [u32; 5]| {
            maxima.map(|prefered_maximum_length| {
                let request = Request { prefered_maximum_length, ..Request::asking(level) };
                let response = request.respond(&stage.caller(&admin));
                let count = response.info_struct.entries().len();
                let is_all = count == response.total_entries as usize;
                let expected = if is_all { Win32Error::NERR_SUCCESS } else { Win32Error::ERROR_MORE_DATA };
                assert_eq!(response.status, expected);
                count
            })
        };
        // Each row has two octets for a character and for the end of a text, eight for its address and four for a number.
        assert_eq!(counts(SessionLevel::INFO_0, [1, 59, 60, 90, 120]), [1, 1, 2, 3, 4]);
        assert_eq!(counts(SessionLevel::INFO_1, [1, 64, 131, 132, 264]), [1, 1, 1, 2, 4]);
        assert_eq!(counts(SessionLevel::INFO_2, [1, 64, 151, 152, 304]), [1, 1, 1, 2, 4]);
        assert_eq!(counts(SessionLevel::INFO_10, [1, 64, 115, 116, 232]), [1, 1, 1, 2, 4]);
        assert_eq!(counts(SessionLevel::INFO_502, [64, 200, 339, 340, 680]), [1, 1, 1, 2, 4]);
    }
}
