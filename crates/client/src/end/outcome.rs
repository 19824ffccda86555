use tokio::time::Instant;

use crate::{Error, Session, Step, Win32Error};

/// What ending would do: made from one listing, shown to the user, then carried out or not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndPlan {
    /// What will be ended. Never a row with an empty client or user.
    pub to_end: Vec<Session>,
    /// What is meant too, and left alone to keep the own session.
    pub spared: Vec<Spared>,
    /// What is meant too and is never sent, since its logon is half done: its user or client is empty.
    pub not_logged_in: Vec<Session>,
    /// What is not meant and may go with `to_end`: on a server of this kind everyone on the same connection goes,
    /// and these come from the same clients.
    pub goes_along: Vec<Session>,
    /// What is not meant and would be but for the domain of its user: worth telling where nothing is meant.
    pub near: Vec<Session>,
    /// Everything that was listed.
    pub(crate) listed: Vec<Session>,
    /// When it was listed.
    pub(crate) listed_at: Instant,
}

/// A session that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spared {
    /// The session.
    pub session: Session,
    /// Why it is left alone.
    pub reason: SpareReason,
}

/// Why a session is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpareReason {
    /// It is the session that would do the ending, or goes with it: same client and same user.
    OwnSession,
    /// The own session cannot be told apart (its address is translated on the way), and this one is of the same
    /// user.
    OwnUser,
    /// The own session cannot be told apart (the server lists its user under another name), and this one could
    /// be it.
    MayBeOwn,
}

/// A plan that ends nothing.
impl Default for EndPlan {
    fn default() -> Self {
        Self {
            to_end: Vec::new(),
            spared: Vec::new(),
            not_logged_in: Vec::new(),
            goes_along: Vec::new(),
            near: Vec::new(),
            listed: Vec::new(),
            listed_at: Instant::now(),
        }
    }
}

impl EndPlan {
    /// Whether nothing is meant: nothing would be ended, and nothing is spared or half logged on.
    #[must_use]
    pub const fn matches_nothing(&self) -> bool {
        self.to_end.is_empty() && self.spared.is_empty() && self.not_logged_in.is_empty()
    }
}

/// What became of the sessions of a plan at one server.
#[derive(Debug)]
#[non_exhaustive]
pub struct EndReport {
    /// The first failure's status, if any; success otherwise; `NERR_ClientNameNotFound` where there was nothing
    /// to end. None where a call got no answer: the server may still carry it out.
    pub status: Option<Win32Error>,
    /// What is gone.
    pub ended: Vec<Outcome>,
    /// What went though it was not meant, at the same time as what was.
    pub also_ended: Vec<Outcome>,
    /// What is gone and has come again: a session of the same client and user, younger than the call.
    pub returned: Vec<Outcome>,
    /// What is still there, or may be.
    pub remaining: Vec<Outcome>,
    /// Why the ending or the looking again could not be finished.
    pub error: Option<Error>,
}

/// A session, and what the server answered to its ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The session.
    pub session: Session,
    /// The server's answer. None: it is not known (no answer came), or nothing was sent for this session.
    pub status: Option<Win32Error>,
}

impl EndReport {
    /// Returns the server's refusal, where a session remains because of it. `server` is the server's name in the text.
    #[must_use]
    pub fn refusal(&self, server: &str) -> Option<Error> {
        let code = self.status.filter(|code| !code.is_success() && !self.remaining.is_empty())?;
        Some(Error::Answered { server: server.to_owned(), step: Step::Call("NetrSessionDel"), code })
    }

    /// What nothing is known of yet.
    pub(super) const fn empty() -> Self {
        Self {
            status: None,
            ended: Vec::new(),
            also_ended: Vec::new(),
            returned: Vec::new(),
            remaining: Vec::new(),
            error: None,
        }
    }
}

impl Outcome {
    /// Of a session that was not sent.
    pub(super) const fn not_sent(session: Session) -> Self {
        Self { session, status: None }
    }
}
