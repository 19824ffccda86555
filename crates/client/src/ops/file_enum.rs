//! Listing open files ([MS-SRVS] 3.1.4.2, NetrFileEnum).

use std::collections::{BTreeSet, HashMap, HashSet};

use netsession_srvs::file_enum::Request;
use netsession_srvs::info::{FileInfo, FileLevel, SessionLevel};
use netsession_srvs::unc_name;

use super::{pages, server_get_info, share_path};
use crate::calls::Connector;
use crate::filter::is_in;
use crate::link::Link;
use crate::method::method;
use crate::ops::session_enum;
use crate::page::{Page, PageRequest};
use crate::{Error, FileFilter, FileId, FileListing, OpenFile, Permissions, Session, Win32Error, name};

const CALL: &str = Request::NAME;
/// The level with the path and the user, and the level with only the id.
const LEVELS: [FileLevel; 2] = [FileLevel::INFO_3, FileLevel::INFO_2];
/// The most clients whose files it lists one client at a time, to learn which of them holds a file.
const MAX_QUERIED_CLIENTS: usize = 32;

pages::enumeration! { Request: FileInfo { pathname, username } }

method! { Server;
    /// Lists the open files that `filter` matches ([MS-SRVS] 3.1.4.2).
    ///
    /// netsession knows a file's client if all sessions of its user come from one client. At a Windows server it also
    /// queries up to 32 clients of the other matching users; [`file_listing`](Self::file_listing) tells whether there
    /// were more. A filter by client does not match a file whose client is unknown.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_ACCESS_DENIED` if the user may not list open files.
    pub async fn files(&mut self, filter: &FileFilter) -> Result<Vec<OpenFile>, Error> {
        files(&mut self.link, filter).await.map(|listing| listing.files)
    }
}

method! { Server;
    /// Does the same as [`files`](Self::files), and also returns how many clients it did not query.
    ///
    /// # Errors
    /// Those of [`files`](Self::files).
    pub async fn file_listing(&mut self, filter: &FileFilter) -> Result<FileListing, Error> {
        files(&mut self.link, filter).await
    }
}

method! { Server;
    /// Lists the files that are open in exactly this session, without their client.
    ///
    /// Only netsession's own server tells them, for a session with an [id](Session::id). The list is empty for a session
    /// without an id, and at a server that does not know the session.
    ///
    /// # Errors
    /// Those of a call: the connection broke, or the server did not answer in time.
    pub async fn files_of_session(&mut self, session: &Session) -> Result<Vec<OpenFile>, Error> {
        match session.id {
            Some(id) => self::of_client(&mut self.link, id.with_client(&session.client)).await,
            None => Ok(Vec::new()),
        }
    }
}

