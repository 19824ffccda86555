//! [`Data`]: what the servers listed last, and what changed. It does no I/O.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use netsession::{OpenFile, Own, ServerNames, Session, SessionId, Share};
use netsession_admin::{LastListings, Listed, NodeEvent, QueryTimes, RowEvent, SilentNode, SilentNodes};

use super::filter::{Filter, Names};
use super::pane::Pane;
use super::records::Records;
use crate::output::{duration, natural, time_of_day};

/// The most changes that the view remembers.
const MAX_CHANGES: usize = 1_000;

/// One listing of one server.
#[derive(Debug)]
pub(super) struct Listing {
    /// When the sessions were asked for, and when they came.
    pub(super) asked: QueryTimes,
    pub(super) sessions: Vec<Session>,
    /// The open files, or why the server does not list them.
    pub(super) files: Result<Vec<OpenFile>, String>,
    /// The shares, or why the server does not list them.
    pub(super) shares: Result<Vec<Share>, String>,
    pub(super) names: ServerNames,
    /// The host names of clients.
    pub(super) hosts: HashMap<String, Arc<str>>,
}

/// Why a server did not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: String,
    /// The time until the next attempt; `None` if there will be none.
    pub(super) retry: Option<Duration>,
}

/// The place of a row: its server and its number there; a change's number in the log.
pub(super) type Place = (usize, usize);

/// What identifies a row from one listing to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A client and a user at a server, whose sessions a request ends together; or one of these sessions, if the server gives it
    /// an id.
    Session(usize, String, String, Option<SessionId>),
    /// An open file: its id, its path and its user. Servers reuse ids.
    File(usize, u32, String, String),
    Share(usize, String),
    Server(usize),
    Change(usize),
    Hold(u64),
    Record(u64),
}

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    names: ServerNames,
    /// When it listed last.
    pub(super) listed: Option<Instant>,
    /// When it was asked for that listing, and when it answered.
    pub(super) asked: Option<QueryTimes>,
    /// Why it does not list now, and when that was learned.
    pub(super) failure: Option<(Failure, Instant)>,
    /// Since when it owes an answer, if that is longer than an answer usually takes.
    silent_since: Option<Instant>,
    /// Why it lists no files or no shares.
    note: Option<String>,
    hosts: HashMap<String, Arc<str>>,
    /// The nodes of a cluster that do not answer, as text; empty if all do.
    silent: String,
    /// The warning about a cluster that may be none.
    strangers: Option<String>,
}

impl Server {
    fn is_silent(&self) -> bool {
        self.silent_since.is_some() && self.listed.is_some() && self.failure.is_none()
    }
}

/// What the view knows of a server when it makes a plan: when the server listed, and the sessions of the view's connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) asked: Option<QueryTimes>,
    pub(super) own: Vec<Session>,
}

/// Something that happened.
#[derive(Debug)]
struct Change {
    at: SystemTime,
    event: &'static str,
    server: usize,
    client: Option<String>,
    user: Option<String>,
    text: String,
}

/// What the servers listed last.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) servers: Vec<Server>,
    sessions: LastListings<Session>,
    files: LastListings<OpenFile>,
    shares: LastListings<Share>,
    changes: VecDeque<Change>,
    /// The holds and the journal.
    pub(super) records: Records,
    /// The nodes of clusters that do not answer.
    nodes: SilentNodes,
    /// The number of changes that were forgotten.
    forgotten: usize,
    /// The sessions that came and went since the counts began.
    pub(super) came: usize,
    pub(super) gone: usize,
}

/// Stores the rows of a server, or of a cluster whose silent nodes may have more.
fn updated<T: Listed>(
    last: &mut LastListings<T>,
    server: usize,
    asked: QueryTimes,
    rows: Option<Vec<T>>,
    silent: &[SilentNode],
) -> Vec<RowEvent<T>> {
    match rows {
        Some(rows) if !silent.is_empty() => last.update_incomplete(server, asked, rows),
        rows => last.update(server, asked, rows),
    }
}

