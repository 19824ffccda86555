//! Listing sessions ([MS-SRVS] 3.1.4.5, NetrSessionEnum).

use std::time::Duration;

use netsession_srvs::info::{SessionFlags, SessionInfo, SessionLevel};
use netsession_srvs::session_enum::Request;
use tokio::time::Instant;

use super::{pages, plausible};
use crate::calls::Connector;
use crate::link::Link;
use crate::{Error, Session, Win32Error, own};

const CALL: &str = "NetrSessionEnum";

/// The level that tells most first.
const LEVELS: [SessionLevel; 5] = [
    SessionLevel::INFO_502,
    SessionLevel::INFO_2,
    SessionLevel::INFO_1,
    SessionLevel::INFO_10,
    SessionLevel::INFO_0,
];

/// Every session at the server, with the own one marked.
///
/// The first time, the levels are tried in turn; a server that has none of them, or grants none, is asked no
/// further. The server is given no filter, since some ignore it.
pub(crate) async fn sessions<C: Connector>(link: &mut Link<C>) -> Result<Vec<Session>, Error> {
    let known = link.session_level.map(|level| [level]);
    let levels = known.as_ref().map_or(&LEVELS[..], |known| &known[..]);
    let mut refusal = None;
    for level in levels.iter().copied() {
        let request = Request { server_name: link.server_name(), ..Request::asking(level) };
        match pages::all(link, request).await {
            Ok((Win32Error::ERROR_INVALID_LEVEL, _)) => {
                refusal.get_or_insert_with(|| link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL));
            }
            // Some levels are for administrators only; a lower one may be granted.
            Ok((Win32Error::ERROR_ACCESS_DENIED, _)) => {
                refusal = Some(link.answered(CALL, Win32Error::ERROR_ACCESS_DENIED));
            }
            Ok((code, rows)) if code.is_success() || is_nobody(code) => {
                if link.session_level.is_none() {
                    link.session_level = Some(level);
                    // Only Samba lacks levels 502 and 2. A level that is denied says nothing.
                    link.shares_fate = level == SessionLevel::INFO_1 && !is_denial(refusal.as_ref());
                }
                return Ok(finish(link, rows));
            }
            Ok((code, _)) => return Err(link.answered(CALL, code)),
            Err(fault @ Error::Fault { .. }) => {
                refusal.get_or_insert(fault);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refusal.unwrap_or_else(|| link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL)))
}

/// What servers answer where there is no session that could be listed.
fn is_nobody(code: Win32Error) -> bool {
    [Win32Error::NERR_CLIENT_NAME_NOT_FOUND, Win32Error::NERR_USER_NOT_FOUND].contains(&code)
}

fn is_denial(refusal: Option<&Error>) -> bool {
    matches!(refusal, Some(Error::Answered { code: Win32Error::ERROR_ACCESS_DENIED, .. }))
}

fn finish<C: Connector>(link: &Link<C>, rows: Vec<SessionInfo>) -> Vec<Session> {
    let mut sessions: Vec<_> = rows.into_iter().map(session).collect();
    if link.shares_fate && sessions.iter().all(|session| session.idle == Some(Duration::ZERO)) {
        // Samba does not count idle time: it writes 0 for everyone.
        sessions.iter_mut().for_each(|session| session.idle = None);
    }
    own::mark(&mut sessions, link.facts(), Instant::now());
    sessions
}

fn session(row: SessionInfo) -> Session {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let connected = row.time.and_then(plausible);
    let idle = row.idle_time.and_then(plausible);
    let mut session =
        Session::new(row.cname.as_deref().unwrap_or_default(), row.username.as_deref().unwrap_or_default());
    session.opens = row.num_opens;
    session.connected = connected;
    session.idle = idle.filter(|idle| connected.is_none_or(|connected| *idle <= connected));
    session.guest = row.user_flags.map(|flags| flags.contains(SessionFlags::GUEST));
    session.client_type = given(row.cltype_name);
    session.transport = given(row.transport);
    session
}
