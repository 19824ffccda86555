use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use netsession_rpc::ndr::{Message, Syntax, decode, encode};
use netsession_srvs::info::{FileInfo, FileLevel, SessionFlags, SessionInfo, SessionLevel};
use netsession_srvs::{EnumStruct, Operation, file_close, file_enum, session_del, session_enum};
use tokio::time::{Instant, sleep};

use crate::calls::{Calls, Connector, Facts};
use crate::link::Link;
use crate::{Error, FaultCode, ServerNames, Step, Win32Error};

/// A call times out after this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// It has levels 0 and 1, answers "denied" if no session matches, and ends whole connections.
    Samba,
    /// It has every level, lists clients with `\\`, and ends single sessions.
    Windows,
}

/// The fault of a changing call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upset {
    /// No answer comes, and the call takes effect this much later, if ever.
    Silence { effect_after: Option<Duration> },
    /// The connection breaks, and the call took effect or not.
    Break { took_effect: bool },
}

/// A session at the server.
#[derive(Debug, Clone)]
struct Seat {
    client: String,
    user: String,
    connection: u32,
    since: Instant,
}

/// The server's state, which a test sets and reads.
pub(crate) struct State {
    pub(crate) habit: Habit,
    seats: Vec<Seat>,
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
    /// Clients reconnect this long after their sessions ended.
    pub(crate) comes_back_after: Option<Duration>,
    /// A successful request takes effect this much later.
    pub(crate) effect_after: Duration,
    pub(crate) upsets: VecDeque<Upset>,
    later: Vec<(Instant, Later)>,
    /// The number of entries in one page, and whether the resume handle never advances.
    pub(crate) page: usize,
    pub(crate) is_stuck: bool,
    /// Others on an ended connection end this much later.
    pub(crate) straggler: Option<Duration>,
    /// The age that the server returns for every session, in place of the true one.
    pub(crate) seconds: Option<u32>,
    /// Open files: id, user, client.
    pub(crate) files: Vec<(u32, String, String)>,
    /// The ids in the requests to close a file.
    pub(crate) closes: Vec<u32>,
    /// The name that the computer gives itself, and the address from which netsession comes.
    pub(crate) name: &'static str,
    pub(crate) own_address: [u8; 4],
    /// The open files once the connection has broken.
    pub(crate) files_after_break: Option<Vec<(u32, String, String)>>,
    /// Each close takes so long.
    pub(crate) close_takes: Duration,
    /// Each page of sessions or files takes so long.
    pub(crate) page_takes: Duration,
    /// Whether the server answers a successful close as if it did not know the file.
    pub(crate) denies_closing: bool,
}

enum Later {
    End(Option<String>, Option<String>),
    Sit(Seat),
}

/// A server, shared by a test and the connections to it.
#[derive(Clone)]
pub(crate) struct Lab(Arc<Mutex<State>>);