impl Data {
    pub(super) fn new(servers: impl IntoIterator<Item = String>) -> Data {
        let server = |name| Server {
            name,
            names: ServerNames::default(),
            listed: None,
            asked: None,
            failure: None,
            silent_since: None,
            note: None,
            hosts: HashMap::new(),
            silent: String::new(),
            strangers: None,
        };
        Data {
            servers: servers.into_iter().map(server).collect(),
            sessions: LastListings::default(),
            files: LastListings::default(),
            shares: LastListings::default(),
            changes: VecDeque::new(),
            records: Records::default(),
            nodes: SilentNodes::default(),
            forgotten: 0,
            came: 0,
            gone: 0,
        }
    }

    /// Stores a listing. It returns the keys of the sessions and files that came.
    pub(super) fn update(
        &mut self,
        index: usize,
        result: Result<Listing, Failure>,
        silent: &[SilentNode],
        (now, at): (Instant, SystemTime),
    ) -> Vec<Key> {
        self.log_nodes(index, silent, at);
        let Some(server) = self.servers.get_mut(index) else { return Vec::new() };
        server.silent_since = None;
        let failed = QueryTimes { at: now, answered: now };
        let (asked, sessions, files, shares) = match result {
            Ok(listing) => {
                (server.listed, server.failure, server.names) = (Some(now), None, listing.names);
                (server.hosts, server.asked) = (listing.hosts, Some(listing.asked));
                let errors = [listing.files.as_ref().err(), listing.shares.as_ref().err()];
                server.note = errors.into_iter().flatten().next().cloned();
                let (files, shares) = (listing.files.unwrap_or_default(), listing.shares.unwrap_or_default());
                (listing.asked, Some(listing.sessions), Some(files), Some(shares))
            }
            Err(failure) => {
                server.failure = Some((failure, now));
                (failed, None, None, None)
            }
        };
        let mut came = Vec::new();
        for event in updated(&mut self.sessions, index, asked, sessions, silent) {
            came.extend(self.session_event(index, event, at));
        }
        for event in updated(&mut self.files, index, asked, files, silent) {
            came.extend(self.file_event(index, event, at));
        }
        self.shares.update(index, asked, shares);
        came
    }

    /// Stores which nodes of a cluster do not answer, and logs which fell silent and which answer again.
    fn log_nodes(&mut self, index: usize, silent: &[SilentNode], at: SystemTime) {
        for event in self.nodes.update(index, silent) {
            let (event, text) = match event {
                NodeEvent::Down(node) => ("down", format!("{} does not answer: {}", node.node, node.reason)),
                NodeEvent::Up { node } => ("up", node),
                _ => continue,
            };
            self.log(Change { at, event, server: index, client: None, user: None, text });
        }
        if let Some(server) = self.servers.get_mut(index) {
            let names: Vec<&str> = silent.iter().map(|node| node.node.as_str()).collect();
            server.silent = names.join(", ");
        }
    }

    /// Stores the warning about a cluster that may be none, and logs it when it is new.
    pub(super) fn set_strangers(&mut self, index: usize, warning: Option<String>, at: SystemTime) {
        let Some(server) = self.servers.get_mut(index) else { return };
        let is_new = server.strangers.is_none();
        server.strangers.clone_from(&warning);
        if let (Some(text), true) = (warning, is_new) {
            self.log(Change { at, event: "warning", server: index, client: None, user: None, text });
        }
    }

    /// Whether the session is netsession's own, or one that a plan opened: nobody came or went.
    fn is_own(&self, server: usize, row: &Session) -> bool {
        let is_own = |own: &Session| own.own != Own::No && own.is_same_pair(row);
        row.own != Own::No || self.sessions.rows(server).iter().any(is_own)
    }

