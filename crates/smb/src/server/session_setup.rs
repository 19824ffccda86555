//! SESSION_SETUP: logons, and the keys of the sessions ([MS-SMB2] 3.3.5.5).
//!
//! A [`Step`] is the answer of one round. With [`SetUp::Waits`] there is no answer until the host has decided.

use std::sync::Arc;

use netsession_wire::NtStatus;

use super::connection::Connection;
use super::facts::Facts;
use super::fatal::Fatal;
use super::host::{Decision, Host, LoggedOn};
use super::output::Output;
use super::reply::{Outcome, Reply};
use super::session::{Keys, Logon, Session, SessionKeys, State, WaitingLogon};
use super::settings::Encryption;
use crate::auth::spnego::{self, Progress, Verified};
use crate::auth::{Accepted, AuthError, Claim, Inputs};
use crate::crypto::{
    CryptoError, DecryptionKey, EncryptionKey, KeyContext, NonceSeed, PreauthHash, Role, SigningKey,
};
use crate::msg::{
    Dialect, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupFlags, SessionSetupRequest,
    SessionSetupResponse,
};

/// The answer to a step of a logon.
pub(super) enum Step {
    /// A token of an exchange that continues.
    Continue(Vec<u8>),
    /// The logon is complete.
    Done(SessionFlags, Vec<u8>),
    /// The logon waits for the host's decision on this claim.
    Wait(Claim),
}

/// The outcome of a SESSION_SETUP request.
pub(super) enum SetUp {
    /// It was answered.
    Answered(Outcome),
    /// It waits.
    Waits(WaitingLogon),
}

/// A logon that has waited, and the decision that it has waited for.
pub(super) type Resumed = Option<(WaitingLogon, Decision)>;

