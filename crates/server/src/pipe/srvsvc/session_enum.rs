//! NetrSessionEnum ([MS-SRVS] 3.1.4.5).

use std::sync::Arc;

use netsession_smb::fscc::FileTime;
use netsession_srvs::EnumStruct;
use netsession_srvs::info::{SessionFlags, SessionInfo, SessionLevel};
use netsession_srvs::session_enum::{Request, Response};
use netsession_wire::Win32Error;

use super::Caller;
use super::names::{given, same_client};
use super::page::{Asked, Page, page};
use crate::fs::name::same;
use crate::state::Session;

pub(super) fn answer(caller: &Caller<'_>, request: Request) -> Response {
    let level = request.info_struct.level;
    match list(caller, &request) {
        Err(status) => Response { info_struct: request.info_struct, status, ..Response::default() },
        Ok(Page { entries, total, resume, status }) => Response {
            info_struct: EnumStruct::with(level, entries),
            total_entries: total,
            resume_handle: request.resume_handle.map(|_| resume),
            status,
        },
    }
}

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<SessionInfo>, Win32Error> {
    let level = request.info_struct.level;
    if !SessionLevel::ALL.contains(&level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    caller.must_be_admin()?;
    let (client, user) = (given(request.client_name.as_deref())?, given(request.user_name.as_deref())?);
    if client.is_some_and(|client| !client.starts_with(r"\\")) {
        return Err(Win32Error::NERR_INVALID_COMPUTER);
    }
    let now = caller.server.environment.now();
    let keep = |session: &Arc<Session>| {
        let meant = client.is_none_or(|client| same_client(client, session))
            && user.is_none_or(|user| same(user, &session.user));
        meant.then(|| info(session, now))
    };
    let asked = Asked { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let listed = page(&caller.server.sessions(), asked, keep, texts);
    // A filter that nothing matches is told so, unless it is the end of a list that was being read.
    let first = request.resume_handle.unwrap_or(0) == 0;
    if listed.total == 0 && first && client.is_some() {
        return Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    }
    if listed.total == 0 && first && user.is_some() {
        return Err(Win32Error::NERR_USER_NOT_FOUND);
    }
    Ok(listed)
}

/// Everything that a level can tell of a session.
fn info(session: &Session, now: FileTime) -> SessionInfo {
    let mut user_flags = SessionFlags::empty();
    user_flags.set(SessionFlags::NOENCRYPTION, false);
    SessionInfo {
        cname: Some(format!(r"\\{}", session.client())),
        username: Some(session.user.clone()),
        num_opens: Some(u32::try_from(session.open_count()).unwrap_or(u32::MAX)),
        time: Some(seconds(session.since, now)),
        idle_time: Some(seconds(session.last_active(), now)),
        user_flags: Some(user_flags),
        cltype_name: Some(String::new()),
        transport: Some(String::new()),
    }
}

/// Whole seconds from one time to another; none where the clock went back.
pub(super) fn seconds(from: FileTime, to: FileTime) -> u32 {
    u32::try_from(to.0.saturating_sub(from.0).max(0) / 10_000_000).unwrap_or(u32::MAX)
}

fn texts(info: &SessionInfo) -> usize {
    let texts = [&info.cname, &info.username, &info.cltype_name, &info.transport];
    texts.into_iter().flatten().map(|text| text.encode_utf16().count()).sum()
}