    fn session_event(&mut self, server: usize, event: RowEvent<Session>, at: SystemTime) -> Option<Key> {
        match event {
            RowEvent::Came { row, .. } | RowEvent::Gone { row } if self.is_own(server, &row) => None,
            RowEvent::Came { row, is_initial: false } => {
                self.came = self.came.saturating_add(1);
                self.log_session(at, "came", server, &row);
                Some(session_key(server, &row))
            }
            RowEvent::Gone { row } => {
                self.gone = self.gone.saturating_add(1);
                self.log_session(at, "gone", server, &row);
                None
            }
            RowEvent::ServerUp => {
                self.log(Change { at, event: "up", server, client: None, user: None, text: String::new() });
                None
            }
            RowEvent::ServerDown => {
                let failure = self.servers.get(server).and_then(|server| server.failure.as_ref());
                let text = failure.map(|(failure, _)| failure.error.clone()).unwrap_or_default();
                self.log(Change { at, event: "down", server, client: None, user: None, text });
                None
            }
            _ => None,
        }
    }

    fn log_session(&mut self, at: SystemTime, event: &'static str, server: usize, row: &Session) {
        let (client, user) = (row.client.clone(), row.user.clone());
        let text = format!("session of {user} from {client}");
        self.log(Change { at, event, server, client: Some(client), user: Some(user), text });
    }

    fn file_event(&mut self, server: usize, event: RowEvent<OpenFile>, at: SystemTime) -> Option<Key> {
        let (event, file, key) = match event {
            RowEvent::Came { row, is_initial: false } => ("came", row.clone(), Some(file_key(server, &row))),
            RowEvent::Gone { row } => ("gone", row, None),
            _ => return None,
        };
        let text = format!("{} opened by {}", file.path, file.user);
        self.log(Change { at, event, server, client: file.client, user: Some(file.user), text });
        key
    }

    /// Logs what a hold did at a server.
    pub(super) fn log_hold(&mut self, at: SystemTime, server: usize, event: &'static str, text: String) {
        self.log(Change { at, event, server, client: None, user: None, text });
    }

    fn log(&mut self, change: Change) {
        self.changes.push_back(change);
        while self.changes.len() > MAX_CHANGES {
            self.changes.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
        }
    }

    /// Returns the number of rows, matching or not.
    pub(super) fn count(&self, pane: Pane) -> usize {
        match pane {
            Pane::Servers => self.servers.len(),
            Pane::Changes => self.changes.len(),
            Pane::Holds => self.records.holds.len(),
            Pane::Journal => self.records.journal.len(),
            pane => (0..self.servers.len()).map(|server| self.count_at(pane, server)).sum(),
        }
    }

    fn count_at(&self, pane: Pane, server: usize) -> usize {
        match pane {
            Pane::Sessions => self.sessions.rows(server).len(),
            Pane::Files => self.files.rows(server).len(),
            Pane::Shares => self.shares.rows(server).len(),
            Pane::Servers | Pane::Changes | Pane::Holds | Pane::Journal => 0,
        }
    }

    /// Returns the number of servers that do not list.
    pub(super) fn down(&self) -> usize {
        self.servers.iter().filter(|server| server.failure.is_some()).count()
    }

    /// Returns the number of servers that listed and owe an answer now.
    pub(super) fn silent(&self) -> usize {
        self.servers.iter().filter(|server| server.is_silent()).count()
    }

    /// Sets since when each server owes an answer. A shorter time than `patience` is no silence.
    pub(super) fn set_unanswered(
        &mut self,
        since: impl Fn(usize) -> Option<Instant>,
        patience: Duration,
        now: Instant,
    ) {
        for (index, server) in self.servers.iter_mut().enumerate() {
            let is_long = |since: &Instant| now.saturating_duration_since(*since) >= patience;
            server.silent_since = since(index).filter(is_long);
        }
    }

    /// Returns the number of servers that have neither listed nor failed.
    pub(super) fn waiting(&self) -> usize {
        self.servers.iter().filter(|server| server.failure.is_none() && server.listed.is_none()).count()
    }

