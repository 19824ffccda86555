//! [`Stage`]: a server, its clock, and its clients.

mod answers;
mod calls;
mod invariants;
mod logons;
mod requests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use netsession_smb::auth::ntlm::{NtHash, ServerConfig};
use netsession_smb::fscc::FileTime;
use netsession_smb::msg::{CancelRequest, Command, Dialect};
use netsession_smb::server::{Encryption, Fatal, Settings};
use netsession_wire::Guid;

use super::client::{Client, Ids};
use super::ledger::{Cause, Ledger};
use super::script::{Action, Step};
use crate::connection::{Close, Connection};
use crate::fs::root::Root;
use crate::pace::{Pace, Weight};
use crate::state::{Account, Accounts, CloseReason, Common, EndReason, Environment, Identity, Share, State};

/// The clients' dialects. Before SMB 3.0, a session cannot be bound to another connection. Add new clients at the end,
/// so that old scripts keep their meaning.
const DIALECTS: [Dialect; 8] = [
    Dialect::SMB_2_1,
    Dialect::SMB_2_1,
    Dialect::SMB_3_0_2,
    Dialect::SMB_3_0_2,
    Dialect::SMB_2_1,
    Dialect::SMB_3_1_1,
    Dialect::SMB_3_1_1,
    Dialect::SMB_3_1_1,
];
/// The client that encrypts.
const ENCRYPTS: u8 = 7;
/// The users, whose password is [`PASSWORD`]; the last one is an administrator.
pub(super) const USERS: [&str; 3] = ["alice", "bob", "root"];
pub(super) const PASSWORD: &str = "secret";
/// How often the connections may signal each other until nobody has anything left to do.
const ROUNDS: usize = 200;
const START: u64 = 134_000_000_000_000_000;

/// A server and its clients.
pub(super) struct Stage {
    pub(super) state: Arc<State>,
    /// The server's uptime in nanoseconds.
    uptime: Arc<AtomicU64>,
    pub(super) clients: Vec<Client>,
    pub(super) ledger: Ledger,
}

/// What a connection does.
#[derive(Clone, Copy)]
enum Work {
    Attend,
    Resume,
    ResumeLogOn,
}

impl Stage {
    /// Starts a server that shares `folder`; none if the folder cannot be opened.
    pub(super) fn begin(folder: &Path) -> Option<Self> {
        let uptime = Arc::new(AtomicU64::new(0));
        let (now, passed) = (Arc::clone(&uptime), Arc::clone(&uptime));
        let draws = AtomicU8::new(0);
        let random = move |bytes: &mut [u8]| bytes.fill(draws.fetch_add(1, Ordering::Relaxed));
        let time = move || {
            let ticks = START.saturating_add(now.load(Ordering::Relaxed) / 100);
            FileTime(i64::try_from(ticks).unwrap_or(i64::MAX))
        };
        let environment = Environment::new(time, random)
            .with_uptime(move || Duration::from_nanos(passed.load(Ordering::Relaxed)));
        let names = ServerConfig {
            netbios_computer: "S".into(),
            netbios_domain: "S".into(),
            dns_computer: "s".into(),
            dns_domain: String::new(),
            require_mic: false,
        };
        let settings = Settings {
            signing_required: false,
            encryption: Encryption::Offered,
            multi_channel: true,
            max_size: 64 << 10,
            max_sessions: 6,
            max_logons: 3,
            max_compound: 8,
            ..Settings::new(Guid([7; 16]), names)
        };
        let mut accounts = Accounts::default();
        for name in USERS {
            let hash = NtHash::of_password(PASSWORD);
            accounts.add(Account { name: name.into(), hash, admin: name == "root", loopback_only: false });
        }
        let root = Root::open(folder).ok()?;
        let common = Common::default();
        let data = Share::disk(&common, "data".into(), String::new(), root, false);
        let shares = vec![Share::pipes(), data];
        let identity = Identity::new("S".into(), String::new(), settings.into());
        let state = State::new(identity, environment, accounts, shares, common);
        let clients = (0..)
            .zip(DIALECTS)
            .map(|(number, dialect)| Client::new(number, dialect, number == ENCRYPTS))
            .collect();
        let ledger = Ledger::of(&state);
        Some(Self { state, uptime, clients, ledger })
    }

