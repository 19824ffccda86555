use crate::ops::session_del;
use crate::{Error, Session, SessionId, Step, Win32Error};

/// The outcome of a plan for each of its sessions.
#[derive(Debug)]
#[non_exhaustive]
pub struct EndReport {
    /// The status of the first failure; success if nothing failed; `NERR_ClientNameNotFound` if there was nothing to
    /// end. None if a request got no answer: the server may still carry it out.
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
    /// The selected sessions that are still there, or may be.
    pub remaining: Vec<Outcome>,
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
    /// Whether netsession sent a request that names this session.
    pub was_sent: bool,
}

impl EndReport {
    /// Returns the server's refusal, if the session remains because of it. Its text names the server as `server`.
    #[must_use]
    pub fn refusal(&self, server: &str) -> Option<Error> {
        let code = self.status.filter(|code| !code.is_success() && !self.remaining.is_empty())?;
        Some(Error::Answered { server: server.to_owned(), step: Step::Call(session_del::CALL), code })
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
            is_by_id,
            error: None,
        }
    }
}

impl Outcome {
    /// The outcome of a session.
    pub(super) const fn new(session: Session, status: Option<Win32Error>) -> Self {
        Self { session, status, previous_id: None, was_sent: true }
    }

    /// The outcome of a session for which netsession sent no request.
    pub(super) const fn not_sent(session: Session) -> Self {
        Self { session, status: None, previous_id: None, was_sent: false }
    }

    /// The outcome of a session that was gone before netsession could send a request.
    pub(super) const fn vanished(session: Session) -> Self {
        let status = Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
        Self { session, status, previous_id: None, was_sent: false }
    }

    /// The outcome of the session `before`, whose client has opened the session `after`.
    pub(super) fn returned(before: &Session, after: &Session, status: Option<Win32Error>) -> Self {
        let previous_id = before.id.filter(|_| before.id != after.id);
        Self { previous_id, ..Self::new(after.clone(), status) }
    }
}
