//! What a running server knows: who is connected to what, and what they have open.
//!
//! The tables can be read and acted on at any time, from any thread. Ending a session takes everything away
//! from it at once; its connection learns of it through its [`Inbox`] and tells the client.

mod accounts;
mod channels;
mod environment;
mod event;
mod inbox;
mod open;
mod penalties;
mod replay;
mod session;
mod share;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_smb::fscc::FileTime;
use netsession_smb::msg::SessionId;
use netsession_smb::server::{LoggedOn, SessionKeys, Settings};

pub use accounts::Account;
pub(crate) use accounts::Accounts;
pub(crate) use channels::{Channel, Channels};
pub(crate) use environment::Environment;
pub use event::{EndReason, Event};
pub(crate) use inbox::{Inbox, Signal};
pub use open::Open;
pub(crate) use open::{Object, OpenNumber};
pub(crate) use penalties::{LONGEST_WAIT, Penalties, network};
pub(crate) use replay::{ChannelSequence, LockSequences, Underway};
use session::Ended;
pub use session::{Session, Tree};
pub(crate) use share::Content;
pub use share::Share;
pub(crate) use watch::{Change, Watch};

/// What a server is, apart from who is connected to it.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Its NetBIOS name, in capitals.
    pub(crate) name: String,
    /// What administrators see beside it.
    pub(crate) comment: String,
    /// What it offers and insists on.
    pub(crate) settings: Arc<Settings>,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct State {
    /// What it is.
    pub(crate) identity: Identity,
    /// The clock and random bytes.
    pub(crate) environment: Environment,
    /// Who may log on.
    pub(crate) accounts: Accounts,
    /// Who has tried wrong passwords.
    pub(crate) penalties: Penalties,
    /// When it was started.
    pub(crate) started: FileTime,
    /// What it shares, `IPC$` included.
    shares: Vec<Arc<Share>>,
    sessions: Mutex<BTreeMap<SessionId, Arc<Session>>>,
    next_session: AtomicU64,
    next_open: AtomicU64,
    next_tree: Arc<AtomicU32>,
    subscribers: event::Subscribers,
}

impl State {
    /// Sessions at once, but for those of administrators.
    pub(crate) const MOST_SESSIONS: usize = 65_536;

    /// A server with nobody connected.
    #[must_use]
    pub(crate) fn new(
        identity: Identity,
        environment: Environment,
        accounts: Accounts,
        shares: Vec<Share>,
    ) -> Arc<Self> {
        // Numbers that a restarted server gives again would let an old client's requests meet a new session.
        let mut start = [0; 4];
        environment.random(&mut start);
        let next_session = AtomicU64::new(u64::from(u32::from_le_bytes(start)) << 16 | 1);
        let shares = shares.into_iter().map(Arc::new).collect();
        let sessions = Mutex::default();
        let (next_open, next_tree) = (AtomicU64::new(1), Arc::new(AtomicU32::new(1)));
        let started = environment.now();
        let subscribers = event::Subscribers::default();
        Arc::new(Self {
            identity,
            environment,
            accounts,
            penalties: Penalties::default(),
            started,
            shares,
            sessions,
            next_session,
            next_open,
            next_tree,
            subscribers,
        })
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `subscriber` called at each event, on the thread where it happens: it must not block.
    pub(crate) fn subscribe(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.subscribers.add(subscriber);
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.subscribers.emit(event);
    }

    /// All shares, `IPC$` included.
    #[must_use]
    pub(crate) fn shares(&self) -> &[Arc<Share>] {
        &self.shares
    }

    /// The share of a name, which compares without regard to case.
    #[must_use]
    pub(crate) fn share(&self, name: &str) -> Option<&Arc<Share>> {
        self.shares.iter().find(|share| crate::fs::name::same(&share.name, name))
    }

    /// A number that no session of this server has or had.
    pub(crate) fn new_session_id(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// A number that no open has now; it starts again from 1 after four billion.
    pub(crate) fn new_open_number(&self) -> OpenNumber {
        loop {
            let count = self.next_open.fetch_add(1, Ordering::Relaxed);
            let number = OpenNumber(u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0));
            let new = count <= u64::from(u32::MAX) || self.open(number).is_none();
            if number.0 != 0 && number.0 != u32::MAX && new {
                return number;
            }
        }
    }

    /// Enters a session that was set up. A session that the client says it has lost goes, if it is the same
    /// user's ([MS-SMB2] 3.3.5.5.3). Without `keys` no further connection can be bound to the session.
    pub(crate) fn set_up(
        &self,
        logon: &LoggedOn,
        keys: Option<Arc<SessionKeys>>,
        account: &Account,
        first: Channel,
    ) -> Arc<Session> {
        let session = Session::new(logon, keys, account, self.environment.now(), first, &self.next_tree);
        let session = Arc::new(session);
        self.table().insert(logon.session, Arc::clone(&session));
        if let Some(previous) = self.session(logon.previous)
            && previous.user == session.user
            && previous.id != session.id
        {
            self.end(previous.id, EndReason::Replaced);
        }
        self.emit(&Event::SessionStarted(Arc::clone(&session)));
        session
    }

    /// All sessions, the oldest first.
    #[must_use]
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.table().values().cloned().collect()
    }

    /// One session.
    #[must_use]
    pub(crate) fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        self.table().get(&id).cloned()
    }

    /// How many sessions there are.
    #[must_use]
    pub(crate) fn session_count(&self) -> usize {
        self.table().len()
    }

    /// Ends a session: its opens are closed, its locks freed, its tree connections gone. False where there is
    /// no such session.
    ///
    /// Its connections stay, and answer the client's next request with STATUS_USER_SESSION_DELETED ([MS-SMB2]
    /// 3.3.4.12).
    pub(crate) fn end(&self, id: SessionId, why: EndReason) -> bool {
        let Some(session) = self.table().remove(&id) else { return false };
        let Ended { opens, trees } = session.take_everything();
        for open in opens {
            self.emit(&Event::Closed(open));
        }
        for tree in trees {
            self.emit(&Event::TreeDisconnected(Arc::clone(&session), tree));
        }
        session.channels.close(match why {
            EndReason::LoggedOff => Signal::SessionLoggedOff(id),
            _ => Signal::SessionEnded(id),
        });
        self.emit(&Event::SessionEnded(session, why));
        true
    }

    /// A connection of a session is gone. The session goes with its last one ([MS-SMB2] 3.3.7.1).
    pub(crate) fn leave(&self, session: &Arc<Session>, channel: &Channel) {
        if session.leave(&channel.inbox) {
            self.emit(&Event::ConnectionLost(Arc::clone(session), channel.peer));
        } else {
            self.end(session.id, EndReason::Disconnected);
        }
    }

    /// Every open of every session.
    #[must_use]
    pub(crate) fn opens(&self) -> Vec<Arc<Open>> {
        self.sessions().iter().flat_map(|session| session.opens()).collect()
    }

    /// The open of a number.
    #[must_use]
    pub(crate) fn open(&self, number: OpenNumber) -> Option<Arc<Open>> {
        self.sessions().iter().find_map(|session| session.open(number))
    }

    /// Closes an open that is not the caller's own: the client's next use of it is answered with
    /// STATUS_FILE_CLOSED. False where there is no such open.
    pub(crate) fn close(&self, number: OpenNumber) -> bool {
        for session in self.sessions() {
            if let Some(open) = session.close(number) {
                session.channels.signal_all(Signal::Poll);
                self.emit(&Event::Closed(open));
                return true;
            }
        }
        false
    }
}
