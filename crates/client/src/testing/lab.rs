use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use netsession_rpc::Interface;
use netsession_rpc::ndr::{Message, Syntax, decode, encode};
use netsession_srvs::info::{FileInfo, FileLevel, SessionFlags, SessionInfo, SessionLevel};
use netsession_srvs::{EnumStruct, file_close, file_enum, session_del, session_enum};
use tokio::time::{Instant, sleep};

use crate::calls::{Calls, Connector, Facts, Operation};
use crate::link::Link;
use crate::{Error, FaultCode, ServerNames, SessionId, Step, Win32Error};

/// A call times out after this long.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// The kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// It has levels 0 and 1, answers "denied" if no session matches, and ends whole connections.
    Samba,
    /// It has every level, lists clients with `\\`, and ends single sessions.
    Windows,
}

/// The fault of a changing call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// No answer comes, and the call takes effect this much later, or never.
    Silence { effect_after: Option<Duration> },
    /// The connection breaks, before or after the call takes effect.
    Break { took_effect: bool },
}

/// A session at the server.
#[derive(Debug, Clone)]
struct LabSession {
    client: String,
    user: String,
    connection: u32,
    since: Instant,
}

/// The server's state, which a test sets and reads.
pub(crate) struct State {
    pub(crate) kind: ServerKind,
    sessions: Vec<LabSession>,
    next_connection: u32,
    /// The clients and users in the requests to end sessions.
    pub(crate) deleted: Vec<(Option<String>, Option<String>)>,
    /// The number of logons, and the levels of the listings.
    pub(crate) logons: u32,
    pub(crate) listed: Vec<SessionLevel>,
    /// Whether the user may end sessions, and list them.
    pub(crate) may_end: bool,
    pub(crate) may_list: bool,
    /// The levels that everybody may list, and those that the server answers with a fault.
    pub(crate) open_levels: Vec<SessionLevel>,
    pub(crate) faulty_levels: Vec<SessionLevel>,
    pub(crate) is_reachable: bool,
    /// How long after the end of their sessions clients reconnect. None if they do not.
    pub(crate) reconnects_after: Option<Duration>,
    /// How much later a successful request takes effect.
    pub(crate) effect_after: Duration,
    pub(crate) faults: VecDeque<CallFault>,
    later: Vec<(Instant, Later)>,
    /// The number of entries in one page, and whether the resume handle never advances.
    pub(crate) page: usize,
    pub(crate) is_stuck: bool,
    /// How much later the other sessions on an ended connection end.
    pub(crate) delay_of_others: Option<Duration>,
    /// Whether the server gives each session an id, the number of its connection, and ends a session by it.
    pub(crate) has_ids: bool,
    /// Whether a request with an id ends every session from its client.
    pub(crate) ignores_ids: bool,
    /// The age that the server returns for every session, in place of the true one.
    pub(crate) seconds: Option<u32>,
    /// Open files: id, user, and the client or `CLIENT#ID`.
    pub(crate) files: Vec<(u32, String, String)>,
    /// Ids whose file is at the path of another id.
    pub(crate) same_paths: HashMap<u32, u32>,
    /// The ids in the requests to close a file.
    pub(crate) closes: Vec<u32>,
    /// The computer's name, and the address from which netsession connects.
    pub(crate) name: &'static str,
    pub(crate) own_address: [u8; 4],
    /// The open files after the connection has broken.
    pub(crate) files_after_break: Option<Vec<(u32, String, String)>>,
    /// How long each close takes, and each request to end sessions.
    pub(crate) close_takes: Duration,
    pub(crate) end_takes: Duration,
    /// How long each page of sessions or files takes.
    pub(crate) page_takes: Duration,
    /// Whether the server answers a successful close as if it did not know the file.
    pub(crate) denies_closing: bool,
}

enum Later {
    End(Option<String>, Option<String>),
    LogOn(LabSession),
}

/// A server, shared by a test and the connections to it.
#[derive(Clone)]
pub(crate) struct Lab(Arc<Mutex<State>>);