impl Connection {
    /// Takes one step of a logon ([MS-SMB2] 3.3.5.5), or continues one that has waited.
    pub(super) fn session_setup(
        &mut self,
        packet: &Packet<'_>,
        resumed: Resumed,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Result<SetUp, Fatal> {
        let facts = self.facts().ok_or(Fatal::OutOfTurn)?;
        let request = packet.body::<SessionSetupRequest>().map_err(|_| NtStatus::INVALID_PARAMETER);
        if let Ok(request) = &request
            && request.flags.contains(SessionSetupFlags::BINDING)
        {
            return self.bind(packet, request, &facts, resumed, host, output, start);
        }
        let stepped = match request {
            Err(status) => Err((SessionId::NONE, status)),
            Ok(request) => self.logon_step(packet, &request, &facts, resumed, host),
        };
        Ok(match stepped {
            Ok((session, Step::Wait(claim))) => SetUp::Waits(WaitingLogon { session, claim }),
            Ok((id, step)) => SetUp::Answered(self.answer_step(packet, id, step, output, start)),
            Err((id, status)) => {
                let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
                reply.error(status);
                SetUp::Answered(reply.outcome(id))
            }
        })
    }

    /// Takes the step, and abandons a logon that fails.
    fn logon_step(
        &mut self,
        packet: &Packet<'_>,
        request: &SessionSetupRequest,
        facts: &Facts,
        resumed: Resumed,
        host: &mut dyn Host,
    ) -> Result<(SessionId, Step), (SessionId, NtStatus)> {
        let (id, stepped) = match resumed {
            Some((waiting, decision)) => {
                (waiting.session, self.resume_step(waiting, decision, request, facts, host))
            }
            None => {
                let id = self.begin(packet, host).map_err(|status| (SessionId::NONE, status))?;
                (id, self.step(id, request, facts, host))
            }
        };
        stepped.map(|step| (id, step)).map_err(|status| {
            self.give_up(id, host);
            (id, status)
        })
    }

    /// Answers a step that did not fail.
    fn answer_step(
        &mut self,
        packet: &Packet<'_>,
        id: SessionId,
        step: Step,
        output: &mut Output,
        start: usize,
    ) -> Outcome {
        let mut reply = Reply::to(&packet.header, output, start, &mut self.window).of_session(id);
        match step {
            Step::Done(session_flags, security_buffer) => {
                reply.ok(&SessionSetupResponse { session_flags, security_buffer });
                reply.outcome(id)
            }
            Step::Continue(security_buffer) => {
                let body = SessionSetupResponse { session_flags: SessionFlags::empty(), security_buffer };
                reply.send(NtStatus::MORE_PROCESSING_REQUIRED, &body);
                let outcome = reply.outcome(id);
                let logon = self.sessions.get_mut(&id).and_then(|session| session.logon.as_mut());
                if let Some(logon) = logon {
                    logon.preauth.update(output.from(start));
                }
                outcome
            }
            // The server has not answered it yet.
            Step::Wait(_) => reply.outcome(id),
        }
    }

    /// Returns whether the logon's next step may block.
    pub(super) fn logon_may_block(&self, packet: &Packet<'_>, host: &mut dyn Host) -> bool {
        let Ok(request) = packet.body::<SessionSetupRequest>() else { return false };
        let token = &request.security_buffer;
        let underway =
            self.sessions.get(&packet.header.session_id).and_then(|session| session.logon.as_ref());
        match underway {
            Some(logon) => logon.acceptor.may_block(token),
            None => spnego::Server::new(host.acceptors(&self.settings)).may_block(token),
        }
    }

    /// Finds or makes the session of the request, with a logon in progress.
    fn begin(&mut self, packet: &Packet<'_>, host: &mut dyn Host) -> Result<SessionId, NtStatus> {
        let id = match packet.header.session_id {
            SessionId::NONE => {
                if self.sessions.len() >= self.settings.max_sessions {
                    return Err(NtStatus::INSUFFICIENT_RESOURCES);
                }
                self.make_room_for_logon();
                let id = host.session_id();
                self.sessions.insert(id, Session::default());
                id
            }
            id => id,
        };
        // A binding never becomes a logon of its own.
        let binds = |logon: &Logon| logon.binding.is_some();
        let is_own = |session: &Session| !session.logon.as_ref().is_some_and(binds);
        if !self.sessions.get(&id).is_some_and(is_own) {
            return Err(NtStatus::USER_SESSION_DELETED);
        }
        self.logon(id, None, host).preauth.update(packet.bytes);
        Ok(id)
    }

    /// Drops the oldest unfinished logon if there are too many: a client needs no password to begin one.
    pub(super) fn make_room_for_logon(&mut self) {
        let half_done =
            |(id, session): (&SessionId, &Session)| (session.state == State::InProgress).then_some(*id);
        let mut half_done: Vec<SessionId> = self.sessions.iter().filter_map(half_done).collect();
        if half_done.len() >= self.settings.max_logons {
            // Their numbers ascend.
            half_done.sort_unstable();
            half_done.first().map(|oldest| self.sessions.remove(oldest));
        }
    }

    /// Returns the logon in progress of a session, or a new one.
    pub(super) fn logon(
        &mut self,
        id: SessionId,
        binding: Option<Arc<SessionKeys>>,
        host: &mut dyn Host,
    ) -> &mut Logon {
        let (preauth, settings) = (&self.preauth, &self.settings);
        self.sessions.entry(id).or_default().logon.get_or_insert_with(|| Logon {
            acceptor: spnego::Server::new(host.acceptors(settings)),
            preauth: preauth.clone(),
            binding,
        })
    }

    /// Gives the acceptor the client's token.
    pub(super) fn step(
        &mut self,
        id: SessionId,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let mut logon = self.take_logon(id, NtStatus::INVALID_PARAMETER)?;
        if logon.acceptor.is_unconfirmed() {
            let accepted = logon.acceptor.confirm(&request.security_buffer).map_err(|error| {
                host.logon_failed(None, Some(&error));
                status(&error)
            })?;
            return self.finish_logon(id, &logon, accepted, request, facts, host);
        }
        let filetime = host.now().0.unsigned_abs();
        let mut random = |bytes: &mut [u8]| {
            host.random(bytes);
            Ok(())
        };
        let inputs = &mut Inputs::new(filetime, &mut random);
        match logon.acceptor.step(&request.security_buffer, inputs) {
            Ok(Progress::Continue(token)) => {
                self.put_logon_back(id, logon);
                Ok(Step::Continue(token))
            }
            Ok(Progress::Claimed(claim)) => {
                let decision = host.decide(&claim);
                let waiting = WaitingLogon { session: id, claim };
                self.carry_out(waiting, logon, decision, request, facts, host)
            }
            Err(error) => {
                host.logon_failed(None, Some(&error));
                Err(status(&error))
            }
        }
    }

    /// Continues a logon that has waited. The server may have ended its session meanwhile.
    pub(super) fn resume_step(
        &mut self,
        waiting: WaitingLogon,
        decision: Decision,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let logon = self.take_logon(waiting.session, NtStatus::USER_SESSION_DELETED)?;
        self.carry_out(waiting, logon, decision, request, facts, host)
    }

    /// Carries out the host's decision on a claim.
    fn carry_out(
        &mut self,
        WaitingLogon { session: id, claim }: WaitingLogon,
        mut logon: Logon,
        decision: Decision,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let verified = match decision {
            Decision::Wait => {
                self.put_logon_back(id, logon);
                return Ok(Step::Wait(claim));
            }
            Decision::Refuse(status) => {
                host.logon_failed(Some(&claim), None);
                return Err(status);
            }
            Decision::Verify(verifier) => logon.acceptor.verify(&verifier).map_err(|error| {
                host.logon_failed(Some(&claim), Some(&error));
                status(&error)
            })?,
        };
        match verified {
            Verified::Accepted(accepted) => self.finish_logon(id, &logon, accepted, request, facts, host),
            Verified::Unconfirmed(token) => {
                self.put_logon_back(id, logon);
                Ok(Step::Continue(token))
            }
        }
    }

    /// Sets up the session of a client that is accepted, or binds it.
    fn finish_logon(
        &mut self,
        id: SessionId,
        logon: &Logon,
        accepted: Accepted,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let flags = match &logon.binding {
            Some(session) => self.join(id, Arc::clone(session), facts, &accepted, &logon.preauth, host)?,
            None => self.set_up(id, request, facts, &accepted, &logon.preauth, host)?,
        };
        Ok(Step::Done(flags, accepted.token.unwrap_or_default()))
    }

    fn take_logon(&mut self, id: SessionId, missing: NtStatus) -> Result<Logon, NtStatus> {
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        session.logon.take().ok_or(missing)
    }

    fn put_logon_back(&mut self, id: SessionId, logon: Logon) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.logon = Some(logon);
        }
    }

    /// Gives the session its keys, after the user has proved the identity.
    fn set_up(
        &mut self,
        id: SessionId,
        request: &SessionSetupRequest,
        facts: &Facts,
        accepted: &Accepted,
        preauth: &PreauthHash,
        host: &mut dyn Host,
    ) -> Result<SessionFlags, NtStatus> {
        let negotiated = self.negotiated.as_ref().ok_or(NtStatus::INVALID_PARAMETER)?;
        let client_signs =
            negotiated.wants_signing() || request.security_mode.contains(SecurityMode::SIGNING_REQUIRED);
        let signed = self.settings.signing_required || client_signs;
        let encrypt = self.settings.encryption == Encryption::Required;
        let keyed = self.sessions.get(&id).and_then(|session| session.keys.as_ref());
        let again = keyed.map(|keys| Arc::clone(&keys.session));
        let logged_on = LoggedOn {
            session: id,
            claim: accepted.claim.clone(),
            previous: request.previous_session_id,
            dialect: facts.dialect,
            signed,
            encrypted: encrypt,
            again: again.is_some(),
        };
        match again {
            Some(keys) => host.logged_on(&logged_on, &keys)?,
            None => {
                let mut seed = [0; 12];
                host.random(&mut seed);
                let (signing, cipher) =
                    keys(facts, accepted, preauth, NonceSeed(seed)).map_err(|_| NtStatus::INTERNAL_ERROR)?;
                let shared = Arc::new(SessionKeys {
                    facts: *facts,
                    server_capabilities: negotiated.server_capabilities,
                    signing: Arc::new(signing),
                    cipher,
                    signing_required: signed,
                    encrypt,
                });
                host.logged_on(&logged_on, &shared)?;
                let signing = Arc::clone(&shared.signing);
                // A client of 3.1.1 signs its TREE_CONNECT in any case (3.3.5.7).
                let can_waive_signing = !client_signs && facts.dialect < Dialect::SMB_3_1_1;
                self.establish(
                    id,
                    Keys { signing, signing_required: signed, can_waive_signing, session: shared },
                )?;
            }
        }
        let mut flags = SessionFlags::empty();
        flags.set(SessionFlags::ENCRYPT_DATA, encrypt);
        Ok(flags)
    }

    /// Gives the session its keys on this connection.
    pub(super) fn establish(&mut self, id: SessionId, keys: Keys) -> Result<(), NtStatus> {
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        (session.keys, session.state) = (Some(keys), State::Valid);
        Ok(())
    }

    /// A failed logon leaves no session, and ends the one that it should have renewed ([MS-SMB2] 3.3.5.5.3).
    fn give_up(&mut self, id: SessionId, host: &mut dyn Host) {
        match self.sessions.get(&id).map(|session| session.state) {
            Some(State::InProgress) => drop(self.sessions.remove(&id)),
            Some(State::Valid) => {
                self.end_session(id);
                host.logged_off(id);
            }
            Some(State::Ended) | None => {}
        }
    }
}