    /// Returns the places of the matching rows, sorted by a column.
    pub(super) fn places(&self, pane: Pane, filter: &Filter, column: usize, is_reversed: bool) -> Vec<Place> {
        let mut places: Vec<Place> = match pane {
            Pane::Servers => (0..self.servers.len()).map(|server| (server, 0)).collect(),
            Pane::Changes => (0..self.changes.len()).rev().map(|change| (0, change)).collect(),
            // The newest comes first.
            Pane::Holds | Pane::Journal => (0..self.count(pane)).map(|row| (0, row)).collect(),
            pane => (0..self.servers.len())
                .flat_map(|server| (0..self.count_at(pane, server)).map(move |row| (server, row)))
                .collect(),
        };
        if !filter.is_empty() {
            places.retain(|place| self.names(pane, *place).is_some_and(|names| filter.matches(&names)));
        }
        if pane.is_log() {
            return places;
        }
        places.sort_by(|one, other| {
            let order = self.compare(pane, column, *one, *other);
            // Equal rows keep one order, so that a refresh does not move them.
            let order = if is_reversed { order.reverse() } else { order };
            order.then_with(|| self.compare_all(pane, *one, *other))
        });
        places
    }

    fn compare_all(&self, pane: Pane, one: Place, other: Place) -> Ordering {
        let columns = 0..pane.columns().len();
        let mut orders = columns.map(|column| self.compare(pane, column, one, other));
        orders.find(|order| order.is_ne()).unwrap_or(one.cmp(&other))
    }

    fn compare(&self, pane: Pane, column: usize, one: Place, other: Place) -> Ordering {
        if column == 0 && !pane.is_log() {
            return match one.0 == other.0 {
                true => Ordering::Equal,
                false => natural(self.server_name(one.0), self.server_name(other.0)),
            };
        }
        match pane {
            Pane::Sessions => match (self.session(one), self.session(other)) {
                (Some(one), Some(other)) => compare_sessions(column, one, other),
                _ => Ordering::Equal,
            },
            Pane::Files => match (self.file(one), self.file(other)) {
                (Some(one), Some(other)) => compare_files(column, one, other),
                _ => Ordering::Equal,
            },
            Pane::Servers => match column {
                2 => self.count_at(Pane::Sessions, one.0).cmp(&self.count_at(Pane::Sessions, other.0)),
                3 => self.count_at(Pane::Files, one.0).cmp(&self.count_at(Pane::Files, other.0)),
                1 => {
                    let state = |server| (self.is_down(server), self.is_old(server));
                    state(one.0).cmp(&state(other.0)).reverse()
                }
                _ => Ordering::Equal,
            },
            Pane::Shares => match (self.share(one), self.share(other)) {
                (Some(one), Some(other)) if column == 3 => one.connections.cmp(&other.connections),
                (Some(one), Some(other)) => {
                    let text = |share| share_cells(share).into_iter().nth(column.saturating_sub(1));
                    natural(&text(one).unwrap_or_default(), &text(other).unwrap_or_default())
                }
                _ => Ordering::Equal,
            },
            Pane::Changes | Pane::Holds | Pane::Journal => Ordering::Equal,
        }
    }

    /// Returns the cells of a row as text, one for each column.
    pub(super) fn cells(&self, pane: Pane, place: Place, now: Instant) -> Vec<String> {
        let server = self.server_name(place.0).to_owned();
        let mut cells = vec![server];
        match pane {
            Pane::Sessions => {
                let host = |session: &Session| self.host(place.0, &session.client);
                let cells_of = |session| session_cells(session, host(session));
                cells.extend(self.session(place).map(cells_of).unwrap_or_default());
            }
            Pane::Files => cells.extend(self.file(place).map(file_cells).unwrap_or_default()),
            Pane::Shares => cells.extend(self.share(place).map(share_cells).unwrap_or_default()),
            Pane::Servers => cells.extend(self.server_cells(place.0, now)),
            Pane::Changes => {
                let Some(change) = self.changes.get(place.1) else { return Vec::new() };
                let server = self.server_name(change.server).to_owned();
                cells = vec![time_of_day(change.at), change.event.to_owned(), server, change.text.clone()];
            }
            Pane::Holds | Pane::Journal => {
                return self.records.line(pane, place.1).map_or_else(Vec::new, |line| line.cells.clone());
            }
        }
        cells
    }

