//! Listing sessions ([MS-SRVS] 3.1.4.5, NetrSessionEnum).

use std::collections::HashMap;
use std::time::Duration;

use netsession_srvs::MAX_NAME_LENGTH;
use netsession_srvs::info::{SessionFlags, SessionInfo, SessionLevel};
use netsession_srvs::session_enum::Request;
use tokio::time::Instant;

use super::{connection_enum, pages, plausible, server_get_info, share_path};
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::page::{Page, PageRequest};
use crate::selector::is_same_client;
use crate::{
    ConnectionQualifier, Error, Selector, Session, SessionId, SessionListing, Step, Win32Error, name, own,
    wide,
};

const CALL: &str = Request::NAME;

/// The levels, the one with the most fields first.
const LEVELS: [SessionLevel; 5] = [
    SessionLevel::INFO_502,
    SessionLevel::INFO_2,
    SessionLevel::INFO_1,
    SessionLevel::INFO_10,
    SessionLevel::INFO_0,
];

pages::enumeration! { Request: SessionInfo { cname, username, cltype_name, transport } }

method! { Server;
    /// Lists every session, and marks this connection's own one ([MS-SRVS] 3.1.4.5). An empty list is the server's
    /// answer. It does not prove that nobody is connected.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` if the user may not list sessions.
    pub async fn sessions(&mut self) -> Result<Vec<Session>, Error> {
        // No selector needs the server's name for the first listing. Later ones compare it, because another computer may have
        // taken the place of this one meanwhile.
        match std::mem::replace(&mut self.link.learned.has_listed, true) {
            false => list(&mut self.link).await,
            true => sessions(&mut self.link).await,
        }
    }
}

method! { Server;
    /// Lists the sessions that `selector` selects. A filter with a share first asks who is connected to it.
    ///
    /// Call [`Selector::resolve`] before, so that a host name also matches its addresses.
    ///
    /// # Errors
    /// [`Error::NotReported`] if the selector needs something that the server reports of no session: it would look as if nothing
    /// matched. [`Error::NoShare`]. Those of [`sessions`](Self::sessions).
    pub async fn selected_sessions(&mut self, selector: &Selector) -> Result<SessionListing, Error> {
        let (selector, sessions) = candidates(&mut self.link, selector).await?;
        let names = &self.link.facts().names;
        let is_undecided = |session: &&Session| selector.is_undecided(session, names);
        let undecided = sessions.iter().filter(is_undecided).count();
        let (sessions, others): (Vec<_>, Vec<_>) =
            sessions.into_iter().partition(|session| selector.matches(session, names));
        let is_near = |session: &Session| session.is_logged_on() && selector.nearly_matches(session, names);
        let near_misses = others.into_iter().filter(is_near).collect();
        Ok(SessionListing { sessions, undecided, near_misses })
    }
}