    /// Carries out a step, then checks everything that must hold.
    pub(super) fn play(&mut self, step: Step) {
        let who = usize::from(step.who & 7) % self.clients.len().max(1);
        match step.action {
            Action::Connect => self.connect(who, step),
            Action::Disconnect => self.disconnect(who),
            Action::EndSession => self.end_session(who, step),
            Action::CloseOpen => {
                let number =
                    self.client(who).and_then(|client| crate::state::OpenNumber::of(client.ids(step.a).file));
                if let Some(number) = number {
                    self.state.close(number, CloseReason::ClosedBy(None));
                    self.ledger.follow(Cause::ProgramCloses(number));
                }
            }
            Action::Wait => self.wait(Duration::from_millis(u64::from(step.a) * 200)),
            Action::Borrow => self.borrow(who, step),
            Action::Mutate => {
                if let Some(client) = self.clients.get_mut(who) {
                    client.change = Some((step.a, step.b));
                }
            }
            Action::Attend => self.work(who, Work::Attend, Pace::UNLIMITED),
            Action::Resume => {
                let pace = if step.a & 1 == 0 { Pace::UNLIMITED } else { Pace::one_at_a_time(Weight::Slow) };
                self.work(who, Work::Resume, pace);
            }
            Action::ResumeLogOn => {
                let delay =
                    self.client(who).and_then(|client| client.link.as_ref()?.connection.logon_delay());
                self.wait(delay.unwrap_or_default());
                self.work(who, Work::ResumeLogOn, Pace::UNLIMITED);
            }
            Action::LogOn | Action::BeginLogOn | Action::Prove | Action::Bind => {
                logons::play(self, who, step);
            }
            Action::Cancel => {
                self.cancel(who, step);
                self.flush(who, step);
            }
            Action::Call => {
                let ids = self.ids(who, step.b);
                calls::add(self, who, step, ids);
                self.flush(who, step);
            }
            _ => {
                let ids = self.ids(who, step.b);
                if let Some(client) = self.clients.get_mut(who) {
                    requests::add(client, step, ids);
                }
                self.flush(who, step);
            }
        }
        self.check(!step.has(Step::HURRY));
    }

    fn client(&self, who: usize) -> Option<&Client> {
        self.clients.get(who)
    }

    /// Checks the tables; with `settled`, after every connection has processed its signals.
    fn check(&mut self, settled: bool) {
        if settled {
            self.settle();
        }
        invariants::tables(self);
        if settled
            && !self
                .clients
                .iter()
                .filter_map(|client| client.link.as_ref())
                .any(|link| link.connection.is_paused())
        {
            invariants::settled(self);
        }
    }

    fn connect(&mut self, who: usize, step: Step) {
        let state = Arc::clone(&self.state);
        let Some(client) = self.clients.get_mut(who) else { return };
        if client.link.is_none() {
            client.connect(&state);
            logons::negotiate(client);
            self.send(who, step);
        }
    }

    /// The connection breaks, whatever it is doing.
    pub(super) fn disconnect(&mut self, who: usize) {
        let Some(link) = self.clients.get_mut(who).and_then(|client| client.link.take()) else { return };
        let peer = link.peer;
        drop(link);
        self.ledger.follow(Cause::Lost(peer));
    }

    fn end_session(&mut self, who: usize, step: Step) {
        let Some(client) = self.client(who) else { return };
        let back = usize::from(step.a & 3);
        let Some(id) = client.sessions.iter().rev().nth(back).copied() else { return };
        let was_there = self.state.session(id).is_some();
        let did_end = self.state.end(id, EndReason::EndedBy(None));
        assert_eq!(was_there, did_end, "the server says that it ended {id:?}");
        self.ledger.follow(Cause::Program(id));
    }

