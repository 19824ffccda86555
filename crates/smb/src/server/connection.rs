use std::collections::HashMap;

use netsession_wire::NtStatus;

use super::compound::{Parked, Wait};
use super::facts::Facts;
use super::fatal::Fatal;
use super::output::Output;
use super::pending::Pending;
use super::reply::Reply;
use super::session::{Session, State};
use super::settings::Settings;
use super::window::Window;
use crate::auth::Claim;
use crate::crypto::{EncryptionKey, PreauthHash};
use crate::msg::{
    AsyncId, BreakNotification, Capabilities, FileId, Header, HeaderFlags, LeaseBreakNotification, Message,
    MessageId, NegotiateRequest, OplockBreak, OplockLevel, SecurityMode, ServerNotification, SessionId,
    encode,
};

/// The most ended sessions that a connection remembers, to notify their clients.
const ENDED_LIMIT: usize = 256;

/// One connection of a client.
#[derive(Debug)]
pub struct Connection {
    pub(super) settings: std::sync::Arc<Settings>,
    pub(super) negotiated: Option<Negotiated>,
    pub(super) preauth: PreauthHash,
    pub(super) window: Window,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) ended: std::collections::VecDeque<SessionId>,
    pub(super) pending: Pending,
    /// The frame with a request that waits for its host.
    pub(super) parked: Option<Box<Parked>>,
}

/// The result of the negotiation.
#[derive(Debug, Clone)]
pub(super) struct Negotiated {
    pub(super) facts: Facts,
    /// The client's NEGOTIATE request without its lists.
    pub(super) request: NegotiateRequest,
    /// Whether the client has negotiated by SMB1, whose message names nothing but dialects.
    pub(super) is_by_smb1: bool,
    pub(super) server_capabilities: Capabilities,
    pub(super) client_security: SecurityMode,
}

impl Negotiated {
    /// Whether a request may take several credits.
    pub(super) fn multi_credit(&self) -> bool {
        self.server_capabilities.contains(Capabilities::LARGE_MTU)
    }
}

impl Connection {
    /// Returns a connection that waits for the client's negotiation.
    #[must_use]
    pub fn new(settings: std::sync::Arc<Settings>) -> Self {
        let window = Window::new(settings.max_credits);
        Self {
            settings,
            negotiated: None,
            preauth: PreauthHash::new(),
            window,
            sessions: HashMap::new(),
            ended: std::collections::VecDeque::new(),
            pending: Pending::default(),
            parked: None,
        }
    }

    /// Returns what the two sides have negotiated; `None` before that.
    #[must_use]
    pub fn facts(&self) -> Option<Facts> {
        self.negotiated.as_ref().map(|negotiated| negotiated.facts)
    }

    /// Returns the identity that the client claims in a waiting logon: the host has decided [`super::Decision::Wait`].
    /// One logon of a connection can wait, and the rest of its frame waits with it.
    #[must_use]
    pub fn waiting_logon(&self) -> Option<&Claim> {
        self.parked.as_ref().and_then(|parked| parked.claim())
    }

    /// Returns whether the host has postponed a request ([`Reply::postpone`]) or a step of a logon
    /// ([`Host::lets_logon_block`](super::Host::lets_logon_block)), and with it the rest of its frame.
    #[must_use]
    pub fn is_postponed(&self) -> bool {
        self.parked.as_ref().is_some_and(|parked| parked.claim().is_none())
    }