method! { Raw;
    /// Lists a page of the sessions of `client` and `user` ([MS-SRVS] 3.1.4.5). None and an empty text match any.
    ///
    /// # Errors
    /// By [`Error::win32`]: the errors of [`check::session_enum`](crate::raw::check::session_enum);
    /// `NERR_ClientNameNotFound` or `NERR_UserNotFound` if nothing matches; `ERROR_ACCESS_DENIED`.
    pub async fn session_enum(
        &mut self,
        level: SessionLevel,
        client: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<SessionInfo>, Error> {
        check(level, client, user)?;
        self::page(self.link, level, (client, user), page).await
    }
}

/// Lists every session, and returns the selector with the users of its share.
pub(crate) async fn candidates<C: Connector>(
    link: &mut Link<C>,
    selector: &Selector,
) -> Result<(Selector, Vec<Session>), Error> {
    let mut selector = selector.clone();
    let share = selector.share().map(|share| ConnectionQualifier::Share(share.to_owned()));
    let users = match share {
        Some(share) => {
            let connections = connection_enum::connections(link, &share).await?;
            if connections.is_empty() {
                // Some servers answer for a share that does not exist as for one that nobody uses.
                share_path::must_exist(link, &share).await?;
            }
            selector.set_share_users(&connections)
        }
        None => Ok(()),
    };
    let listed = sessions(link).await?;
    users.and_then(|()| selector.check(&listed)).map_err(|what| {
        let server = link.facts().server.clone();
        Error::NotReported { server, what }
    })?;
    Ok((selector, listed))
}

/// Lists every session of a server whose name is known, and marks this connection's own one.
pub(crate) async fn sessions<C: Connector>(link: &mut Link<C>) -> Result<Vec<Session>, Error> {
    server_get_info::learn_name(link).await?;
    list(link).await
}

/// Lists every session, and marks this connection's own one.
///
/// The first time it requests one level after another, until the server has and grants one. It sends no filter, because
/// some servers ignore it.
async fn list<C: Connector>(link: &mut Link<C>) -> Result<Vec<Session>, Error> {
    let known = link.learned.session_level.map(|level| [level]);
    let levels = known.as_ref().map_or(&LEVELS[..], |known| &known[..]);
    let mut refusal = None;
    for level in levels.iter().copied() {
        let request = Request { server_name: link.server_name(), ..Request::asking(level) };
        match pages::all(link, request).await {
            Ok((Win32Error::ERROR_INVALID_LEVEL, _)) => {
                refusal.get_or_insert_with(|| link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL));
            }
            // Only administrators may request some levels. The server may grant a lower one.
            Ok((Win32Error::ERROR_ACCESS_DENIED, _)) => {
                refusal = Some(link.answered(CALL, Win32Error::ERROR_ACCESS_DENIED));
            }
            Ok((code, rows)) if code.is_success() || is_empty_list(code) => {
                if link.learned.session_level.is_none() {
                    link.learned.session_level = Some(level);
                    // Only Samba lacks levels 502 and 2. A denied level proves nothing.
                    link.learned.ends_whole_connections =
                        level == SessionLevel::INFO_1 && !is_denial(refusal.as_ref());
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

/// Lists one page of the sessions of `client` and `user`, as `NetSessionEnum` does: None and an empty text match any.
///
/// If the server lacks the level, this function requests the best one that the server has. If the server ignores
/// filters, this function sends none and filters the answer. Samba needs both. The resume handle is the server's.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: SessionLevel,
    (client, user): (Option<&str>, Option<&str>),
    page_request: PageRequest,
) -> Result<Page<SessionInfo>, Error> {
    let wanted = (name::non_empty(client), name::non_empty(user));
    if let Some(best) = link.learned.session_level.filter(|_| link.learned.ends_whole_connections) {
        // Level 0 has no users.
        let at = if level == SessionLevel::INFO_0 && wanted.1.is_none() { level } else { best };
        let page = page_at(link, at, page_request, (None, None)).await?;
        return page
            .and_then(|page| filter(page, wanted, page_request))
            .map_err(|code| link.answered(CALL, code));
    }
    // Only the level with the most fields shows whether the server filters.
    let is_probe = link.learned.session_level.is_none() && wanted != (None, None);
    let first = if is_probe { SessionLevel::INFO_502 } else { level };
    match page_at(link, first, page_request, wanted).await? {
        Err(Win32Error::ERROR_INVALID_LEVEL) => {
            if link.learned.session_level.is_none() {
                sessions(link).await?;
            }
            let best = link.learned.session_level.unwrap_or_default();
            if !link.learned.ends_whole_connections {
                let page = page_at(link, best, page_request, wanted).await?;
                return page.map_err(|code| link.answered(CALL, code));
            }
            Box::pin(page(link, level, wanted, page_request)).await
        }
        Err(Win32Error::ERROR_ACCESS_DENIED) if is_probe && level != first => {
            let page = page_at(link, level, page_request, wanted).await?;
            page.map_err(|code| link.answered(CALL, code))
        }
        answer => {
            if first == SessionLevel::INFO_502 && answer.is_ok() {
                link.learned.session_level = Some(first);
            }
            answer.map_err(|code| link.answered(CALL, code))
        }
    }
}

/// Checks the arguments of `NetSessionEnum`.
///
/// # Errors
/// [`Error::Parameter`] with `ERROR_INVALID_LEVEL`; `ERROR_INVALID_PARAMETER` for a name of more than 1,023
/// characters; `NERR_InvalidComputer` for a client that does not begin with `\\`.
pub fn check(level: SessionLevel, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
    let is_long = |name: &&str| wide::len(name) > MAX_NAME_LENGTH;
    let (code, why) = match (client, user) {
        _ if !SessionLevel::ALL.contains(&level) => {
            (Win32Error::ERROR_INVALID_LEVEL, "the level does not exist")
        }
        (client, user) if [client, user].iter().flatten().any(is_long) => {
            (Win32Error::ERROR_INVALID_PARAMETER, "a name is longer than 1,023 characters")
        }
        (client, _) if name::non_empty(client).is_some_and(|client| !client.starts_with(r"\\")) => {
            (Win32Error::NERR_INVALID_COMPUTER, r"a client's name begins with \\")
        }
        _ => return Ok(()),
    };
    Err(Error::Parameter { step: Step::Call(CALL), code, why })
}

/// Requests a page at one level.
async fn page_at<C: Connector>(
    link: &mut Link<C>,
    level: SessionLevel,
    page_request: PageRequest,
    (client, user): (Option<&str>, Option<&str>),
) -> Result<Result<Page<SessionInfo>, Win32Error>, Error> {
    let (client_name, user_name) = (client.map(Into::into), user.map(Into::into));
    let server_name = link.server_name();
    let request = Request { server_name, client_name, user_name, ..Request::asking(level) };
    let (code, mut page) = pages::one(link, request, page_request).await?;
    for row in &mut page.entries {
        row.time = row.time.filter(|time| plausible(*time).is_some());
        row.idle_time = row.idle_time.filter(|time| plausible(*time).is_some());
    }
    Ok(if code.is_success() { Ok(page) } else { Err(code) })
}

/// Filters a page. An empty result for the whole list is an error, as on Windows.
fn filter(
    mut page: Page<SessionInfo>,
    (client, user): (Option<&str>, Option<&str>),
    page_request: PageRequest,
) -> Result<Page<SessionInfo>, Win32Error> {
    if (client, user) == (None, None) {
        return Ok(page);
    }
    page.entries.retain(|row| {
        let (listed, who) = (row.cname.as_deref().unwrap_or_default(), row.username.as_deref());
        client.is_none_or(|client| is_same_client(client, listed))
            && user.is_none_or(|user| name::same(user, who.unwrap_or_default()))
    });
    if !page.has_more {
        page.total = u32::try_from(page.entries.len()).unwrap_or(u32::MAX);
        if page.entries.is_empty() && page_request.resume.unwrap_or_default() == 0 {
            return Err(match client {
                Some(_) => Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
                None => Win32Error::NERR_USER_NOT_FOUND,
            });
        }
    }
    Ok(page)
}

/// Whether a server answers that it has no session to list.
fn is_empty_list(code: Win32Error) -> bool {
    [Win32Error::NERR_CLIENT_NAME_NOT_FOUND, Win32Error::NERR_USER_NOT_FOUND].contains(&code)
}

fn is_denial(refusal: Option<&Error>) -> bool {
    matches!(refusal, Some(Error::Answered { code: Win32Error::ERROR_ACCESS_DENIED, .. }))
}

fn finish<C: Connector>(link: &Link<C>, rows: Vec<SessionInfo>) -> Vec<Session> {
    let mut sessions: Vec<_> = rows.into_iter().map(session).collect();
    if link.learned.ends_whole_connections
        && sessions.iter().all(|session| session.idle == Some(Duration::ZERO))
    {
        // Samba does not measure idle time, and returns 0 for every session.
        sessions.iter_mut().for_each(|session| session.idle = None);
    }
    forget_repeated_ids(&mut sessions);
    own::mark(&mut sessions, link.facts(), Instant::now());
    sessions
}

/// Removes the ids that several sessions have: they tell nothing apart.
fn forget_repeated_ids(sessions: &mut [Session]) {
    let mut counts: HashMap<SessionId, usize> = HashMap::new();
    sessions.iter().filter_map(|session| session.id).for_each(|id| *counts.entry(id).or_default() += 1);
    for session in sessions {
        session.id = session.id.filter(|id| counts.get(id) == Some(&1));
    }
}

fn session(row: SessionInfo) -> Session {
    let known = |text: Option<String>| text.filter(|text| !text.is_empty());
    let connected = row.time.and_then(plausible);
    let idle = row.idle_time.and_then(plausible);
    let mut session = Session::listed_as(row.cname.unwrap_or_default(), row.username.unwrap_or_default());
    session.opens = row.num_opens;
    session.connected = connected;
    session.idle = idle.filter(|idle| connected.is_none_or(|connected| *idle <= connected));
    session.guest = row.user_flags.map(|flags| flags.contains(SessionFlags::GUEST));
    session.client_type = known(row.cltype_name);
    session.transport = known(row.transport);
    if let Some(transport) = &mut session.transport {
        let (bare, id) = SessionId::split_transport(transport);
        let length = bare.len();
        transport.truncate(length);
        session.id = id;
    }
    session
}