impl Lab {
    /// A server with a session a minute old for each client and user, each on a connection of its own.
    pub(crate) fn new(habit: Habit, seats: &[(&str, &str)]) -> Self {
        let lab = Self(Arc::new(Mutex::new(State {
            habit,
            seats: Vec::new(),
            next_connection: 1000,
            deleted: Vec::new(),
            logons: 0,
            listed: Vec::new(),
            may_end: true,
            may_list: true,
            open_levels: Vec::new(),
            faulty_levels: Vec::new(),
            is_reachable: true,
            comes_back_after: None,
            effect_after: Duration::ZERO,
            upsets: VecDeque::new(),
            later: Vec::new(),
            page: usize::MAX,
            is_stuck: false,
            straggler: None,
            seconds: None,
            files: Vec::new(),
            closes: Vec::new(),
            name: "LABSRV",
            own_address: [10, 0, 0, 9],
            files_after_break: None,
            close_takes: Duration::ZERO,
            page_takes: Duration::ZERO,
            denies_closing: false,
        })));
        for (client, user) in seats {
            let connection = lab.state().new_connection();
            lab.sit(client, user, connection);
        }
        lab
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Adds a session on the connection of that number.
    pub(crate) fn sit(&self, client: &str, user: &str, connection: u32) {
        let since = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        let seat = Seat { client: client.into(), user: user.into(), connection, since };
        self.state().seats.push(seat);
    }

    /// Returns the client and the user of each session.
    pub(crate) fn seats(&self) -> Vec<(String, String)> {
        let mut state = self.state();
        state.catch_up();
        state.seats.iter().map(|seat| (seat.client.clone(), seat.user.clone())).collect()
    }

    /// The sessions from `client` log off.
    pub(crate) fn leave(&self, client: &str) {
        self.state().seats.retain(|seat| seat.client != client);
    }

    /// Lets every session begin just now.
    pub(crate) fn begin_all_anew(&self) {
        self.state().seats.iter_mut().for_each(|seat| seat.since = Instant::now());
    }

    /// Breaks the connections from 10.0.0.9.
    pub(crate) fn hang_up(&self) {
        self.state().seats.retain(|seat| seat.client != "10.0.0.9");
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
    fn catch_up(&mut self) {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(when, _)| *when <= now);
        self.later = later;
        let due: Vec<(Instant, Later)> = due;
        for (_, what) in due {
            match what {
                Later::End(client, user) => self.end(client.as_deref(), user.as_deref()),
                Later::Sit(seat) => self.seats.push(seat),
            }
        }
    }

    fn is_selected(&self, seat: &Seat, client: Option<&str>, user: Option<&str>) -> bool {
        let same =
            |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        same(
            client.map(|client| client.trim_start_matches('\\')).filter(|client| !client.is_empty()),
            &seat.client,
        ) && same(user.filter(|user| !user.is_empty()), &seat.user)
    }

    fn end(&mut self, client: Option<&str>, user: Option<&str>) {
        let selected: Vec<_> = self
            .seats
            .iter()
            .filter(|seat| self.is_selected(seat, client, user))
            .map(|seat| seat.connection)
            .collect();
        let (gone, left) = std::mem::take(&mut self.seats).into_iter().partition(|seat| match self.habit {
            Habit::Samba => selected.contains(&seat.connection),
            Habit::Windows => self.is_selected(seat, client, user),
        });
        self.seats = left;
        let mut gone: Vec<Seat> = gone;
        if let Some(after) = self.straggler {
            let (selected, stragglers) =
                gone.into_iter().partition(|seat: &Seat| self.is_selected(seat, client, user));
            gone = selected;
            for seat in stragglers {
                let end = Later::End(Some(seat.client.clone()), Some(seat.user.clone()));
                self.later.push((Instant::now() + after, end));
                self.seats.push(seat);
            }
        }
        if let Some(after) = self.comes_back_after {
            for seat in gone {
                let since = Instant::now() + after;
                let connection = self.new_connection();
                self.later.push((since, Later::Sit(Seat { since, connection, ..seat })));
            }
        }
    }

    fn session_enum(&mut self, request: &session_enum::Request) -> session_enum::Response {
        self.catch_up();
        let level = request.info_struct.level;
        self.listed.push(level);
        let refuse = |status| session_enum::Response {
            status,
            info_struct: EnumStruct::asking(level),
            ..Default::default()
        };
        if self.habit == Habit::Samba && level != SessionLevel::INFO_1 && level != SessionLevel::INFO_0 {
            return refuse(Win32Error::ERROR_INVALID_LEVEL);
        }
        if !self.may_list && !self.open_levels.contains(&level) {
            return refuse(Win32Error::ERROR_ACCESS_DENIED);
        }
        let start = request.resume_handle.unwrap_or_default() as usize;
        let entries: Vec<_> =
            self.seats.iter().skip(start).take(self.page).map(|seat| self.entry(seat)).collect();
        let reached = start + entries.len();
        let has_more = reached < self.seats.len();
        session_enum::Response {
            info_struct: EnumStruct::with(level, entries),
            total_entries: u32::try_from(self.seats.len() - start).unwrap(),
            resume_handle: Some(if self.is_stuck { 0 } else { u32::try_from(reached).unwrap() }),
            status: if has_more { Win32Error::ERROR_MORE_DATA } else { Win32Error::NERR_SUCCESS },
        }
    }

    fn entry(&self, seat: &Seat) -> SessionInfo {
        let samba = self.habit == Habit::Samba;
        SessionInfo {
            cname: Some(if samba { seat.client.clone() } else { format!(r"\\{}", seat.client) }),
            username: Some(seat.user.clone()),
            num_opens: Some(1),
            time: Some(self.seconds.unwrap_or(u32::try_from(seat.since.elapsed().as_secs()).unwrap())),
            idle_time: Some(if samba { 0 } else { 3 }),
            user_flags: Some(SessionFlags::empty()),
            cltype_name: Some(String::new()),
            transport: Some(r"\Device\SMB".into()),
        }
    }

    fn session_del(&mut self, request: session_del::Request) -> Win32Error {
        self.catch_up();
        self.deleted.push((request.client_name.clone(), request.user_name.clone()));
        let (client, user) = (request.client_name.as_deref(), request.user_name.as_deref());
        let found = self.seats.iter().any(|seat| self.is_selected(seat, client, user));
        let has_backslashes = client.is_none_or(|client| client.starts_with(r"\\"));
        match self.habit {
            _ if !self.may_end => Win32Error::ERROR_ACCESS_DENIED,
            Habit::Samba if !found => Win32Error::ERROR_ACCESS_DENIED,
            Habit::Windows if !found || !has_backslashes => Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            _ => {
                let when = Instant::now() + self.effect_after;
                self.later.push((when, Later::End(request.client_name, request.user_name)));
                self.catch_up();
                Win32Error::NERR_SUCCESS
            }
        }
    }

    fn file_enum(&self, request: &file_enum::Request) -> file_enum::Response {
        let wanted = request.user_name.as_deref().and_then(|user| user.strip_prefix(r"\\"));
        let entries = self.files.iter().filter(|(_, _, client)| wanted.is_none_or(|wanted| wanted == client));
        let entry = |(id, user, _): &(u32, String, String)| FileInfo {
            id: netsession_srvs::info::FileId(*id),
            pathname: Some(format!(r"C:\data\{id}.txt")),
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
            return match self.habit {
                Habit::Samba => Win32Error::ERROR_FILE_NOT_FOUND,
                Habit::Windows => Win32Error::NERR_FILE_ID_NOT_FOUND,
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
        let seat = Seat { client, user: "adm1".into(), connection, since: Instant::now() };
        state.seats.push(seat);
        let names = ServerNames::new([state.name.to_owned()]);
        let facts = Facts { names, own_address: Some(own_address), ..super::facts() };
        Ok(LabConnection { lab: self.clone(), facts, connection })
    }
}

/// A connection to the [`Lab`]. Its session goes with it.
pub(crate) struct LabConnection {
    lab: Lab,
    facts: Facts,
    connection: u32,
}

impl LabConnection {
    fn is_broken(&self) -> bool {
        !self.lab.state().seats.iter().any(|seat| seat.connection == self.connection)
    }

    fn broken(step: Step) -> Error {
        Error::Disconnected { server: "labsrv".into(), step, cause: io::ErrorKind::ConnectionReset.into() }
    }

    async fn session_del(&self, request: session_del::Request, step: Step) -> Result<Win32Error, Error> {
        let upset = self.lab.state().upsets.pop_front();
        match upset {
            None => Ok(self.lab.state().session_del(request)),
            Some(Upset::Break { took_effect }) => {
                let mut state = self.lab.state();
                state.deleted.push((request.client_name.clone(), request.user_name.clone()));
                if took_effect {
                    state.end(request.client_name.as_deref(), request.user_name.as_deref());
                }
                state.seats.retain(|seat| seat.connection != self.connection);
                Err(Self::broken(step))
            }
            Some(Upset::Silence { effect_after }) => {
                {
                    let mut state = self.lab.state();
                    state.deleted.push((request.client_name.clone(), request.user_name.clone()));
                    if let Some(after) = effect_after {
                        let when = Instant::now() + after;
                        state.later.push((when, Later::End(request.client_name, request.user_name)));
                    }
                }
                sleep(PATIENCE).await;
                Err(Error::Unknown { server: "labsrv".into(), step, after: PATIENCE })
            }
        }
    }
}

impl LabConnection {
    /// Closes a file, or follows the script.
    async fn file_close(&self, id: u32, step: Step) -> Result<Win32Error, Error> {
        let (upset, takes) = {
            let mut state = self.lab.state();
            (state.upsets.pop_front(), state.close_takes)
        };
        sleep(takes).await;
        match upset {
            None => Ok(self.lab.state().file_close(id)),
            Some(Upset::Break { took_effect }) => {
                let mut state = self.lab.state();
                match took_effect {
                    true => drop(state.file_close(id)),
                    false => state.closes.push(id),
                }
                if let Some(files) = state.files_after_break.take() {
                    state.files = files;
                }
                state.seats.retain(|seat| seat.connection != self.connection);
                Err(Self::broken(step))
            }
            Some(Upset::Silence { .. }) => {
                self.lab.state().closes.push(id);
                sleep(PATIENCE).await;
                Err(Error::Unknown { server: "labsrv".into(), step, after: PATIENCE })
            }
        }
    }
}

impl Drop for LabConnection {
    fn drop(&mut self) {
        self.lab.state().seats.retain(|seat| seat.connection != self.connection);
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
        let answer = match O::OPNUM {
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
            // The request ended this connection, too: the answer is lost.
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