impl Lab {
    /// Makes a server with a session for each client and user, a minute old and on a connection of its own.
    pub(crate) fn new(kind: ServerKind, sessions: &[(&str, &str)]) -> Self {
        let lab = Self(Arc::new(Mutex::new(State {
            kind,
            sessions: Vec::new(),
            next_connection: 1000,
            deleted: Vec::new(),
            logons: 0,
            listed: Vec::new(),
            may_end: true,
            may_list: true,
            open_levels: Vec::new(),
            faulty_levels: Vec::new(),
            is_reachable: true,
            reconnects_after: None,
            effect_after: Duration::ZERO,
            faults: VecDeque::new(),
            later: Vec::new(),
            page: usize::MAX,
            is_stuck: false,
            delay_of_others: None,
            has_ids: false,
            ignores_ids: false,
            seconds: None,
            files: Vec::new(),
            same_paths: HashMap::new(),
            closes: Vec::new(),
            name: "LABSRV",
            own_address: [10, 0, 0, 9],
            files_after_break: None,
            close_takes: Duration::ZERO,
            end_takes: Duration::ZERO,
            page_takes: Duration::ZERO,
            denies_closing: false,
        })));
        for (client, user) in sessions {
            let connection = lab.state().new_connection();
            lab.log_on(client, user, connection);
        }
        lab
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Adds a session on the connection of that number.
    pub(crate) fn log_on(&self, client: &str, user: &str, connection: u32) {
        let since = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        let session = LabSession { client: client.into(), user: user.into(), connection, since };
        self.state().sessions.push(session);
    }

    /// Returns the client and the user of each session.
    pub(crate) fn sessions(&self) -> Vec<(String, String)> {
        let mut state = self.state();
        state.apply_due_changes();
        state.sessions.iter().map(|session| (session.client.clone(), session.user.clone())).collect()
    }

    /// The sessions from `client` log off.
    pub(crate) fn log_off(&self, client: &str) {
        self.state().sessions.retain(|session| session.client != client);
    }

    /// The sessions on the connection of that number log off.
    pub(crate) fn end_connection(&self, connection: u32) {
        self.state().sessions.retain(|session| session.connection != connection);
    }

    /// Gives the id of a session to one of the same client and user that is this old.
    pub(crate) fn move_id(&self, connection: u32, age: Duration) {
        let since = Instant::now().checked_sub(age).unwrap();
        let mut state = self.state();
        let moved = state.sessions.iter_mut().filter(|session| session.connection == connection);
        moved.for_each(|session| session.since = since);
    }

    /// Sets the age of every session to zero.
    pub(crate) fn restart_all_sessions(&self) {
        self.state().sessions.iter_mut().for_each(|session| session.since = Instant::now());
    }

    /// Breaks the connections from 10.0.0.9.
    pub(crate) fn break_connections(&self) {
        self.state().sessions.retain(|session| session.client != "10.0.0.9");
    }

    /// Logs on as adm1 from 10.0.0.9.
    pub(crate) async fn link(&self) -> Link<Self> {
        Link::connect(self.clone()).await.unwrap()
    }
}

impl State {
    fn new_connection(&mut self) -> u32 {
        self.next_connection += 1;
        self.next_connection
    }

    /// Carries out the scheduled changes that are due.
    fn apply_due_changes(&mut self) {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(when, _)| *when <= now);
        self.later = later;
        let due: Vec<(Instant, Later)> = due;
        for (_, what) in due {
            match what {
                Later::End(client, user) => self.end(client.as_deref(), user.as_deref()),
                Later::LogOn(session) => self.sessions.push(session),
            }
        }
    }