    /// Sends the final answer that was announced; does nothing if the client has cancelled the request meanwhile.
    ///
    /// # Errors
    /// [`Fatal`]: close the connection.
    pub fn complete(
        &mut self,
        id: AsyncId,
        output: &mut Output,
        answer: impl FnOnce(&mut Reply<'_>),
    ) -> Result<(), Fatal> {
        let Some(operation) = self.pending.take(id) else { return Ok(()) };
        let before = output.position();
        let mut frame = output.open(operation.encrypted);
        let start = output.message(&mut frame);
        let reply = Reply::late(&operation.request, id, output, start);
        let mut reply = reply.of_session(operation.session);
        answer(&mut reply);
        if !reply.is_written() {
            reply.error(NtStatus::INTERNAL_ERROR);
        }
        let keys = self.sessions.get(&operation.session).and_then(|session| session.keys.as_ref());
        let Some(keys) = keys else {
            // Many sessions have ended since, so the connection has forgotten the keys, and the client expects no
            // answer.
            output.truncate(before);
            return Ok(());
        };
        match (operation.encrypted, &keys.session.cipher) {
            (true, Some((key, _))) => output.close(frame, Some((operation.session.0, key))),
            (true, None) => Err(Fatal::Keys),
            (false, _) => {
                if operation.request.flags.contains(crate::msg::HeaderFlags::SIGNED) {
                    output.sign(start..output.position(), &keys.signing)?;
                }
                output.close(frame, None)
            }
        }
    }

    /// Notifies the client of `session_id` that it must give up its oplock of an open, of which a level is left ([MS-SMB2]
    /// 3.3.4.6).
    ///
    /// # Errors
    /// [`Fatal`]: close the connection.
    pub fn break_oplock(
        &mut self,
        session_id: SessionId,
        file_id: FileId,
        oplock_level: OplockLevel,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        let Some(session) = self.sessions.get(&session_id) else { return Ok(()) };
        let encrypted =
            session.spoke_encrypted || session.keys.as_ref().is_some_and(|keys| keys.session.encrypt);
        let broken = OplockBreak { oplock_level, file_id };
        self.unsolicited(session_id, encrypted, &BreakNotification::Oplock(broken), output)
    }

    /// Notifies the client that it must give up caching by a lease ([MS-SMB2] 3.3.4.7). The message belongs to no session.
    ///
    /// # Errors
    /// [`Fatal`]: close the connection.
    pub fn break_lease(&mut self, broken: LeaseBreakNotification, output: &mut Output) -> Result<(), Fatal> {
        Self::send_unsolicited(SessionId(0), None, &BreakNotification::Lease(broken), output)
    }

    /// Notifies the client that somebody is ending `session`, if it supports this notification ([MS-SMB2] 2.2.44,
    /// 4.11): call it before [`Connection::end_session`].
    ///
    /// # Errors
    /// [`Fatal`]: close the connection.
    pub fn session_closing(&mut self, session: SessionId, output: &mut Output) -> Result<(), Fatal> {
        let negotiated = self.negotiated.as_ref();
        if !negotiated.is_some_and(|it| it.server_capabilities.contains(Capabilities::NOTIFICATIONS)) {
            return Ok(());
        }
        // With a cipher nobody can forge the notification, and a client that has sent nothing yet may require that.
        self.unsolicited(session, true, &ServerNotification::SessionClosed, output)
    }

    /// Sends a message that answers no request, without a signature: AES-GMAC has no nonce for such a message, and the
    /// specification's own examples have no signature.
    fn unsolicited<'b, M: Message<'b>>(
        &self,
        id: SessionId,
        encrypted: bool,
        message: &M,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        let valid = self.sessions.get(&id).filter(|session| session.state == State::Valid);
        let Some(keys) = valid.and_then(|session| session.keys.as_ref()) else { return Ok(()) };
        let key = keys.session.cipher.as_ref().filter(|_| encrypted).map(|(key, _)| (id.0, key));
        Self::send_unsolicited(id, key, message, output)
    }

    fn send_unsolicited<'b, M: Message<'b>>(
        id: SessionId,
        key: Option<(u64, &EncryptionKey)>,
        message: &M,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        let mut frame = output.open(key.is_some());
        output.message(&mut frame);
        let header = Header {
            credit_charge: 0,
            credits: 0,
            flags: HeaderFlags::SERVER_TO_REDIR,
            session_id: id,
            ..Header::request(M::COMMAND, MessageId::UNSOLICITED)
        };
        output.push(&encode(&header, message).map_err(|_| Fatal::TooLong)?);
        output.close(frame, key)
    }

    /// Ends a session ([MS-SMB2] 3.3.4.12): the server answers every further request with STATUS_USER_SESSION_DELETED,
    /// signed or encrypted with the session's keys, which it keeps for that.
    ///
    /// Returns the announced answers that are still open: the host completes them.
    pub fn end_session(&mut self, id: SessionId) -> Vec<AsyncId> {
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        session.logon = None;
        if session.keys.is_none() {
            self.sessions.remove(&id);
            return Vec::new();
        }
        if session.state != State::Ended {
            session.state = State::Ended;
            self.ended.push_back(id);
        }
        if self.ended.len() > ENDED_LIMIT
            && let Some(oldest) = self.ended.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        self.pending.of_session(id)
    }

    /// Returns whether a logon is in progress.
    #[must_use]
    pub fn is_logging_on(&self) -> bool {
        let waits_for_turn = self.parked.as_ref().is_some_and(|parked| matches!(parked.wait, Wait::Turn));
        waits_for_turn || self.sessions.values().any(|session| session.logon.is_some())
    }

    /// Returns the sessions that are set up.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        let valid = |session: &Session| session.state == State::Valid;
        self.sessions.iter().filter(move |(_, session)| valid(session)).map(|(id, _)| *id)
    }
}
