//! One client's connection: the protocol's state machine and its host, with no socket. Its caller sets its pace.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use netsession_smb::auth::{Acceptor, AuthError, Claim, Proof, Verifier, ntlm};
use netsession_smb::fscc::FileTime;
use netsession_smb::msg::{AsyncId, Packet, SessionId, TreeId};
use netsession_smb::server::{
    self as machine, Decision, Fatal, Host, LoggedOn, NegotiationRefusal, Output, Reply, Request,
    SessionKeys, Settings,
};
use netsession_wire::NtStatus;

use crate::client_host::{ClientHost, Delayed, Postponed, Waiting};
use crate::commands;
use crate::fs::LeaseId;
use crate::kerberos;
use crate::pace::{Pace, Weight};
use crate::state::{
    EndReason, Event, Inbox, LONGEST_WAIT, LogonRefusal, Remains, Session, Signal, State, network,
};

/// If it has this many bytes to send, the connection builds no further announced answer: each can have a megabyte.
const MUCH: usize = 1 << 20;

/// A connection. Dropping it ends those of its sessions that have no other connection.
#[derive(Debug)]
pub(crate) struct Connection {
    machine: machine::Connection,
    host: ClientHost,
    close: Option<Close>,
    /// Whether the last session had ended before the current frame.
    was_ended: bool,
}

/// When the server must close a connection whose last session it has ended: the client can only connect again.
///
/// Clients reconnect by themselves once the server closes the connection. Many clients that only receive
/// STATUS_USER_SESSION_DELETED never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// After a while, or after the response if the client sends a request.
    Soon,
    /// After the output is sent.
    Now,
}

impl Connection {
    /// Creates the connection of a client from `peer`. A signal in `inbox` means that the caller must call
    /// [`Connection::attend`].
    #[must_use]
    pub(crate) fn new(state: &Arc<State>, peer: SocketAddr, inbox: Arc<Inbox>) -> Self {
        let machine = machine::Connection::new(Arc::clone(&state.identity.settings));
        state.emit(&Event::Connected(peer));
        let host = ClientHost::new(state, peer, inbox);
        Self { machine, host, close: None, was_ended: false }
    }

    /// Sets how long the connection may work from now on; the default is without a pause.
    pub(crate) const fn set_pace(&mut self, pace: Pace) {
        self.host.pace = pace;
        self.host.has_worked = false;
    }

    /// Returns a flag. If any thread sets it, the connection stops its work at once.
    #[must_use]
    pub(crate) const fn stop(&self) -> &Arc<AtomicBool> {
        &self.host.stop
    }

    /// Returns whether the frame is unfinished, because the pace does not allow its next request. The caller must call
    /// [`Connection::resume`] before it reads another frame.
    #[must_use]
    pub(crate) fn is_paused(&self) -> bool {
        self.machine.is_postponed() && self.host.delayed.is_none()
    }

    /// Returns the session for which the connection works: that of the postponed request, or else any of its sessions.
    #[must_use]
    pub(crate) fn worker(&self) -> Option<&Arc<Session>> {
        let postponed = self.host.postponed.as_ref().and_then(|postponed| postponed.session.as_ref());
        postponed.or_else(|| self.host.sessions.values().next())
    }