    fn is_selected(&self, session: &LabSession, client: Option<&str>, user: Option<&str>) -> bool {
        let single = client.filter(|_| self.has_ids).and_then(SessionId::split_client);
        let is_other = |id| SessionId::new(session.connection.into()) != Some(id);
        if single.is_some_and(|(_, id)| is_other(id)) && !self.ignores_ids {
            return false;
        }
        let user = user.filter(|_| single.is_none() || !self.ignores_ids);
        let client = single.map(|(client, _)| client).or(client);
        let same =
            |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        same(
            client.map(|client| client.trim_start_matches('\\')).filter(|client| !client.is_empty()),
            &session.client,
        ) && same(user.filter(|user| !user.is_empty()), &session.user)
    }

    fn end(&mut self, client: Option<&str>, user: Option<&str>) {
        let selected: Vec<_> = self
            .sessions
            .iter()
            .filter(|session| self.is_selected(session, client, user))
            .map(|session| session.connection)
            .collect();
        let (gone, left) =
            std::mem::take(&mut self.sessions).into_iter().partition(|session| match self.kind {
                ServerKind::Samba => selected.contains(&session.connection),
                ServerKind::Windows => self.is_selected(session, client, user),
            });
        self.sessions = left;
        let mut gone: Vec<LabSession> = gone;
        if let Some(after) = self.delay_of_others {
            let (selected, others) =
                gone.into_iter().partition(|session: &LabSession| self.is_selected(session, client, user));
            gone = selected;
            for session in others {
                let end = Later::End(Some(session.client.clone()), Some(session.user.clone()));
                self.later.push((Instant::now() + after, end));
                self.sessions.push(session);
            }
        }
        if let Some(after) = self.reconnects_after {
            for session in gone {
                let since = Instant::now() + after;
                let connection = self.new_connection();
                self.later.push((since, Later::LogOn(LabSession { since, connection, ..session })));
            }
        }
    }

    fn session_enum(&mut self, request: &session_enum::Request) -> session_enum::Response {
        self.apply_due_changes();
        let level = request.info_struct.level;
        self.listed.push(level);
        let refuse = |status| session_enum::Response {
            status,
            info_struct: EnumStruct::asking(level),
            ..Default::default()
        };
        if self.kind == ServerKind::Samba && level != SessionLevel::INFO_1 && level != SessionLevel::INFO_0 {
            return refuse(Win32Error::ERROR_INVALID_LEVEL);
        }
        if !self.may_list && !self.open_levels.contains(&level) {
            return refuse(Win32Error::ERROR_ACCESS_DENIED);
        }
        let start = request.resume_handle.unwrap_or_default() as usize;
        let entries: Vec<_> =
            self.sessions.iter().skip(start).take(self.page).map(|session| self.entry(session)).collect();
        let reached = start + entries.len();
        let has_more = reached < self.sessions.len();
        session_enum::Response {
            info_struct: EnumStruct::with(level, entries),
            total_entries: u32::try_from(self.sessions.len() - start).unwrap(),
            resume_handle: Some(if self.is_stuck { 0 } else { u32::try_from(reached).unwrap() }),
            status: if has_more { Win32Error::ERROR_MORE_DATA } else { Win32Error::NERR_SUCCESS },
        }
    }

    fn entry(&self, session: &LabSession) -> SessionInfo {
        let samba = self.kind == ServerKind::Samba;
        SessionInfo {
            cname: Some(if samba { session.client.clone() } else { format!(r"\\{}", session.client) }),
            username: Some(session.user.clone()),
            num_opens: Some(1),
            time: Some(self.seconds.unwrap_or(u32::try_from(session.since.elapsed().as_secs()).unwrap())),
            idle_time: Some(if samba { 0 } else { 3 }),
            user_flags: Some(SessionFlags::empty()),
            cltype_name: Some(String::new()),
            transport: Some(match SessionId::new(session.connection.into()).filter(|_| self.has_ids) {
                Some(id) => id.with_transport(r"\Device\SMB"),
                None => r"\Device\SMB".into(),
            }),
        }
    }