method! { Raw;
    /// Lists a page of the open files below `path` and of `user` ([MS-SRVS] 3.1.4.2). None and an empty text match any.
    /// On Windows `user` may also be `\\client`.
    ///
    /// # Errors
    /// [`Error::Answered`], with `NERR_BufTooSmall` if no entry fits.
    pub async fn file_enum(
        &mut self,
        level: FileLevel,
        path: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<FileInfo>, Error> {
        self::page(self.link, level, (path, user), page).await
    }
}

/// Returns the open files that `filter` matches.
pub(crate) async fn files<C: Connector>(
    link: &mut Link<C>,
    filter: &FileFilter,
) -> Result<FileListing, Error> {
    let listing = select(link, filter, |_| true).await?;
    Ok(FileListing {
        files: listing.selected().cloned().collect(),
        unqueried_clients: listing.unqueried,
        unknown_clients: listing.unknown_clients,
        near_users: listing.near_users,
    })
}

/// Selected rows of a listing, with the rows that share an id with them.
pub(crate) struct Listing {
    /// Each row, whether it is selected, and whether its id is listed more than once.
    rows: Vec<(OpenFile, bool, bool)>,
    /// The other rows, without their clients.
    others: Vec<OpenFile>,
    /// How many clients may hold some of these files and were not queried.
    unqueried: usize,
    /// How many files match apart from their client, which is unknown.
    pub(crate) unknown_clients: usize,
    /// The users of files that match apart from the user's domain, each once.
    pub(crate) near_users: Vec<String>,
}

impl Listing {
    fn selected(&self) -> impl Iterator<Item = &OpenFile> {
        self.rows.iter().filter(|(_, is_selected, _)| *is_selected).map(|(file, ..)| file)
    }

    /// Returns the selected rows.
    pub(crate) fn into_selected(self) -> Vec<OpenFile> {
        self.rows.into_iter().filter(|(_, is_selected, _)| *is_selected).map(|(file, ..)| file).collect()
    }

    /// Returns every row that the server listed.
    pub(crate) fn all(&self) -> impl Iterator<Item = &OpenFile> {
        self.rows.iter().map(|(file, ..)| file).chain(&self.others)
    }

    /// Returns every row whose id is ambiguous, and the selected rows whose id is not.
    pub(crate) fn partition_ambiguous(self) -> (Vec<OpenFile>, Vec<OpenFile>) {
        let selected: HashSet<FileId> = self.selected().map(|file| file.id).collect();
        let rows = self.rows.into_iter().filter(|(file, ..)| selected.contains(&file.id));
        let (ambiguous, single): (Vec<_>, Vec<_>) = rows.partition(|(_, _, is_ambiguous)| *is_ambiguous);
        let files = |rows: Vec<(OpenFile, bool, bool)>| rows.into_iter().map(|(file, ..)| file).collect();
        (files(ambiguous), files(single))
    }
}

/// Lists the open files and selects those that `is_wanted` and `filter` accept.
///
/// The request has neither path nor user, because servers interpret them differently. A file's client is known if all
/// sessions of its user come from one client; a Windows server also tells which files the clients of other users hold.
pub(crate) async fn select<C: Connector>(
    link: &mut Link<C>,
    filter: &FileFilter,
    is_wanted: impl Fn(&OpenFile) -> bool,
) -> Result<Listing, Error> {
    let mut filter = filter.clone();
    if let Some(path) = &mut filter.path {
        *path = share_path::local(link, path).await?;
    }
    let folder = match filter.share.take() {
        Some(share) => Some(share_path::local(link, &format!(r"\\server\{share}")).await?),
        None => None,
    };
    server_get_info::learn_name(link).await?;
    let files = listed(link).await?;
    let without_client = FileFilter { clients: Vec::new(), ..filter.clone() };
    let is_wanted =
        |file: &OpenFile| is_wanted(file) && folder.as_deref().is_none_or(|folder| is_in(folder, &file.path));
    let names = link.facts().names.clone();
    let near = files.iter().filter(|file| is_wanted(file) && filter.nearly_matches(file, &names));
    let near_users: BTreeSet<String> = near.map(|file| file.user.clone()).collect();
    let near_users = near_users.into_iter().collect();
    let mut seen = HashSet::new();
    let repeated: HashSet<_> = files.iter().map(|file| file.id).filter(|id| !seen.insert(*id)).collect();
    let is_candidate = |file: &OpenFile| is_wanted(file) && without_client.matches(file, &names);
    let candidates: HashSet<_> = files.iter().filter(|file| is_candidate(file)).map(|file| file.id).collect();
    let is_kept =
        |file: &OpenFile| is_candidate(file) || repeated.contains(&file.id) && candidates.contains(&file.id);
    let (mut files, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_kept);
    let unqueried = match files.is_empty() {
        true => 0,
        false => fill_in_clients(link, &mut files, &filter).await?,
    };
    let row = |file: OpenFile| {
        let is_selected = is_wanted(&file) && filter.matches(&file, &names);
        let is_ambiguous = repeated.contains(&file.id);
        (file, is_selected, is_ambiguous)
    };
    let has_no_client = |file: &&OpenFile| file.client.is_none() && is_candidate(file);
    let unknown_clients = match filter.clients.is_empty() {
        true => 0,
        false => files.iter().filter(has_no_client).count(),
    };
    Ok(Listing { rows: files.into_iter().map(row).collect(), others, unqueried, unknown_clients, near_users })
}

/// Lists every open file, without its client.
pub(crate) async fn listed<C: Connector>(link: &mut Link<C>) -> Result<Vec<OpenFile>, Error> {
    for level in LEVELS {
        let request = Request { server_name: link.server_name(), ..Request::asking(level) };
        match pages::all(link, request).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, rows) if code.is_success() => {
                let files: Vec<_> = rows.into_iter().map(file).collect();
                link.learned.open_files = Some(files.iter().map(|file| file.id).collect());
                return Ok(files);
            }
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}

/// Lists one page of the open files below `path` and of `user`, as `NetFileEnum` does: None or an empty text matches
/// any.
///
/// If the server lacks level 2, this function requests level 3. A server may ignore a filter (Samba ignores the path),
/// so this function filters the page, too.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: FileLevel,
    (path, user): (Option<&str>, Option<&str>),
    page_request: PageRequest,
) -> Result<Page<FileInfo>, Error> {
    let (path, user) = (name::non_empty(path), name::non_empty(user));
    let levels = [level, FileLevel::INFO_3].into_iter().skip(usize::from(level == FileLevel::INFO_3));
    let server_name = link.server_name();
    let requests = levels.map(|level| Request {
        server_name: server_name.clone(),
        base_path: path.map(Into::into),
        user_name: user.map(Into::into),
        ..Request::asking(level)
    });
    let mut page = pages::first(link, requests, page_request).await?;
    // Only the server can match a client in the user's field.
    let user = user.filter(|user| !user.starts_with(r"\\"));
    let before = page.entries.len();
    page.entries.retain(|row| {
        // Level 2 has neither path nor user, and every server that has this level filters the list.
        row.pathname.as_deref().is_none_or(|found| path.is_none_or(|path| is_below(path, found)))
            && row.username.as_deref().is_none_or(|found| user.is_none_or(|user| name::same(user, found)))
    });
    let removed = u32::try_from(before - page.entries.len()).unwrap_or(u32::MAX);
    page.total = page.total.saturating_sub(removed);
    Ok(page)
}