/// Returns the context for the derivation of keys.
pub(super) fn context<'a>(facts: &Facts, preauth: &'a PreauthHash) -> KeyContext<'a> {
    match facts.dialect {
        Dialect::SMB_3_1_1 => KeyContext::Smb311(preauth),
        Dialect::SMB_3_0 | Dialect::SMB_3_0_2 => KeyContext::Smb30,
        _ => KeyContext::Smb2,
    }
}

type Pair = (EncryptionKey, DecryptionKey);

fn keys(
    facts: &Facts,
    accepted: &Accepted,
    preauth: &PreauthHash,
    seed: NonceSeed,
) -> Result<(SigningKey, Option<Pair>), CryptoError> {
    let context = context(facts, preauth);
    let session_key = &accepted.session_key;
    let signing = session_key.signing_key(context, facts.signing, Role::Server)?;
    let cipher = facts.cipher.map(|cipher| session_key.cipher_keys(context, cipher, Role::Server, seed));
    Ok((signing, cipher.transpose()?))
}

/// Returns the status of a failed logon, which tells the client no more than it needs.
fn status(error: &AuthError) -> NtStatus {
    match error {
        AuthError::Decode(_) | AuthError::OutOfTurn(_) => NtStatus::INVALID_PARAMETER,
        AuthError::NoCommonMechanism => NtStatus::NOT_SUPPORTED,
        AuthError::NtlmBlocked => NtStatus::NTLM_BLOCKED,
        _ => NtStatus::LOGON_FAILURE,
    }
}
