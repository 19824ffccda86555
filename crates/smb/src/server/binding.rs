//! Binds a session to a further connection ([MS-SMB2] 3.3.5.5, with SMB2_SESSION_FLAG_BINDING).
//!
//! A client that binds must prove two things: that it has the session's key, by signing each step, and that it is the
//! session's user, by a logon. Only then does the server sign its answer with the session's key.

use std::sync::Arc;

use netsession_wire::NtStatus;

use super::connection::{Connection, Negotiated};
use super::facts::Facts;
use super::fatal::Fatal;
use super::host::Host;
use super::output::Output;
use super::reply::Reply;
use super::session::{Keys, SessionKeys, State, WaitingLogon};
use super::session_setup::{Resumed, SetUp, Step, context};
use crate::auth::Accepted;
use crate::crypto::{PreauthHash, Role, SigningAlgorithm};
use crate::msg::{
    Capabilities, HeaderFlags, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupRequest,
    SessionSetupResponse,
};

/// A refused step of a binding.
enum Refusal {
    /// The client has not proved that it has the session, so the server does not sign the answer.
    Unsigned(NtStatus),
    /// The client has proved that it has the session.
    Signed(NtStatus),
}

impl From<NtStatus> for Refusal {
    fn from(status: NtStatus) -> Self {
        Self::Signed(status)
    }
}