/// Whether `path` is `base` or below it, component by component. Servers write both kinds of slashes.
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

/// Sets the clients that netsession can know. It sets none for a user who may list files but not sessions.
///
/// Returns how many clients may hold one of the remaining files and were not queried.
pub(crate) async fn fill_in_clients<C: Connector>(
    link: &mut Link<C>,
    files: &mut [OpenFile],
    filter: &FileFilter,
) -> Result<usize, Error> {
    let sessions = match session_enum::sessions(link).await {
        Ok(sessions) => sessions,
        Err(Error::Answered { .. } | Error::Fault { .. }) => return Ok(0),
        Err(error) => return Err(error),
    };
    for file in files.iter_mut() {
        file.client = only_client(&sessions, &file.user);
    }
    let filters_by_client =
        matches!(link.learned.session_level, Some(SessionLevel::INFO_502 | SessionLevel::INFO_2));
    if !filters_by_client {
        return Ok(0);
    }
    let mut clients = possible_clients(files, &sessions, filter);
    let unqueried = clients.split_off(clients.len().min(MAX_QUERIED_CLIENTS));
    let holders = holders(link, &clients).await?;
    for file in files.iter_mut().filter(|file| file.client.is_none()) {
        file.client = holders.get(&file.id).cloned().flatten();
    }
    let is_unknown = files.iter().any(|file| file.client.is_none());
    Ok(if is_unknown { unqueried.len() } else { 0 })
}

/// Returns the clients of the users whose files have no client yet, each once, first those that the filter selects.
fn possible_clients(files: &[OpenFile], sessions: &[Session], filter: &FileFilter) -> Vec<String> {
    let key = |user: &str| name::folded(user).collect::<String>();
    let without_client = files.iter().filter(|file| file.client.is_none());
    let users: HashSet<String> = without_client.map(|file| key(&file.user)).collect();
    let theirs = sessions.iter().filter(|session| users.contains(&key(&session.user)));
    let clients: BTreeSet<_> = theirs.map(|session| session.client.clone()).collect();
    let mut clients: Vec<_> = clients.into_iter().filter(|client| !client.is_empty()).collect();
    let is_wanted = |client: &String| filter.clients.iter().any(|wanted| wanted.matches(client));
    clients.sort_by_key(|client| !is_wanted(client));
    clients
}

/// Returns the client from which all sessions of `user` come, if there is exactly one.
fn only_client(sessions: &[Session], user: &str) -> Option<String> {
    let mut clients =
        sessions.iter().filter(|s| s.is_logged_on() && name::same(&s.user, user)).map(|s| &s.client);
    let first = clients.next()?;
    clients.all(|other| name::same(first, other)).then(|| first.clone())
}

/// Returns which of these clients holds each file. Windows 7 and later accept `\\client` in the user's field. None if
/// the server lists the same file for two clients.
async fn holders<C: Connector>(
    link: &mut Link<C>,
    clients: &[String],
) -> Result<HashMap<FileId, Option<String>>, Error> {
    let mut holders = HashMap::new();
    for client in clients {
        for OpenFile { id, .. } in of_client(link, unc_name(client)).await? {
            holders.entry(id).and_modify(|holder| *holder = None).or_insert_with(|| Some(client.clone()));
        }
    }
    Ok(holders)
}

/// Returns the files that a client has open, by its name with `\\`; none if the server refuses. At netsession's own server,
/// `\\CLIENT#ID` is a single session of the client.
pub(crate) async fn of_client<C: Connector>(
    link: &mut Link<C>,
    client: String,
) -> Result<Vec<OpenFile>, Error> {
    let all = Request::asking(FileLevel::INFO_3);
    let request = Request { server_name: link.server_name(), user_name: Some(client), ..all };
    let (code, rows) = pages::all(link, request).await?;
    Ok(rows.into_iter().filter(|_| code.is_success()).map(file).collect())
}
