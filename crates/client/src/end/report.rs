use super::Unsent;
use crate::ops::session_del;
use crate::{Error, Session, SessionId, Step, Win32Error};

/// The outcome of a plan for each of its sessions.
#[derive(Debug)]
#[non_exhaustive]
pub struct EndReport {
    /// The status of the first failure; success if nothing failed; `NERR_ClientNameNotFound` if there was nothing to
    /// end. None if a request got no answer, so that the server may still carry it out, or if no later listing shows the result.
    pub status: Option<Win32Error>,
    /// The selected sessions that are gone, for which the server agreed to the request.
    pub ended: Vec<Outcome>,
    /// The selected sessions that are gone, but not because of a request: the server found no such session although it
    /// had just listed it, or refused the request, or no longer listed the session before netsession could send the
    /// request.
    ///
    /// At a single server the user has logged off, or the session ended with another one on its connection. A cluster
    /// also stops listing the sessions of a node that does not answer, so such a session may still be connected.
    pub vanished: Vec<Outcome>,
    /// Unselected sessions that ended together with selected ones.
    pub also_ended: Vec<Outcome>,
    /// The selected sessions whose client returned: it opened a session of the same user after the plan. Each is the new
    /// session.
    pub returned: Vec<Outcome>,
    /// The selected sessions that are still there, or may be. Those that netsession never meant to end, because it can not end
    /// them alone, are among them, and those of which the server does not report whether they are selected.
    pub remaining: Vec<Outcome>,
    /// Whether a later listing shows what is here. Otherwise nobody knows whether the sessions in `remaining` are gone for which
    /// netsession sent a request.
    pub is_verified: bool,
    /// Whether each request named a session by its id.
    pub is_by_id: bool,
    /// Why netsession could not send every request or verify the result.
    pub error: Option<Error>,
}

/// A session and the server's answer to the request that should end it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The session.
    pub session: Session,
    /// The server's answer. None if no answer came, or if netsession sent no request for this session.
    pub status: Option<Win32Error>,
    /// The id of the selected session, if its client returned and has another one now.
    pub previous_id: Option<SessionId>,
    /// Why netsession sent no request that names this session; None if it did.
    pub unsent: Option<Unsent>,
}

impl EndReport {
    /// Returns the server's refusal, if the session remains because of it. Its text names the server as `server`.
    #[must_use]
    pub fn refusal(&self, server: &str) -> Option<Error> {
        let is_refused = |code: &Win32Error| self.remaining.iter().any(|one| one.status == Some(*code));
        let code = self.status.filter(|code| !code.is_success() && is_refused(code))?;
        Some(Error::Answered { server: server.to_owned(), step: Step::Call(session_del::CALL), code })
    }

    /// Adds the error about the selected sessions that netsession never meant to end, unless there is a more urgent one.
    pub(super) fn with_left_out(mut self, server: &str) -> Self {
        let error = left_out(server, self.remaining.iter().filter_map(|one| one.unsent));
        let is_otherwise_done =
            matches!(self.status, Some(Win32Error::NERR_SUCCESS | Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
        if let (Some(error), None, true) = (error, &self.error, is_otherwise_done) {
            self.status = Some(error.win32());
            self.error = Some(error);
        }
        self
    }

    /// An empty report; `is_by_id` as in the preview.
    pub(super) const fn empty(is_by_id: bool) -> Self {
        Self {
            status: None,
            ended: Vec::new(),
            vanished: Vec::new(),
            also_ended: Vec::new(),
            returned: Vec::new(),
            remaining: Vec::new(),
            is_verified: true,
            is_by_id,
            error: None,
        }
    }
}

/// Returns the error about the selected sessions that a decision never ends, for these reasons.
pub(super) fn left_out(server: &str, reasons: impl Iterator<Item = Unsent>) -> Option<Error> {
    // The most urgent one first.
    const URGENCY: [Unsent; 3] = [Unsent::MayBeOwn, Unsent::Inseparable, Unsent::Undecided];
    let reasons: Vec<Unsent> = reasons.filter(|why| URGENCY.contains(why)).collect();
    let why = URGENCY.into_iter().find(|why| reasons.contains(why))?;
    Some(Error::LeftOut { server: server.to_owned(), count: reasons.len(), why })
}

impl Outcome {
    /// The outcome of a session.
    pub(super) const fn new(session: Session, status: Option<Win32Error>) -> Self {
        Self { session, status, previous_id: None, unsent: None }
    }

    /// The outcome of a session for which netsession sent no request.
    pub(super) const fn not_sent(session: Session, why: Unsent) -> Self {
        Self { session, status: None, previous_id: None, unsent: Some(why) }
    }

    /// The outcome of a session that was gone before netsession could send a request.
    pub(super) const fn vanished(session: Session) -> Self {
        let status = Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
        Self { session, status, previous_id: None, unsent: Some(Unsent::Gone) }
    }

    /// The outcome of the session `before`, whose client has opened the session `after`.
    pub(super) fn returned(before: &Session, after: &Session, status: Option<Win32Error>) -> Self {
        let previous_id = before.id.filter(|_| before.id != after.id);
        Self { previous_id, ..Self::new(after.clone(), status) }
    }
}
