//! The tables of a running server: [`State`] with its [`Session`]s, their [`Tree`]s and [`Open`]s, and the [`Share`]s.
//!
//! Any thread may read and change the tables at any time. Ending a session removes everything that it has at once; its
//! connections receive a [`Signal`] through their [`Inbox`] and notify the client.

mod accounts;
mod attachment;
mod channels;
mod durable;
mod environment;
mod event;
mod holder;
mod inbox;
mod instance;
mod instances;
mod open;
mod open_number;
mod penalties;
mod remains;
mod replay;
mod rules;
mod session;
mod share;
mod tree;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, UNIX_EPOCH};

use netsession_smb::fscc::FileTime;
use netsession_smb::msg::{SessionId, TreeId};
use netsession_smb::server::{LoggedOn, SessionKeys, Settings};
use netsession_wire::name::is_same_name;

use crate::budget::Budgets;
use crate::fs::locks::{Mode, Range};
use crate::fs::root::Root;
use crate::fs::{self, Leases, Searches};
pub use accounts::{Account, Logon};
pub(crate) use accounts::{Accounts, Refuses, User};
pub(crate) use attachment::{Attachment, Durable};
pub(crate) use channels::{Channel, Channels};
pub(crate) use durable::{Durables, Reclaim};
pub(crate) use environment::Environment;
pub use event::{CloseReason, EndReason, Event, LogonRefusal};
pub(crate) use holder::Holder;
pub(crate) use inbox::{Inbox, Signal};
pub(crate) use instance::Instance;
pub(crate) use instances::Instances;
pub(crate) use open::Object;
pub use open::Open;
pub(crate) use open_number::OpenNumber;
pub(crate) use penalties::{LONGEST_WAIT, Penalties, network};
pub(crate) use remains::Remains;
pub(crate) use replay::{ChannelSequence, LockSequences, Underway};
pub(crate) use rules::Rules;
pub use rules::ShareRefusal;
pub use session::Session;
pub use share::Share;
pub(crate) use share::{Common, Content};
pub use tree::Tree;
pub(crate) use watch::{Change, Watch};

/// The server's name and settings.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Its NetBIOS name, in capitals.
    pub(crate) name: String,
    /// The comment that NetServerGetInfo returns, and that NetServerSetInfo changes.
    comment: RwLock<String>,
    /// The protocol settings.
    pub(crate) settings: Arc<Settings>,
}

impl Identity {
    pub(crate) const fn new(name: String, comment: String, settings: Arc<Settings>) -> Self {
        Self { name, comment: RwLock::new(comment), settings }
    }