    fn server_cells(&self, index: usize, now: Instant) -> Vec<String> {
        let Some(server) = self.servers.get(index) else { return Vec::new() };
        let listed = server.listed.map(|at| duration::show(now.saturating_duration_since(at)));
        let (state, next, reason) = match &server.failure {
            Some((failure, since)) => {
                let passed = now.saturating_duration_since(*since);
                let next = failure.retry.map(|retry| duration::show(retry.saturating_sub(passed)));
                ("down", next.unwrap_or_else(|| "never".to_owned()), failure.error.clone())
            }
            None if server.listed.is_none() => ("waiting", "-".to_owned(), String::new()),
            None if let Some(since) = server.silent_since => {
                let silent = duration::show(now.saturating_duration_since(since));
                ("silent", "-".to_owned(), format!("no answer for {silent}: its rows may be old"))
            }
            None if !server.silent.is_empty() => {
                let reason = format!("no answer from {}: its rows may be old or missing", server.silent);
                ("partly", "-".to_owned(), reason)
            }
            None if let Some(warning) = &server.strangers => ("partly", "-".to_owned(), warning.clone()),
            None => ("up", "-".to_owned(), server.note.clone().unwrap_or_default()),
        };
        let is_known = server.listed.is_some();
        let count = |pane| if is_known { self.count_at(pane, index).to_string() } else { "-".to_owned() };
        let dash = || "-".to_owned();
        vec![
            state.to_owned(),
            count(Pane::Sessions),
            count(Pane::Files),
            listed.map_or_else(dash, |ago| format!("{ago} ago")),
            next,
            reason,
        ]
    }

    /// Returns the key of a row.
    pub(super) fn key(&self, pane: Pane, place: Place) -> Option<Key> {
        Some(match pane {
            Pane::Sessions => session_key(place.0, self.session(place)?),
            Pane::Files => file_key(place.0, self.file(place)?),
            Pane::Shares => Key::Share(place.0, self.share(place)?.name.clone()),
            Pane::Servers => Key::Server(place.0),
            Pane::Changes => Key::Change(self.forgotten.saturating_add(place.1)),
            Pane::Holds => Key::Hold(self.records.line(pane, place.1)?.id),
            Pane::Journal => Key::Record(self.records.line(pane, place.1)?.id),
        })
    }

    /// Returns a session.
    pub(super) fn session(&self, (server, row): Place) -> Option<&Session> {
        self.sessions.rows(server).get(row)
    }

    /// Returns the host name of a client; empty if it is not known.
    fn host(&self, server: usize, client: &str) -> &str {
        self.servers.get(server).and_then(|server| server.hosts.get(client)).map_or("", |name| name)
    }

    /// Returns an open file.
    pub(super) fn file(&self, (server, row): Place) -> Option<&OpenFile> {
        self.files.rows(server).get(row)
    }

    fn share(&self, (server, row): Place) -> Option<&Share> {
        self.shares.rows(server).get(row)
    }

    /// Returns the sessions of a server.
    pub(super) fn sessions_at(&self, server: usize) -> &[Session] {
        self.sessions.rows(server)
    }

