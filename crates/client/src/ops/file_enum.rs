//! Listing open files ([MS-SRVS] 3.1.4.2, NetrFileEnum).

use std::collections::HashMap;

use netsession_srvs::file_enum::Request;
use netsession_srvs::info::{FileInfo, FileLevel, SessionLevel};
use netsession_srvs::unc_name;

use super::{pages, share_path};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::session_enum;
use crate::raw::{Asked, Page, given};
use crate::{Error, FileFilter, FileId, OpenFile, Permissions, Session, Win32Error, name};

const CALL: &str = Request::NAME;
/// Levels that tell path and user, and only the id.
const LEVELS: [FileLevel; 2] = [FileLevel::INFO_3, FileLevel::INFO_2];
/// So many clients are asked about one by one, to learn which of them holds a file.
const MOST_CLIENTS: usize = 32;

/// The open files that `filter` means.
///
/// The server is given neither path nor user: what it makes of them differs. Which client holds a file is told where
/// all sessions of its user come from one client; a Windows server is asked about the clients of the other users.
pub(crate) async fn files<C: Connector>(
    link: &mut Link<C>,
    filter: &FileFilter,
) -> Result<Vec<OpenFile>, Error> {
    let mut filter = filter.clone();
    if let Some(path) = &mut filter.path {
        *path = share_path::local(link, path).await?;
    }
    let mut files = listed(link).await?;
    let cheap = FileFilter { client: None, ..filter.clone() };
    let names = link.facts().names.clone();
    files.retain(|file| cheap.matches(file, &names));
    if !files.is_empty() {
        tell_clients(link, &mut files).await?;
    }
    files.retain(|file| filter.matches(file, &names));
    Ok(files)
}

/// Every open file, without its client.
pub(super) async fn listed<C: Connector>(link: &mut Link<C>) -> Result<Vec<OpenFile>, Error> {
    for level in LEVELS {
        let request = Request { server_name: link.server_name(), ..Request::asking(level) };
        match pages::all(link, request).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, rows) if code.is_success() => {
                let files: Vec<_> = rows.into_iter().map(file).collect();
                link.files_seen = Some(files.iter().map(|file| file.id).collect());
                return Ok(files);
            }
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

/// One page of the open files below `path` and of `user`, as `NetFileEnum` has them: None or an empty text is any.
///
/// A server that lacks level 2 is asked at level 3; what a server ignores (Samba does not look at the path) is sifted here.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: FileLevel,
    (path, user): (Option<&str>, Option<&str>),
    asked: Asked,
) -> Result<Page<FileInfo>, Error> {
    let (path, user) = (given(path), given(user));
    let levels = [level, FileLevel::INFO_3].into_iter().skip(usize::from(level == FileLevel::INFO_3));
    let server_name = link.server_name();
    let requests = levels.map(|level| Request {
        server_name: server_name.clone(),
        base_path: path.map(Into::into),
        user_name: user.map(Into::into),
        ..Request::asking(level)
    });
    let mut page = pages::first(link, requests, asked).await?;
    // A client in the place of a user is known to the server alone.
    let user = user.filter(|user| !user.starts_with(r"\\"));
    let before = page.entries.len();
    page.entries.retain(|row| {
        // Level 2 tells neither, and no server has it that would not select.
        row.pathname.as_deref().is_none_or(|found| path.is_none_or(|path| is_below(path, found)))
            && row.username.as_deref().is_none_or(|found| user.is_none_or(|user| name::same(user, found)))
    });
    let removed = u32::try_from(before - page.entries.len()).unwrap_or(u32::MAX);
    page.total = page.total.saturating_sub(removed);
    Ok(page)
}

/// Whether a path is `base` or below it, component by component. Servers write either kind of slash.
fn is_below(base: &str, path: &str) -> bool {
    let parts = |path: &str| path.replace('/', r"\").trim_end_matches('\\').to_owned();
    let (base, path) = (parts(base), parts(path));
    let mut found = path.split('\\');
    base.split('\\').all(|wanted| found.next().is_some_and(|part| name::same(wanted, part)))
}

fn file(row: FileInfo) -> OpenFile {
    OpenFile {
        id: FileId(row.id.0),
        path: row.pathname.unwrap_or_default(),
        user: row.username.unwrap_or_default(),
        client: None,
        permissions: Permissions(row.permissions.unwrap_or_default().bits()),
        locks: row.num_locks.unwrap_or_default(),
    }
}

/// Fills in the clients, as far as they can be known. Who may list files and not sessions learns none.
async fn tell_clients<C: Connector>(link: &mut Link<C>, files: &mut [OpenFile]) -> Result<(), Error> {
    let sessions = match session_enum::sessions(link).await {
        Ok(sessions) => sessions,
        Err(Error::Answered { .. } | Error::Fault { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    for file in files.iter_mut() {
        file.client = only_client(&sessions, &file.user);
    }
    let understands_clients =
        matches!(link.session_level, Some(SessionLevel::INFO_502 | SessionLevel::INFO_2));
    if understands_clients && files.iter().any(|file| file.client.is_none()) {
        let holders = holders(link, &sessions).await?;
        for file in files.iter_mut().filter(|file| file.client.is_none()) {
            file.client = holders.get(&file.id).cloned().flatten();
        }
    }
    Ok(())
}

/// The client that all sessions of `user` come from, if it is one.
fn only_client(sessions: &[Session], user: &str) -> Option<String> {
    let mut clients =
        sessions.iter().filter(|s| s.is_logged_on() && name::same(&s.user, user)).map(|s| &s.client);
    let first = clients.next()?;
    clients.all(|other| name::same(first, other)).then(|| first.clone())
}

/// Which client holds each file: each client is asked about by `\\client` in the place of the user (Windows 7 and
/// later). None where two clients are said to hold the same file.
async fn holders<C: Connector>(
    link: &mut Link<C>,
    sessions: &[Session],
) -> Result<HashMap<FileId, Option<String>>, Error> {
    let mut clients: Vec<&str> = sessions.iter().map(|session| session.client.as_str()).collect();
    clients.retain(|client| !client.is_empty());
    clients.sort_unstable();
    clients.dedup();
    let mut holders = HashMap::new();
    if clients.len() > MOST_CLIENTS {
        return Ok(holders);
    }
    for client in clients {
        let asked = Request::asking(FileLevel::INFO_3);
        let request = Request { server_name: link.server_name(), user_name: Some(unc_name(client)), ..asked };
        let (code, rows) = pages::all(link, request).await?;
        for row in rows.into_iter().filter(|_| code.is_success()) {
            holders
                .entry(FileId(row.id.0))
                .and_modify(|holder| *holder = None)
                .or_insert_with(|| Some(client.to_owned()));
        }
    }
    Ok(holders)
}