    /// Returns the comment.
    pub(crate) fn comment(&self) -> String {
        self.comment.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the comment.
    pub(crate) fn set_comment(&self, comment: String) {
        *self.comment.write().unwrap_or_else(PoisonError::into_inner) = comment;
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct State {
    /// The server's name and settings.
    pub(crate) identity: Identity,
    /// The clock and random bytes.
    pub(crate) environment: Environment,
    /// The users that may log on.
    accounts: RwLock<Arc<Accounts>>,
    /// The failed logons.
    pub(crate) penalties: Penalties,
    /// The opens that survive a connection.
    pub(crate) durables: Durables,
    /// The files that applications with an identifier have open.
    pub(crate) instances: Instances,
    /// The files of all leases.
    pub(crate) leases: Leases,
    /// The memory for the names of searches.
    pub(crate) searches: Arc<Searches>,
    /// What all users share.
    pub(crate) budgets: Budgets,
    /// When the server started.
    pub(crate) started: FileTime,
    /// All shares, `IPC$` included.
    shares: RwLock<Vec<Arc<Share>>>,
    /// What they have in common.
    pub(crate) common: Common,
    /// The folders below which administrators may share folders, and stop sharing them.
    pub(crate) open_to_shares: OnceLock<Vec<Root>>,
    sessions: Mutex<BTreeMap<SessionId, Arc<Session>>>,
    first_session: u64,
    next_session: AtomicU64,
    /// The number before that of the first open. It has 31 bits, so that the numbers of an ordinary run ascend, and are positive
    /// for programs that read them as signed.
    before_opens: u32,
    /// The place of the next open among those of this run, counted from 1.
    next_open: AtomicU64,
    next_tree: Arc<AtomicU32>,
    subscribers: event::Subscribers,
}

impl State {
    /// Creates a server without sessions.
    #[must_use]
    pub(crate) fn new(
        identity: Identity,
        environment: Environment,
        accounts: Accounts,
        shares: Vec<Share>,
        common: Common,
    ) -> Arc<Self> {
        // If a restarted server reused numbers, requests of an old client would reach a new session, and an administrator
        // who listed the files before would close the file of somebody else.
        let mut start = [0; 8];
        environment.random(&mut start);
        let start = u64::from_le_bytes(start);
        let first_session = (start & u64::from(u32::MAX)) << 16 | 1;
        let before_opens = u32::try_from(start >> 33).unwrap_or_default();
        let next_session = AtomicU64::new(first_session);
        let shares = RwLock::new(shares.into_iter().map(Arc::new).collect());
        let sessions = Mutex::default();
        let (next_open, next_tree) = (AtomicU64::new(1), Arc::new(AtomicU32::new(1)));
        let started = environment.now();
        let subscribers = event::Subscribers::default();
        Arc::new(Self {
            identity,
            environment,
            accounts: RwLock::new(Arc::new(accounts)),
            penalties: Penalties::default(),
            searches: Arc::default(),
            durables: Durables::default(),
            instances: Instances::default(),
            leases: Leases::default(),
            budgets: Budgets::default(),
            started,
            shares,
            common,
            open_to_shares: OnceLock::new(),
            sessions,
            first_session,
            next_session,
            before_opens,
            next_open,
            next_tree,
            subscribers,
        })
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `subscriber` for each event, on the thread where the event happens: it must not block.
    pub(crate) fn subscribe(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.subscribers.add(subscriber);
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.subscribers.emit(event);
    }

    /// Returns the users that may log on now.
    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the users that may log on from now on.
    pub(crate) fn set_accounts(&self, accounts: Accounts) {
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(accounts);
    }

    /// Returns all shares, `IPC$` included.
    #[must_use]
    pub(crate) fn shares(&self) -> Vec<Arc<Share>> {
        self.shares.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the share with this name, which compares without regard to case.
    #[must_use]
    pub(crate) fn share(&self, name: &str) -> Option<Arc<Share>> {
        let shares = self.shares.read().unwrap_or_else(PoisonError::into_inner);
        shares.iter().find(|share| is_same_name(&share.name, name)).cloned()
    }

    /// Returns whether a share must be encrypted if nothing else is said of it: then `IPC$` is.
    pub(crate) fn encrypts_shares(&self) -> bool {
        self.share("IPC$").is_some_and(|pipes| pipes.rules.encrypts)
    }

    /// Adds a share. Returns false if its name is taken.
    pub(crate) fn add_share(&self, share: Share) -> bool {
        let mut shares = self.shares.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = !shares.iter().any(|other| is_same_name(&other.name, &share.name));
        if is_new {
            shares.push(Arc::new(share));
        }
        is_new
    }

    /// Removes a share, and disconnects every session from it, for the administrator `by`. Returns false if it was removed
    /// already.
    pub(crate) fn remove_share(&self, share: &Arc<Share>, by: &str) -> bool {
        let removed = self.replace_shares(std::slice::from_ref(share), Vec::new());
        self.disconnect_all(share, Some(by), |_| true);
        removed > 0
    }

    /// Removes shares and adds others in one step, and returns how many it has removed. The caller disconnects the
    /// sessions.
    pub(crate) fn replace_shares(&self, old: &[Arc<Share>], new: Vec<Share>) -> usize {
        let mut shares = self.shares.write().unwrap_or_else(PoisonError::into_inner);
        let before = shares.len();
        shares.retain(|share| !old.iter().any(|old| Arc::ptr_eq(share, old)));
        let removed = before.saturating_sub(shares.len());
        shares.extend(new.into_iter().map(Arc::new));
        removed
    }

    /// Disconnects from a share the sessions of all users whom `concerns` names, for the administrator `by`, or for the
    /// program that runs the server.
    pub(crate) fn disconnect_all(
        &self,
        share: &Arc<Share>,
        by: Option<&str>,
        concerns: impl Fn(&str) -> bool,
    ) {
        let why = CloseReason::ClosedBy(by.map(str::to_owned));
        self.close_lost(self.durables.take_in(share, &concerns), &why);
        for session in self.sessions().into_iter().filter(|session| concerns(&session.user)) {
            let trees = session.trees();
            for tree in trees.iter().filter(|tree| Arc::ptr_eq(&tree.share, share)) {
                self.disconnect(&session, tree.id, &why);
            }
        }
    }

    /// Disconnects a session from a share, and closes what it has open there. Returns false if it was disconnected already.
    pub(crate) fn disconnect(&self, session: &Arc<Session>, tree: TreeId, why: &CloseReason) -> bool {
        let Some((tree, opens)) = session.disconnect(tree) else { return false };
        for open in opens {
            self.emit(&Event::Closed(open, why.clone()));
        }
        session.poll_connections();
        self.emit(&Event::TreeDisconnected(Arc::clone(session), tree));
        true
    }

    /// Returns a number that no session of this server has or had.
    pub(crate) fn new_session_id(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns how many sessions and opens there have been since the start.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let sessions = self.next_session.load(Ordering::Relaxed).saturating_sub(self.first_session);
        (sessions, self.next_open.load(Ordering::Relaxed).saturating_sub(1))
    }

    /// Returns when the server started, in seconds since 1970.
    pub(crate) fn seconds_at_start(&self) -> u32 {
        let since = self.started.to_system().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| u32::try_from(since.as_secs()).ok()).unwrap_or_default()
    }

    /// Returns a number that no open has now; the numbers repeat after four billion.
    pub(crate) fn new_open_number(&self) -> OpenNumber {
        loop {
            let count = self.next_open.fetch_add(1, Ordering::Relaxed);
            let place = u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0);
            let number = OpenNumber(self.before_opens.wrapping_add(place));
            let new = count <= u64::from(u32::MAX) || self.open(number).is_none();
            if number.0 != 0 && number.0 != u32::MAX && new {
                return number;
            }
        }
    }

    /// Ends the session that a client names as the previous one of its new session, if the user is the same ([MS-SMB2]
    /// 3.3.5.5.3), and returns what it leaves behind.
    pub(crate) fn replace(self: &Arc<Self>, previous: SessionId, user: &str) -> Option<Remains> {
        self.session(previous).filter(|session| session.user == user)?;
        self.retire(previous, EndReason::Replaced)
    }

    /// Adds a new session. Without `keys`, the client cannot bind another connection to the session.
    pub(crate) fn set_up(
        &self,
        logon: &LoggedOn,
        keys: Option<Arc<SessionKeys>>,
        user: &User,
        first: Channel,
    ) -> Arc<Session> {
        let mut place = self.budgets.sessions.part(&user.name);
        place.set(1);
        let now = self.environment.moment();
        let session = Session::new(logon, keys, user, now, first, &self.next_tree, place);
        let session = Arc::new(session);
        self.table().insert(logon.session, Arc::clone(&session));
        self.emit(&Event::SessionStarted(Arc::clone(&session)));
        session
    }

    /// Returns all sessions, the oldest first.
    #[must_use]
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.table().values().cloned().collect()
    }

    /// Returns the session with this id.
    #[must_use]
    pub(crate) fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        self.table().get(&id).cloned()
    }

    /// Returns how many sessions there are.
    #[must_use]
    pub(crate) fn session_count(&self) -> usize {
        self.table().len()
    }

    /// Ends a session: closes its opens, releases its locks and disconnects its trees. Returns false if there is no such session.
    ///
    /// Its connections answer the client's next request with STATUS_USER_SESSION_DELETED ([MS-SMB2] 3.3.4.12), and are closed
    /// if it was their last session.
    pub(crate) fn end(self: &Arc<Self>, id: SessionId, why: EndReason) -> bool {
        // What this client has left open before goes with its session.
        let is_own =
            |session: &Session, lost: &Holder| lost.user == session.user && lost.client == session.client();
        self.take(id, why, is_own).is_some()
    }

    /// Ends a session as [`State::end`] does, but leaves what its client has left open in other sessions.
    pub(crate) fn end_alone(self: &Arc<Self>, id: SessionId, why: EndReason) -> bool {
        self.retire(id, why).is_some()
    }

    /// Ends a session as [`State::end_alone`] does, but leaves it to the caller to close its opens, which can take long.
    pub(crate) fn retire(self: &Arc<Self>, id: SessionId, why: EndReason) -> Option<Remains> {
        self.take(id, why, |_, _| false)
    }

    /// Removes a session. If somebody ended it, its opens are closed for good, and with them those of lost connections that
    /// `goes_too` names.
    fn take(
        self: &Arc<Self>,
        id: SessionId,
        why: EndReason,
        goes_too: impl Fn(&Session, &Holder) -> bool,
    ) -> Option<Remains> {
        let is_lost = !matches!(why, EndReason::EndedBy(_) | EndReason::Idle);
        let losing = is_lost.then(|| self.durables.losing());
        let session = self.table().remove(&id)?;
        let (opens, trees) = session.take_everything();
        let opens = match why {
            EndReason::Disconnected | EndReason::Replaced | EndReason::LoggedOff => {
                self.durables.keep(&session, opens, self.environment.uptime())
            }
            EndReason::EndedBy(_) => {
                opens.into_iter().chain(self.durables.take_of(|lost| goes_too(&session, lost))).collect()
            }
            EndReason::Idle => opens,
        };
        drop(losing);
        session.channels.close(match why {
            EndReason::LoggedOff => Signal::SessionLoggedOff(id),
            _ => Signal::SessionEnded(id),
        });
        Some(Remains::new(self, session, (opens, trees), why))
    }

    /// Ends the sessions that have had no open and no request for `limit`.
    pub(crate) fn end_idle(self: &Arc<Self>, limit: Duration) {
        let now = self.environment.uptime();
        let is_idle = |session: &Arc<Session>| now.saturating_sub(session.last_active()) >= limit;
        for session in self.sessions().into_iter().filter(is_idle) {
            if session.refuses_opens_from_now() {
                self.end(session.id, EndReason::Idle);
            }
        }
    }

    /// Removes a closed connection from its session. The session ends with its last connection ([MS-SMB2] 3.3.7.1);
    /// then this returns what it leaves behind.
    pub(crate) fn leave(self: &Arc<Self>, session: &Arc<Session>, channel: &Channel) -> Option<Remains> {
        if !session.leave(&channel.inbox) {
            return self.retire(session.id, EndReason::Disconnected);
        }
        self.emit(&Event::ConnectionLost(Arc::clone(session), channel.peer));
        None
    }

    /// Returns every open of every session, and those that wait for their clients.
    #[must_use]
    pub(crate) fn opens(&self) -> Vec<Arc<Open>> {
        let attached = self.sessions().into_iter().flat_map(|session| session.opens());
        attached.chain(self.lost_opens().into_iter().map(|(open, _)| open)).collect()
    }

    /// Returns the open with this number.
    #[must_use]
    pub(crate) fn open(&self, number: OpenNumber) -> Option<Arc<Open>> {
        let attached = self.sessions().iter().find_map(|session| session.open(number));
        attached.or_else(|| self.durables.get(number))
    }

    /// Returns all sessions, the oldest first, and those that have lost their connections and left files open.
    #[must_use]
    pub(crate) fn holders(&self) -> Vec<Holder> {
        let mut holders: Vec<_> = self.sessions().iter().map(|session| Holder::of(session)).collect();
        holders.extend(self.durables.holders());
        holders.sort_by_key(|holder| holder.session);
        holders
    }

    /// Closes the files that sessions without a connection have left open, for the administrator `by`, or for the program
    /// that runs the server. Returns whether there was one.
    pub(crate) fn end_lost(&self, is_selected: impl Fn(&Holder) -> bool, by: Option<&str>) -> bool {
        let losing = self.durables.losing();
        let lost = self.durables.take_of(is_selected);
        drop(losing);
        self.close_lost(lost, &CloseReason::ClosedBy(by.map(str::to_owned)))
    }

    /// Returns the opens that wait for clients that have lost their connections, with the sessions that have lost them.
    #[must_use]
    pub(crate) fn lost_opens(&self) -> Vec<(Arc<Open>, Arc<Holder>)> {
        self.durables.all()
    }

    /// Closes the opens whose clients have not come back in time, and those that keep others from a file. Returns whether
    /// there was one.
    pub(crate) fn close_due(&self) -> bool {
        self.close_lost(self.durables.take_due(self.environment.uptime()), &CloseReason::SessionEnded)
    }

    /// Closes the opens of lost connections whose locks alone keep `file` from a range. Returns whether there was one.
    pub(crate) fn close_lost_locks(&self, file: &fs::Open, range: Range, mode: Mode) -> bool {
        self.close_lost(self.durables.take_locking(file, range, mode), &CloseReason::SessionEnded)
    }

    /// Closes every open that waits for its client.
    pub(crate) fn close_all_lost(&self) {
        self.close_lost(self.durables.take_all(), &CloseReason::SessionEnded);
    }

    fn close_lost(&self, opens: Vec<Arc<Open>>, why: &CloseReason) -> bool {
        let is_any = !opens.is_empty();
        for open in opens {
            open.set_closed();
            self.emit(&Event::Closed(open, why.clone()));
        }
        is_any
    }

    /// Closes an open of any session: the client's next use of it fails with STATUS_FILE_CLOSED. Returns false if there is no
    /// such open.
    pub(crate) fn close(&self, number: OpenNumber, why: CloseReason) -> bool {
        for session in self.sessions() {
            if let Some(open) = session.close(number) {
                session.channels.signal_all(Signal::Poll);
                self.emit(&Event::Closed(open, why));
                return true;
            }
        }
        let Some(open) = self.durables.remove(number) else { return false };
        open.set_closed();
        self.emit(&Event::Closed(open, why));
        true
    }
}