    /// Returns what a plan needs to know of each server.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let seen = |(index, server): (usize, &Server)| {
            let own = self.sessions_at(index).iter().filter(|session| session.own != Own::No);
            Seen { asked: server.asked, own: own.cloned().collect() }
        };
        self.servers.iter().enumerate().map(seen).collect()
    }

    /// Returns the open files of a server.
    pub(super) fn files_at(&self, server: usize) -> &[OpenFile] {
        self.files.rows(server)
    }

    pub(super) fn server_name(&self, server: usize) -> &str {
        self.servers.get(server).map_or("", |server| server.name.as_str())
    }

    pub(super) fn is_down(&self, server: usize) -> bool {
        self.servers.get(server).is_some_and(|server| server.failure.is_some())
    }

    /// Whether the rows of the server may be old: it is down, or owes an answer.
    pub(super) fn is_old(&self, server: usize) -> bool {
        self.servers.get(server).is_some_and(|server| server.failure.is_some() || server.is_silent())
    }

    fn names(&self, pane: Pane, place: Place) -> Option<Names<'_>> {
        if let Some(line) = self.records.line(pane, place.1) {
            let names = self.servers.first().map(|server| &server.names)?;
            return Some(line.names(names));
        }
        let server = if pane == Pane::Changes { self.changes.get(place.1)?.server } else { place.0 };
        let server = self.servers.get(server)?;
        let reason = server.failure.as_ref().map_or("", |(failure, _)| failure.error.as_str());
        let (client, user, others) = match pane {
            Pane::Sessions => {
                let session = self.session(place)?;
                let host = self.host(place.0, &session.client);
                (Some(session.client.as_str()), Some(session.user.as_str()), [host, ""])
            }
            Pane::Files => {
                let file = self.file(place)?;
                (file.client.as_deref(), Some(file.user.as_str()), [file.path.as_str(), ""])
            }
            Pane::Shares => {
                let share = self.share(place)?;
                (None, None, [share.name.as_str(), share.path.as_deref().unwrap_or(&share.comment)])
            }
            Pane::Servers => (None, None, [reason, ""]),
            Pane::Changes => {
                let change = self.changes.get(place.1)?;
                (change.client.as_deref(), change.user.as_deref(), [change.text.as_str(), change.event])
            }
            Pane::Holds | Pane::Journal => return None,
        };
        Some(Names { server: &server.name, client, user, others, names: &server.names })
    }
}

/// Returns the key of a session.
pub(super) fn session_key(server: usize, session: &Session) -> Key {
    Key::Session(server, session.client.to_lowercase(), session.user.to_lowercase(), session.id)
}

/// Returns the key of a file.
pub(super) fn file_key(server: usize, file: &OpenFile) -> Key {
    Key::File(server, file.id.0, file.path.clone(), file.user.clone())
}

fn compare_sessions(column: usize, one: &Session, other: &Session) -> Ordering {
    match column {
        1 => natural(&one.client, &other.client),
        2 => natural(&one.user, &other.user),
        3 => one.opens.cmp(&other.opens),
        4 => one.connected.cmp(&other.connected),
        5 => one.idle.cmp(&other.idle),
        _ => session_note(one).cmp(session_note(other)),
    }
}

fn compare_files(column: usize, one: &OpenFile, other: &OpenFile) -> Ordering {
    match column {
        1 => one.id.cmp(&other.id),
        2 => natural(&one.user, &other.user),
        3 => one.client.cmp(&other.client),
        4 => one.permissions.0.cmp(&other.permissions.0),
        5 => one.locks.cmp(&other.locks),
        _ => natural(&one.path, &other.path),
    }
}

fn known(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn session_cells(session: &Session, host: &str) -> Vec<String> {
    let notes: Vec<&str> =
        [host, session_note(session)].into_iter().filter(|note| !note.is_empty()).collect();
    vec![
        known(&session.client),
        known(&session.user),
        or_dash(session.opens.map(|opens| opens.to_string())),
        or_dash(session.connected.map(duration::show)),
        or_dash(session.idle.map(duration::show)),
        or_dash(session.id.map(|id| id.to_string())),
        notes.join(", "),
    ]
}

fn session_note(session: &Session) -> &'static str {
    if !session.is_logged_on() {
        return "not logged on";
    }
    match (session.own, session.guest) {
        (Own::Yes, _) => "this session",
        (Own::Unknown, _) => "possibly this session",
        (_, Some(true)) => "guest",
        _ if session.is_computer() => "computer",
        _ => "",
    }
}

fn file_cells(file: &OpenFile) -> Vec<String> {
    let letter = |name: &str| match name {
        "execute" => 'x',
        "permissions" => 'p',
        name => name.chars().next().unwrap_or('?'),
    };
    vec![
        file.id.to_string(),
        known(&file.user),
        or_dash(file.client.clone()),
        known(&file.permissions.names().map(letter).collect::<String>()),
        file.locks.to_string(),
        file.path.clone(),
    ]
}

fn share_cells(share: &Share) -> Vec<String> {
    vec![
        share.name.clone(),
        share.share_type.to_string(),
        or_dash(share.connections.map(|connections| connections.to_string())),
        share.comment.clone(),
        share.path.clone().unwrap_or_default(),
    ]
}