    /// Returns for whom the connection works, as a name in the queue for slow work: a user, or for a logon the client's
    /// address.
    #[must_use]
    pub(crate) fn queue_name(&self) -> Cow<'_, str> {
        match &self.host.postponed {
            // No user's name contains a NUL character.
            Some(Postponed { session: None, .. }) => format!("\0{}", network(self.host.peer.ip())).into(),
            _ => self.worker().map_or("", |session| &session.user).into(),
        }
    }

    /// Returns how long the postponed request can take.
    #[must_use]
    pub(crate) fn next_weight(&self) -> Weight {
        self.host.postponed.as_ref().map_or(Weight::Slow, |postponed| postponed.weight)
    }

    /// Returns whether a waiting request repeats its work at each [`Connection::attend`].
    #[must_use]
    pub(crate) fn has_retries(&self) -> bool {
        self.host.waiting.values().any(|waiting| waiting.is_retry())
    }

    /// Processes one frame, without its 4 bytes of length, and appends the bytes to send to `output`. It stops early if the pace
    /// requires this ([`Connection::is_paused`]).
    ///
    /// # Errors
    /// [`Fatal`]: the caller must send `output`, then close the connection.
    pub(crate) fn receive(&mut self, frame: &mut [u8], output: &mut Output) -> Result<(), Fatal> {
        // For this frame, a session that was ended before it no longer exists.
        self.notice(output)?;
        self.was_ended = self.close.is_some();
        self.machine.receive(frame, &mut self.host, output)?;
        self.finish(output)
    }

    /// Continues the paused frame.
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub(crate) fn resume(&mut self, output: &mut Output) -> Result<(), Fatal> {
        self.host.postponed = None;
        self.machine.resume(&mut self.host, output)?;
        if !self.machine.is_postponed() {
            // A logon that the server has refused for another reason did not take its turn.
            self.host.is_logon_due = false;
        }
        self.finish(output)
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), Fatal> {
        if self.is_paused() {
            return Ok(());
        }
        self.reconsider_closing(self.was_ended);
        self.attend(output)
    }

    /// Keeps the connection of a client that has logged on again, and closes the connection if the first frame after the
    /// end of its last session does something else.
    fn reconsider_closing(&mut self, was_ended: bool) {
        if self.is_logged_on() {
            self.close = None;
        } else if was_ended {
            self.close = Some(Close::Now);
        }
    }

    /// Returns when the connection must be closed; `None` while a logon is in progress or an answer is due.
    pub(crate) fn close(&self) -> Option<Close> {
        self.close.filter(|_| !self.machine.is_logging_on() && self.host.waiting.is_empty())
    }

    /// Processes the signals in the inbox, and sends the announced answers that are ready. It leaves answers that
    /// repeat their work to a call whose pace allows that.
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub(crate) fn attend(&mut self, output: &mut Output) -> Result<(), Fatal> {
        self.notice(output)?;
        let ids: Vec<AsyncId> = self.host.waiting.keys().copied().collect();
        for id in ids {
            let may_poll = |waiting: &dyn Waiting| self.host.pace.may_be_slow() || !waiting.is_retry();
            if !self.host.waiting.get(&id).is_some_and(|waiting| may_poll(waiting.as_ref())) {
                self.host.inbox.send(Signal::Poll);
                continue;
            }
            if output.as_slice().len() > MUCH {
                // The other answers follow after this is sent.
                self.host.inbox.send(Signal::Poll);
                break;
            }
            let Some(finish) = self.host.waiting.get_mut(&id).and_then(|waiting| waiting.poll()) else {
                continue;
            };
            self.host.waiting.remove(&id);
            self.machine.complete(id, output, finish)?;
        }
        Ok(())
    }

    /// Notifies the client that others have ended its sessions, and that it must give oplocks up.
    fn notice(&mut self, output: &mut Output) -> Result<(), Fatal> {
        for signal in self.host.inbox.take() {
            match signal {
                Signal::SessionEnded(id) => {
                    self.machine.session_closing(id, output)?;
                    self.forget(id);
                    if self.host.sessions.is_empty() && self.close.is_none() {
                        self.close = Some(Close::Soon);
                    }
                }
                Signal::SessionLoggedOff(id) => {
                    self.machine.session_closing(id, output)?;
                    self.forget(id);
                }
                Signal::OplockBreak(session, open, left) => {
                    self.machine.break_oplock(session, open.file_id(), left, output)?;
                }
                Signal::LeaseBreak(_, broken) => self.machine.break_lease(broken, output)?,
                Signal::Poll => {}
            }
        }
        Ok(())
    }

    /// Returns the sessions that its host has.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn host_sessions(&self) -> Vec<SessionId> {
        self.host.sessions.keys().copied().collect()
    }

    /// Returns the sessions that its state machine accepts requests of.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn established(&self) -> Vec<SessionId> {
        self.machine.sessions().collect()
    }

    /// Returns the requests that wait.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn announced(&self) -> std::collections::BTreeSet<AsyncId> {
        self.host.waiting.keys().copied().collect()
    }

    /// Returns whether [`Connection::take_remains`] returns something.
    pub(crate) fn has_remains(&self) -> bool {
        !self.host.remains.is_empty()
    }

    /// Returns what ended sessions leave behind although the pace did not allow to close it. The caller must close it
    /// before it sends the output.
    pub(crate) fn take_remains(&mut self) -> Vec<Remains> {
        std::mem::take(&mut self.host.remains)
    }

    /// Leaves its sessions, and returns what those leave behind that have no other connection.
    pub(crate) fn hang_up(&mut self) -> Vec<Remains> {
        let channel = self.host.channel();
        let sessions = std::mem::take(&mut self.host.sessions);
        let left = sessions.values().filter_map(|session| self.host.state.leave(session, &channel));
        let mut remains: Vec<Remains> = left.collect();
        remains.append(&mut self.host.remains);
        // Another connection passes on the notifications that this one has not sent.
        for signal in channel.inbox.take() {
            self.pass_on(&sessions, signal);
        }
        remains
    }

    /// Passes a notification on to another connection of the session, or of the client.
    fn pass_on(&self, sessions: &HashMap<SessionId, Arc<Session>>, signal: Signal) {
        let (Signal::OplockBreak(id, ..) | Signal::LeaseBreak(id, _)) = signal else { return };
        let Some(session) = sessions.get(&id) else { return };
        if let (false, Signal::LeaseBreak(_, broken)) = (session.channels.signal_oldest(signal), signal)
            && let Some(keys) = &session.keys
        {
            let lease = LeaseId { client: keys.client_guid(), key: broken.lease_key };
            self.host.state.leases.notify_again(lease);
        }
    }

    fn forget(&mut self, session: SessionId) {
        self.host.sessions.remove(&session);
        self.machine.end_session(session);
    }

    /// Whether a waiting request has a deadline: then the caller must call [`Connection::attend`]
    /// every second.
    #[must_use]
    pub(crate) fn waits_for_time(&self) -> bool {
        self.host.waiting.values().any(|waiting| waiting.is_timed())
    }

    /// Whether a user is logged on.
    #[must_use]
    pub(crate) fn is_logged_on(&self) -> bool {
        !self.host.sessions.is_empty()
    }

    /// Returns how long the logon in the last frame must wait because of earlier wrong passwords, counted from that
    /// frame. The caller must read no further frame before [`Connection::resume_logon`].
    #[must_use]
    pub(crate) fn logon_delay(&self) -> Option<Duration> {
        self.host.delayed.map(|delayed| delayed.delay)
    }

    /// Resumes the logon whose delay has passed, and the rest of its frame: another logon there may
    /// have to wait. A logon that can block only becomes ready for [`Connection::resume`] ([`Connection::is_paused`]).
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub(crate) fn resume_logon(&mut self, output: &mut Output) -> Result<(), Fatal> {
        let Some(delayed) = self.host.delayed.take() else { return Ok(()) };
        self.notice(output)?;
        let Some(claim) = self.machine.waiting_logon() else { return Ok(()) };
        let decision = match delayed.is_refused {
            true => Decision::Refuse(NtStatus::LOGON_FAILURE),
            false => Decision::Verify(self.host.verifier(&claim.user)),
        };
        self.was_ended = self.close.is_some();
        self.machine.resume_logon(decision, &mut self.host, output)?;
        self.finish(output)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        drop(self.hang_up());
        self.host.state.emit(&Event::Disconnected(self.host.peer));
    }
}