    fn session_del(&mut self, request: session_del::Request) -> Win32Error {
        self.apply_due_changes();
        self.deleted.push((request.client_name.clone(), request.user_name.clone()));
        let (client, user) = (request.client_name.as_deref(), request.user_name.as_deref());
        let found = self.sessions.iter().any(|session| self.is_selected(session, client, user));
        let has_backslashes = client.is_none_or(|client| client.starts_with(r"\\"));
        match self.kind {
            _ if !self.may_end => Win32Error::ERROR_ACCESS_DENIED,
            ServerKind::Samba if !found => Win32Error::ERROR_ACCESS_DENIED,
            ServerKind::Windows if !found || !has_backslashes => Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            _ => {
                let when = Instant::now() + self.effect_after;
                self.later.push((when, Later::End(request.client_name, request.user_name)));
                self.apply_due_changes();
                Win32Error::NERR_SUCCESS
            }
        }
    }

    fn file_enum(&self, request: &file_enum::Request) -> file_enum::Response {
        let wanted = request.user_name.as_deref().and_then(|user| user.strip_prefix(r"\\"));
        let is_of = |holder: &str, wanted: &str| {
            holder == wanted || SessionId::split_client(holder).is_some_and(|(client, _)| client == wanted)
        };
        let entries =
            self.files.iter().filter(|(_, _, holder)| wanted.is_none_or(|wanted| is_of(holder, wanted)));
        let entry = |(id, user, _): &(u32, String, String)| FileInfo {
            id: netsession_srvs::info::FileId(*id),
            pathname: Some(format!(r"C:\data\{}.txt", self.same_paths.get(id).unwrap_or(id))),
            username: Some(user.clone()),
            ..FileInfo::default()
        };
        let info_struct = EnumStruct::with(FileLevel::INFO_3, entries.map(entry).collect());
        file_enum::Response { info_struct, ..Default::default() }
    }

    fn file_close(&mut self, id: u32) -> Win32Error {
        self.closes.push(id);
        let before = self.files.len();
        self.files.retain(|(open, _, _)| *open != id);
        if before == self.files.len() || self.denies_closing {
            return match self.kind {
                ServerKind::Samba => Win32Error::ERROR_FILE_NOT_FOUND,
                ServerKind::Windows => Win32Error::NERR_FILE_ID_NOT_FOUND,
            };
        }
        Win32Error::NERR_SUCCESS
    }
}

impl Connector for Lab {
    type Connection = LabConnection;

    async fn connect(&self) -> Result<LabConnection, Error> {
        let mut state = self.state();
        if !state.is_reachable {
            let cause = io::ErrorKind::ConnectionRefused.into();
            return Err(Error::Connect { server: "labsrv".into(), cause });
        }
        state.logons += 1;
        let connection = state.new_connection();
        let own_address = IpAddr::from(state.own_address);
        let client = own_address.to_string();
        let session = LabSession { client, user: "adm1".into(), connection, since: Instant::now() };
        state.sessions.push(session);
        let names = ServerNames::new([state.name.to_owned()]);
        let facts = Facts { names, own_address: Some(own_address), ..super::facts() };
        Ok(LabConnection { lab: self.clone(), facts, connection })
    }
}

/// A connection to the [`Lab`]. Dropping it ends its session.
pub(crate) struct LabConnection {
    lab: Lab,
    facts: Facts,
    connection: u32,
}

impl LabConnection {
    fn is_broken(&self) -> bool {
        !self.lab.state().sessions.iter().any(|session| session.connection == self.connection)
    }

    fn broken(step: Step) -> Error {
        Error::Disconnected { server: "labsrv".into(), step, cause: io::ErrorKind::ConnectionReset.into() }
    }