impl Connection {
    /// Takes one step of a binding, or continues one that has waited.
    #[expect(clippy::too_many_arguments, reason = "a request and all that is around it")]
    pub(super) fn bind(
        &mut self,
        packet: &Packet<'_>,
        request: &SessionSetupRequest,
        facts: &Facts,
        resumed: Resumed,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Result<SetUp, Fatal> {
        let id = packet.header.session_id;
        if self.sessions.get(&id).is_some_and(|session| session.state != State::InProgress) {
            // The channel's own key signs this, like every other answer.
            let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
            reply.error(NtStatus::REQUEST_NOT_ACCEPTED);
            return Ok(SetUp::Answered(reply.outcome(id)));
        }
        let keys = self.session_to_bind(id, host);
        let stepped = match &keys {
            None => Err(Refusal::Unsigned(NtStatus::USER_SESSION_DELETED)),
            Some(keys) => self.binding_step(packet, request, facts, keys, resumed, host),
        };
        if let Ok(Step::Wait(claim)) = stepped {
            return Ok(SetUp::Waits(WaitingLogon { session: id, claim }));
        }
        if matches!(stepped, Err(Refusal::Signed(_))) {
            self.sessions.remove(&id);
        }
        let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
        let is_signed = !matches!(stepped, Err(Refusal::Unsigned(_)));
        let (is_done, continues) = match stepped {
            Err(Refusal::Unsigned(status) | Refusal::Signed(status)) => {
                reply.error(status);
                (false, false)
            }
            Ok(Step::Done(session_flags, security_buffer)) => {
                reply.ok(&SessionSetupResponse { session_flags, security_buffer });
                (true, false)
            }
            Ok(Step::Continue(security_buffer)) => {
                let body = SessionSetupResponse { session_flags: SessionFlags::empty(), security_buffer };
                reply.send(NtStatus::MORE_PROCESSING_REQUIRED, &body);
                (false, true)
            }
            Ok(Step::Wait(_)) => (false, false),
        };
        let mut outcome = reply.outcome(id);
        // The channel's key signs the final response of the binding, the session's key everything before.
        outcome.is_protected = !is_done;
        if let Some(keys) = keys.filter(|_| is_signed && !is_done) {
            output.sign(start..output.position(), &keys.signing)?;
            if continues {
                // Sign it in the form in which it is sent.
                self.logon(id, None, host).preauth.update(output.from(start));
            }
        }
        Ok(SetUp::Answered(outcome))
    }

    /// Verifies that the client has the session, and takes the step.
    fn binding_step(
        &mut self,
        packet: &Packet<'_>,
        request: &SessionSetupRequest,
        facts: &Facts,
        keys: &Arc<SessionKeys>,
        resumed: Resumed,
        host: &mut dyn Host,
    ) -> Result<Step, Refusal> {
        if let Some((waiting, decision)) = resumed {
            return Ok(self.resume_step(waiting, decision, request, facts, host)?);
        }
        let id = packet.header.session_id;
        is_of(keys, packet)?;
        self.may_bind(id, keys, facts, host)?;
        if !self.sessions.contains_key(&id) {
            self.make_room_for_logon();
        }
        self.logon(id, Some(Arc::clone(keys)), host).preauth.update(packet.bytes);
        Ok(self.step(id, request, facts, host)?)
    }

    /// Returns the keys of the session to bind: those with which the binding began, or those of a session on any
    /// connection.
    fn session_to_bind(&self, id: SessionId, host: &dyn Host) -> Option<Arc<SessionKeys>> {
        match self.sessions.get(&id) {
            Some(half) => half.logon.as_ref()?.binding.clone(),
            None => host.session(id),
        }
    }

    /// Returns whether the session can have this connection.
    ///
    /// With AES-GMAC it never can, and the server has told the client so. A client that binds nevertheless signs two
    /// messages with one nonce, and so does the refusal, as those of other servers do; only that client can cause this.
    fn may_bind(
        &self,
        id: SessionId,
        keys: &SessionKeys,
        facts: &Facts,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        let negotiated = self.negotiated.as_ref().ok_or(NtStatus::INVALID_PARAMETER)?;
        let gmac = |facts: &Facts| facts.signing == SigningAlgorithm::AesGmac;
        match (gmac(&keys.facts), gmac(facts)) {
            (true, false) => return Err(NtStatus::REQUEST_OUT_OF_SEQUENCE.into()),
            (false, true) => return Err(NtStatus::NOT_SUPPORTED.into()),
            _ => {}
        }
        if !negotiated.server_capabilities.contains(Capabilities::MULTI_CHANNEL) {
            return Err(NtStatus::REQUEST_NOT_ACCEPTED.into());
        }
        let notified = |capabilities: Capabilities| capabilities.contains(Capabilities::NOTIFICATIONS);
        if keys.facts.dialect != facts.dialect
            || keys.facts.cipher != facts.cipher
            || notified(keys.server_capabilities) != notified(negotiated.server_capabilities)
        {
            return Err(NtStatus::INVALID_PARAMETER.into());
        }
        if !keys.server_capabilities.contains(Capabilities::MULTI_CHANNEL) {
            return Err(NtStatus::REQUEST_NOT_ACCEPTED.into());
        }
        if keys.facts.client_guid != facts.client_guid {
            // The session exists: a signature would make the client believe that it does not.
            return Err(Refusal::Unsigned(NtStatus::USER_SESSION_DELETED));
        }
        if host.session(id).is_none() {
            return Err(NtStatus::USER_SESSION_DELETED.into());
        }
        if !self.sessions.contains_key(&id) && self.sessions.len() >= self.settings.max_sessions {
            return Err(NtStatus::INSUFFICIENT_RESOURCES.into());
        }
        Ok(())
    }

    /// Gives the session a channel on this connection, with a signing key of its own, after the user has proved the
    /// identity.
    pub(super) fn join(
        &mut self,
        id: SessionId,
        session: Arc<SessionKeys>,
        facts: &Facts,
        accepted: &Accepted,
        preauth: &PreauthHash,
        host: &mut dyn Host,
    ) -> Result<SessionFlags, NtStatus> {
        let signing = accepted.session_key.signing_key(context(facts, preauth), facts.signing, Role::Server);
        let signing = Arc::new(signing.map_err(|_| NtStatus::INTERNAL_ERROR)?);
        host.bound(id, &accepted.claim)?;
        let signing_required =
            session.signing_required || self.negotiated.as_ref().is_some_and(Negotiated::wants_signing);
        self.establish(id, Keys { signing, signing_required, can_waive_signing: false, session })?;
        Ok(SessionFlags::empty())
    }
}

/// Returns whether the session's key has signed the request, which is alone in its frame.
fn is_of(keys: &SessionKeys, packet: &Packet<'_>) -> Result<(), Refusal> {
    let header = &packet.header;
    if !header.flags.contains(HeaderFlags::SIGNED)
        || header.flags.contains(HeaderFlags::RELATED_OPERATIONS)
        || header.next_command != 0
    {
        return Err(Refusal::Unsigned(NtStatus::INVALID_PARAMETER));
    }
    keys.signing.verify(packet.bytes).map_err(|_| Refusal::Unsigned(NtStatus::ACCESS_DENIED))
}

impl Negotiated {
    /// Returns whether the client requires signing.
    pub(super) fn wants_signing(&self) -> bool {
        self.client_security.contains(SecurityMode::SIGNING_REQUIRED)
    }
}