/// Decides on logons, and answers requests with the server's tables.
impl Host for ClientHost {
    fn now(&self) -> FileTime {
        self.state.environment.now()
    }

    fn random(&mut self, bytes: &mut [u8]) {
        self.state.environment.random(bytes);
    }

    fn not_negotiated(&mut self, why: &NegotiationRefusal) {
        self.state.emit(&Event::NotNegotiated(self.peer, why.clone()));
    }

    fn decide(&mut self, claim: &Claim) -> Decision {
        if claim.proof == Proof::Ticket {
            // The user has proved the identity, so other attempts in the user's name cause no delay.
            return match self.may_log_on(claim) {
                Some(_) => Decision::Verify(Verifier::Ticket),
                None => Decision::Refuse(NtStatus::LOGON_TYPE_NOT_GRANTED),
            };
        }
        let (state, address) = (&self.state, self.peer.ip());
        let admitted = match self.is_exempt(&claim.user) {
            true => Some(Duration::ZERO),
            false => state.penalties.admit(address, &claim.user, state.environment.uptime()),
        };
        match admitted {
            Some(Duration::ZERO) => Decision::Verify(self.verifier(&claim.user)),
            _ => {
                let delay = admitted.unwrap_or(LONGEST_WAIT);
                self.delayed = Some(Delayed { delay, is_refused: admitted.is_none() });
                Decision::Wait
            }
        }
    }

    fn acceptors(&mut self, settings: &Settings) -> Vec<Box<dyn Acceptor>> {
        let accounts = self.state.accounts();
        let kerberos = accounts.keytab.clone().map(|keytab| Box::new(kerberos::Acceptor::new(keytab)) as _);
        let ntlm = accounts
            .offers_ntlm(self.is_near())
            .then(|| Box::new(ntlm::Server::new(settings.names.clone())) as _);
        kerberos.into_iter().chain(ntlm).collect()
    }