    fn wait(&mut self, time: Duration) {
        self.uptime.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(0), Ordering::Relaxed);
        self.state.close_due();
        self.ledger.follow(Cause::Time);
        for who in 0..self.clients.len() {
            let Some(link) = self.client(who).and_then(|client| client.link.as_ref()) else { continue };
            if link.connection.waits_for_time() && !link.connection.is_paused() {
                self.work(who, Work::Attend, Pace::UNLIMITED);
            }
            let close = self.client(who).and_then(|client| client.link.as_ref()?.connection.close());
            if close == Some(Close::Soon) && time >= Duration::from_secs(1) {
                self.disconnect(who);
            }
        }
    }

    fn borrow(&mut self, who: usize, step: Step) {
        let own = self.ids(who, 0);
        let from = usize::from(step.a & 7) % self.clients.len().max(1);
        let Some(other) = self.client(from) else { return };
        let back = usize::from(step.b >> 6);
        let theirs = other.ids(step.b >> 4);
        let session = other.sessions.iter().rev().nth(back).copied().unwrap_or(theirs.session);
        let lent = Ids {
            session: if step.b & 1 == 0 { own.session } else { session },
            tree: if step.b & 2 == 0 { own.tree } else { theirs.tree },
            file: if step.b & 4 == 0 { own.file } else { theirs.file },
        };
        if let Some(client) = self.clients.get_mut(who) {
            client.lent = Some(lent);
        }
    }

    /// Returns the ids of a client's next request.
    fn ids(&mut self, who: usize, which: u8) -> Ids {
        let Some(client) = self.clients.get_mut(who) else { return Ids::NONE };
        client.lent.take().unwrap_or_else(|| client.ids(which))
    }

    fn cancel(&mut self, who: usize, step: Step) {
        let Some(client) = self.clients.get_mut(who) else { return };
        let Some(link) = &client.link else { return };
        let waiting: Vec<_> = link.sent.iter().filter(|(_, sent)| sent.announced.is_some()).collect();
        let Some((_, sent)) = waiting.get(usize::from(step.a) % waiting.len().max(1)) else { return };
        let (ids, announced) = (sent.ids, sent.announced);
        client.add(ids, false, step.has(Step::SIGNED), &CancelRequest);
        if let Some(link) = &mut client.link {
            answers::make_asynchronous(link, announced);
        }
    }

    /// Sends the queued requests, unless the step adds to them.
    pub(super) fn flush(&mut self, who: usize, step: Step) {
        if !step.has(Step::QUEUE) {
            self.send(who, step);
        }
    }

    /// Sends the queued requests as one frame.
    pub(super) fn send(&mut self, who: usize, step: Step) {
        let Some(client) = self.clients.get_mut(who) else { return };
        let Some(mut frame) = answers::frame(client, &self.ledger, step.has(Step::RELATED)) else { return };
        let Some(link) = client.link.as_mut() else { return };
        link.connection.set_pace(if step.has(Step::LIGHT) {
            Pace::one_at_a_time(Weight::Light)
        } else {
            Pace::UNLIMITED
        });
        let done = link.connection.receive(&mut frame, &mut link.output);
        self.after(who, &done);
    }

    fn work(&mut self, who: usize, work: Work, pace: Pace) {
        let Some(client) = self.clients.get_mut(who) else { return };
        let Some(link) = client.link.as_mut() else { return };
        // A paused frame comes first, and a delayed logon goes on alone.
        if link.connection.is_paused() != matches!(work, Work::Resume) {
            return;
        }
        link.connection.set_pace(pace);
        if matches!(work, Work::Resume) {
            answers::reconsider(link, &self.ledger);
        }
        let done = match work {
            Work::Attend => {
                link.woken.store(false, Ordering::Relaxed);
                link.connection.attend(&mut link.output)
            }
            Work::Resume => link.connection.resume(&mut link.output),
            Work::ResumeLogOn => link.connection.resume_logon(&mut link.output),
        };
        self.after(who, &done);
    }

    /// Reads the answers, and closes the connection where the server does.
    fn after(&mut self, who: usize, done: &Result<(), Fatal>) {
        let Some(client) = self.clients.get_mut(who) else { return };
        let Some(peer) = client.link.as_ref().map(|link| link.peer) else { return };
        self.ledger.follow(Cause::Message(peer));
        answers::read(client, &mut self.ledger);
        let Some(link) = &mut client.link else { return };
        match link.connection.close() {
            _ if done.is_err() => self.disconnect(who),
            Some(Close::Now) => {
                assert!(
                    link.sent.values().all(|sent| !sent.is_exact),
                    "the server closes the connection and owes an answer: {:?}",
                    link.sent
                );
                self.disconnect(who);
            }
            _ if link.is_waiting() => {}
            _ => answers::check_all_answered(link),
        }
    }

    /// Lets every connection process its signals until there are none.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let is_woken = |client: &Client| {
                client
                    .link
                    .as_ref()
                    .is_some_and(|link| link.woken.load(Ordering::Relaxed) && !link.connection.is_paused())
            };
            let Some(who) = self.clients.iter().position(is_woken) else { return };
            self.work(who, Work::Attend, Pace::UNLIMITED);
        }
        assert!(self.clients.is_empty(), "the connections never cease to signal each other");
    }

    /// Ends everything, after which nothing is left.
    pub(super) fn end(mut self) {
        for who in 0..self.clients.len() {
            self.disconnect(who);
        }
        self.state.close_all_lost();
        self.ledger.follow(Cause::Time);
        self.check(true);
        invariants::empty(&self);
    }

    pub(super) fn connection(&self, peer: SocketAddr) -> Option<&Connection> {
        let links = self.clients.iter().filter_map(|client| client.link.as_ref());
        links.filter(|link| link.peer == peer).map(|link| &link.connection).next()
    }
}

/// Returns whether the server answers a request of this command.
pub(super) fn is_answered(command: Command) -> bool {
    command != Command::CANCEL
}