    async fn session_del(&self, request: session_del::Request, step: Step) -> Result<Win32Error, Error> {
        let takes = self.lab.state().end_takes;
        sleep(takes).await;
        let fault = self.lab.state().faults.pop_front();
        match fault {
            None => Ok(self.lab.state().session_del(request)),
            Some(CallFault::Break { took_effect }) => {
                let mut state = self.lab.state();
                state.deleted.push((request.client_name.clone(), request.user_name.clone()));
                if took_effect {
                    state.end(request.client_name.as_deref(), request.user_name.as_deref());
                }
                state.sessions.retain(|session| session.connection != self.connection);
                Err(Self::broken(step))
            }
            Some(CallFault::Silence { effect_after }) => {
                {
                    let mut state = self.lab.state();
                    state.deleted.push((request.client_name.clone(), request.user_name.clone()));
                    if let Some(after) = effect_after {
                        let when = Instant::now() + after;
                        state.later.push((when, Later::End(request.client_name, request.user_name)));
                    }
                }
                sleep(CALL_TIMEOUT).await;
                Err(Error::Unknown { server: "labsrv".into(), step, after: CALL_TIMEOUT })
            }
        }
    }
}

impl LabConnection {
    /// Closes a file, or commits the next fault of the script.
    async fn file_close(&self, id: u32, step: Step) -> Result<Win32Error, Error> {
        let (fault, takes) = {
            let mut state = self.lab.state();
            (state.faults.pop_front(), state.close_takes)
        };
        sleep(takes).await;
        match fault {
            None => Ok(self.lab.state().file_close(id)),
            Some(CallFault::Break { took_effect }) => {
                let mut state = self.lab.state();
                match took_effect {
                    true => drop(state.file_close(id)),
                    false => state.closes.push(id),
                }
                if let Some(files) = state.files_after_break.take() {
                    state.files = files;
                }
                state.sessions.retain(|session| session.connection != self.connection);
                Err(Self::broken(step))
            }
            Some(CallFault::Silence { .. }) => {
                self.lab.state().closes.push(id);
                sleep(CALL_TIMEOUT).await;
                Err(Error::Unknown { server: "labsrv".into(), step, after: CALL_TIMEOUT })
            }
        }
    }
}

impl Drop for LabConnection {
    fn drop(&mut self) {
        self.lab.state().sessions.retain(|session| session.connection != self.connection);
    }
}

impl Calls for LabConnection {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error> {
        let stub = encode(request, Syntax::Ndr32).unwrap();
        let step = Step::Call(O::NAME);
        if self.is_broken() {
            return Err(Self::broken(step));
        }
        let is_srvsvc = <O::Interface as Interface>::ID == netsession_srvs::INTERFACE;
        let answer = match O::OPNUM {
            _ if !is_srvsvc => {
                let code = FaultCode::NCA_S_OP_RNG_ERROR;
                return Err(Error::Fault { server: "labsrv".into(), step, code });
            }
            session_enum::Request::OPNUM => {
                let takes = self.lab.state().page_takes;
                tokio::time::sleep(takes).await;
                let request: session_enum::Request = read(&stub);
                let is_faulty = self.lab.state().faulty_levels.contains(&request.info_struct.level);
                if is_faulty {
                    return Err(Error::Fault {
                        server: "labsrv".into(),
                        step,
                        code: FaultCode::BAD_STUB_DATA,
                    });
                }
                answer(self.lab.state().session_enum(&request))
            }
            session_del::Request::OPNUM => {
                let status = self.session_del(read(&stub), step).await?;
                answer(session_del::Response { status })
            }
            file_enum::Request::OPNUM => answer(self.lab.state().file_enum(&read(&stub))),
            file_close::Request::OPNUM => {
                let request: file_close::Request = read(&stub);
                let status = self.file_close(request.file_id.0, step).await?;
                answer(file_close::Response { status })
            }
            _ => {
                return Err(Error::Fault {
                    server: "labsrv".into(),
                    step,
                    code: FaultCode::NCA_S_OP_RNG_ERROR,
                });
            }
        };
        if self.is_broken() {
            // The request ended this connection, too, so no answer arrives.
            return Err(Self::broken(step));
        }
        Ok(decode(&answer, Syntax::Ndr32).unwrap())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(())
    }
}

fn read<M: Message>(stub: &[u8]) -> M {
    decode(stub, Syntax::Ndr32).unwrap()
}

fn answer<M: Message>(message: M) -> Vec<u8> {
    encode(message, Syntax::Ndr32).unwrap()
}