    fn lets_logon_block(&mut self) -> bool {
        if !self.is_logon_due {
            self.is_logon_due = true;
            let (address, now) = (self.peer.ip(), self.state.environment.uptime());
            let delay = self.state.penalties.admit_ticket(address, now);
            if !delay.is_zero() {
                self.delayed = Some(Delayed { delay, is_refused: false });
            }
        }
        if self.delayed.is_none() && self.pace.may_be_slow() {
            self.is_logon_due = false;
            return true;
        }
        self.postpone(None, Weight::Slow);
        false
    }

    fn session_id(&mut self) -> SessionId {
        self.state.new_session_id()
    }

    fn logged_on(&mut self, logon: &LoggedOn, keys: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        let user = self.may_log_on(&logon.claim).ok_or(NtStatus::LOGON_FAILURE)?;
        if logon.again {
            // A session keeps its user when it authenticates again.
            let session = self.sessions.get(&logon.session).ok_or(NtStatus::USER_SESSION_DELETED)?;
            return if session.user == user.name { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) };
        }
        self.keep_out(&user)?;
        self.state.penalties.succeeded(self.peer.ip(), &user.name);
        // The limit does not apply to administrators, because they end sessions.
        if !user.is_admin && !self.state.budgets.sessions.part(&user.name).has_room_for(1) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        if let Some(replaced) = self.state.replace(logon.previous, &user.name) {
            self.clear_away(replaced);
        }
        let session = self.state.set_up(logon, Some(Arc::clone(keys)), &user, self.channel());
        self.sessions.insert(logon.session, session);
        Ok(())
    }

    fn session(&self, session: SessionId) -> Option<Arc<SessionKeys>> {
        self.state.session(session)?.keys.clone()
    }

    fn bound(&mut self, session: SessionId, claim: &Claim) -> Result<(), NtStatus> {
        let user = self.may_log_on(claim).ok_or(NtStatus::LOGON_FAILURE)?;
        self.keep_out(&user)?;
        self.state.penalties.succeeded(self.peer.ip(), &user.name);
        let session = self.state.session(session).ok_or(NtStatus::USER_SESSION_DELETED)?;
        if session.user != user.name {
            return Err(NtStatus::ACCESS_DENIED);
        }
        session.join(self.channel())?;
        self.sessions.insert(session.id, Arc::clone(&session));
        self.state.emit(&Event::ConnectionBound(session, self.peer));
        Ok(())
    }

    fn logon_failed(&mut self, claim: Option<&Claim>, why: Option<&AuthError>) {
        let user = claim.map(|claim| claim.user.clone());
        let (state, address) = (&self.state, self.peer.ip());
        state.penalties.failed(address, user.as_deref().unwrap_or_default(), state.environment.uptime());
        self.state.emit(&Event::LogonFailed(self.peer, user, LogonRefusal::of(claim, why)));
    }

    fn logged_off(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        if let Some(remains) = self.state.retire(session, EndReason::LoggedOff) {
            self.clear_away(remains);
        }
    }

    fn accepts_unsigned(&self, packet: &Packet<'_>, session: SessionId, tree: TreeId) -> bool {
        let session = self.sessions.get(&session);
        session.is_some_and(|session| commands::accepts_unsigned(&self.state, session, packet, tree))
    }

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        let answered = match self.sessions.get(&request.session).cloned() {
            Some(_) if self.is_stopped() => Err(NtStatus::CANCELLED),
            Some(session) if self.must_pause() && !session.has_ended() => {
                self.postpone(Some(session), self.pace.heaviest.max(Weight::Bulky));
                return reply.postpone();
            }
            Some(session) => {
                let weight = commands::weight(&self.state, &session, request);
                if weight > self.pace.heaviest && !session.has_ended() {
                    self.postpone(Some(session), weight);
                    return reply.postpone();
                }
                session.touch(self.state.environment.moment());
                // If the session has ended meanwhile, its objects are missing for that reason.
                let answered = commands::answer(self, &session, request, reply);
                if answered == Err(NtStatus::CANT_WAIT) && !self.pace.may_be_slow() {
                    self.postpone(Some(session), Weight::Slow);
                    return reply.postpone();
                }
                self.has_worked = true;
                answered.map_err(|status| match session.has_ended() {
                    true => NtStatus::USER_SESSION_DELETED,
                    false => status,
                })
            }
            None => Err(NtStatus::USER_SESSION_DELETED),
        };
        if let Err(status) = answered {
            reply.error(status);
        }
    }

    fn cancelled(&mut self, operation: AsyncId) {
        self.waiting.remove(&operation);
    }
}
