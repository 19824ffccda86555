//! [`ClientHost`]: what a connection knows about its client. The SMB2 commands use it, and it decides on logons. It
//! keeps each request that the server cannot answer at once as a [`Waiting`].

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netsession_smb::auth::{Claim, Proof, Verifier};
use netsession_smb::msg::{AsyncId, SessionId};
use netsession_smb::server::Reply;
use netsession_wire::NtStatus;

use crate::fs::Effort;
use crate::pace::{Pace, Weight};
use crate::state::{Account, Channel, Event, Inbox, LogonRefusal, Remains, Session, State, User};

/// Writes the final answer to a waiting request.
pub(crate) type Finish = Box<dyn FnOnce(&mut Reply<'_>) + Send>;

/// A request that waits: the server sent an interim answer with STATUS_PENDING.
pub(crate) trait Waiting: fmt::Debug + Send {
    /// Returns the final answer, if it is ready. If the client has closed the open meanwhile, there is an answer, too.
    fn poll(&mut self) -> Option<Finish>;

    /// Returns whether it has a deadline.
    fn is_timed(&self) -> bool {
        false
    }

    /// Returns whether each poll repeats the whole work of the request.
    fn is_retry(&self) -> bool {
        false
    }
}

/// The host of one client's state machine: what the connection knows about its client.
#[derive(Debug)]
pub(crate) struct ClientHost {
    pub(crate) state: Arc<State>,
    pub(crate) peer: SocketAddr,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) waiting: BTreeMap<AsyncId, Box<dyn Waiting>>,
    pub(crate) sessions: HashMap<SessionId, Arc<Session>>,
    /// The logon that waits.
    pub(crate) delayed: Option<Delayed>,
    /// How long the connection may work on the requests of a frame.
    pub(crate) pace: Pace,
    /// Whether a request was carried out since the pace was set.
    pub(crate) has_worked: bool,
    /// The postponed request.
    pub(crate) postponed: Option<Postponed>,
    /// Whether the postponed logon has waited as long as earlier failures require.
    pub(crate) is_logon_due: bool,
    /// What ended sessions leave behind, to be closed where that may take long.
    pub(crate) remains: Vec<Remains>,
    /// Set when the connection is closed while it works.
    pub(crate) stop: Arc<AtomicBool>,
}

/// A request that is carried out later.
#[derive(Debug)]
pub(crate) struct Postponed {
    /// Its session; `None` for a logon.
    pub(crate) session: Option<Arc<Session>>,
    /// How long it can take.
    pub(crate) weight: Weight,
}

/// A logon that waits because of earlier failures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delayed {
    pub(crate) delay: Duration,
    /// Too many attempts wait already: the server refuses this one without verifying it.
    pub(crate) is_refused: bool,
}

impl ClientHost {
    /// Creates the host of a client from `peer`.
    pub(crate) fn new(state: &Arc<State>, peer: SocketAddr, inbox: Arc<Inbox>) -> Self {
        Self {
            state: Arc::clone(state),
            peer,
            inbox,
            waiting: BTreeMap::new(),
            sessions: HashMap::new(),
            delayed: None,
            pace: Pace::UNLIMITED,
            has_worked: false,
            postponed: None,
            is_logon_due: false,
            remains: Vec::new(),
            stop: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Returns whether the client is on this computer.
    pub(crate) fn is_near(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback()
    }

    /// Returns the user of a claim, if the user may log on from this client's address.
    pub(crate) fn may_log_on(&self, claim: &Claim) -> Option<User> {
        match claim.proof {
            Proof::Ticket => self.state.accounts().by_ticket(&claim.user),
            Proof::Password => self.account(&claim.user).as_ref().map(User::from),
            _ => None,
        }
    }

    /// Refuses a user who has proved the identity, if the program that runs the server keeps the user out. That causes no
    /// delay for others: no password was wrong.
    pub(crate) fn keep_out(&self, user: &User) -> Result<(), NtStatus> {
        if !self.state.accounts().refuse(user, self.peer.ip()) {
            return Ok(());
        }
        let name = Some(user.name.clone());
        self.state.emit(&Event::LogonFailed(self.peer, name, LogonRefusal::KeptOut));
        Err(NtStatus::ACCOUNT_RESTRICTION)
    }

    /// Returns the account of a user who may log on by password from this client's address.
    fn account(&self, user: &str) -> Option<Account> {
        self.state.accounts().by_password(user, self.is_near()).cloned()
    }

    /// Returns the verifier of a user who may log on by password from this client's address.
    pub(crate) fn verifier(&self, user: &str) -> Verifier {
        match self.account(user) {
            Some(account) => Verifier::NtHash(account.hash),
            None => Verifier::UnknownUser,
        }
    }

    /// Whether wrong passwords of this user cause no delay: see [`Account::loopback_only`].
    pub(crate) fn is_exempt(&self, user: &str) -> bool {
        self.account(user).is_some_and(|account| account.loopback_only)
    }

    /// Postpones a request of `session`, or a logon, which can take this long.
    pub(crate) fn postpone(&mut self, session: Option<Arc<Session>>, weight: Weight) {
        self.postponed = Some(Postponed { session, weight });
    }

    /// Closes what an ended session leaves behind, or keeps it until the pace allows that.
    pub(crate) fn clear_away(&mut self, remains: Remains) {
        if remains.take_long() && !self.pace.may_be_slow() {
            self.remains.push(remains);
        }
    }

    /// Returns whether the next request of the frame must wait. The connection carries out at least one request in each
    /// turn.
    pub(crate) fn must_pause(&self) -> bool {
        self.has_worked && self.pace.is_over()
    }

    /// Returns the flags that stop the work on a request of `session`.
    pub(crate) fn stops<'a>(&'a self, session: &'a Session) -> [&'a AtomicBool; 2] {
        [&self.stop, &session.ended]
    }

    /// Returns the effort of a request, which ends when one of `stops` is set.
    pub(crate) fn effort<'a>(&self, stops: &'a [&'a AtomicBool]) -> Effort<'a> {
        Effort::new(self.pace.may_be_slow(), stops)
    }

    /// Returns whether the connection was closed while it works.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Returns this connection as a channel of a session.
    pub(crate) fn channel(&self) -> Channel {
        Channel { peer: self.peer, inbox: Arc::clone(&self.inbox) }
    }
}
