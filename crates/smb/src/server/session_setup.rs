use std::sync::Arc;

use netsession_wire::NtStatus;

use super::connection::{Connection, Facts, Fatal};
use super::host::{Host, LoggedOn};
use super::output::Output;
use super::reply::{Outcome, Reply};
use super::session::{Keys, Logon, Session, SessionKeys, State};
use super::settings::Encryption;
use crate::auth::ntlm::{Accepted, Claim};
use crate::auth::spnego::{self, Progress};
use crate::auth::{AuthError, Inputs};
use crate::crypto::{
    CryptoError, DecryptionKey, EncryptionKey, KeyContext, NonceSeed, PreauthHash, Role, SigningKey,
};
use crate::msg::{
    Dialect, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupFlags, SessionSetupRequest,
    SessionSetupResponse,
};

/// What a step of a logon is answered with.
pub(super) enum Step {
    /// A token, and more to come.
    Continue(Vec<u8>),
    /// Done.
    Done(SessionFlags, Vec<u8>),
}

impl Connection {
    /// Takes one step of a logon ([MS-SMB2] 3.3.5.5).
    pub(super) fn session_setup(
        &mut self,
        packet: &Packet<'_>,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Result<Outcome, Fatal> {
        let facts = self.facts().ok_or(Fatal::OutOfTurn)?;
        let request = packet.body::<SessionSetupRequest>().map_err(|_| NtStatus::INVALID_PARAMETER);
        if let Ok(request) = &request
            && request.flags.contains(SessionSetupFlags::BINDING)
        {
            return self.bind(packet, request, &facts, host, output, start);
        }
        let begun = request.and_then(|request| Ok((self.begin(packet, host)?, request)));
        let stepped = match begun {
            Err(status) => Err((SessionId::NONE, status)),
            Ok((id, request)) => match self.step(id, &request, &facts, host) {
                Ok(step) => Ok((id, step)),
                Err(status) => {
                    self.give_up(id, host);
                    Err((id, status))
                }
            },
        };
        let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
        match stepped {
            Err((id, status)) => {
                reply.error(status);
                Ok(reply.outcome(id))
            }
            Ok((id, Step::Done(session_flags, security_buffer))) => {
                let mut reply = reply.of_session(id);
                reply.ok(&SessionSetupResponse { session_flags, security_buffer });
                Ok(reply.outcome(id))
            }
            Ok((id, Step::Continue(security_buffer))) => {
                let mut reply = reply.of_session(id);
                let session_flags = SessionFlags::empty();
                let body = SessionSetupResponse { session_flags, security_buffer };
                reply.send(NtStatus::MORE_PROCESSING_REQUIRED, &body);
                let outcome = reply.outcome(id);
                let logon = self.sessions.get_mut(&id).and_then(|session| session.logon.as_mut());
                if let Some(logon) = logon {
                    logon.preauth.update(output.from(start));
                }
                Ok(outcome)
            }
        }
    }

    /// Finds or makes the session that the request is about, with a logon under way.
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
        // What began as a binding does not become a logon of its own.
        let binds = |logon: &Logon| logon.binding.is_some();
        let is_own = |session: &Session| !session.logon.as_ref().is_some_and(binds);
        if !self.sessions.get(&id).is_some_and(is_own) {
            return Err(NtStatus::USER_SESSION_DELETED);
        }
        self.logon(id, None).preauth.update(packet.bytes);
        Ok(id)
    }

    /// Has the oldest logon give way where too many are half done: whoever begins them need not have a password.
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

    /// The logon of a session that is under way, or a new one.
    pub(super) fn logon(&mut self, id: SessionId, binding: Option<Arc<SessionKeys>>) -> &mut Logon {
        let (preauth, names) = (&self.preauth, &self.settings.names);
        self.sessions.entry(id).or_default().logon.get_or_insert_with(|| Logon {
            acceptor: spnego::Server::new(names.clone()),
            preauth: preauth.clone(),
            binding,
        })
    }

    pub(super) fn step(
        &mut self,
        id: SessionId,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        let mut logon = session.logon.take().ok_or(NtStatus::INVALID_PARAMETER)?;
        let (filetime, mut drawn) = (host.now().0.unsigned_abs(), [0; 32]);
        host.random(&mut drawn);
        let mut random = |bytes: &mut [u8]| {
            bytes.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
            Ok(())
        };
        let mut claimed: Option<Claim> = None;
        let progress = logon.acceptor.step(
            &request.security_buffer,
            &mut Inputs::new(filetime, &mut random),
            &mut |claim| {
                claimed = Some(claim.clone());
                host.account(claim)
            },
        );
        match progress {
            Ok(Progress::Continue(token)) => {
                session.logon = Some(logon);
                Ok(Step::Continue(token))
            }
            Ok(Progress::Accepted { accepted, token }) => {
                let flags = match logon.binding {
                    Some(session) => self.join(id, session, facts, &accepted, &logon.preauth, host)?,
                    None => self.set_up(id, request, facts, &accepted, &logon.preauth, host)?,
                };
                Ok(Step::Done(flags, token))
            }
            Err(error) => {
                host.logon_failed(claimed.as_ref());
                Err(status(&error))
            }
        }
    }

    /// The user has proved who it is: the session gets its keys.
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
        let signed = self.settings.signing_required
            || negotiated.wants_signing()
            || request.security_mode.contains(SecurityMode::SIGNING_REQUIRED);
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
                self.establish(id, Keys { signing, signing_required: signed, session: shared })?;
            }
        }
        let mut flags = SessionFlags::empty();
        flags.set(SessionFlags::ENCRYPT_DATA, encrypt);
        Ok(flags)
    }

    /// The session has its keys on this connection.
    pub(super) fn establish(&mut self, id: SessionId, keys: Keys) -> Result<(), NtStatus> {
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        (session.keys, session.state) = (Some(keys), State::Valid);
        Ok(())
    }

    /// A logon that fails leaves no session, and ends the one that it should have renewed ([MS-SMB2] 3.3.5.5.3).
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

/// What keys are derived with.
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
    let session_key = accepted.session_key();
    let signing = session_key.signing_key(context, facts.signing, Role::Server)?;
    let cipher = facts.cipher.map(|cipher| session_key.cipher_keys(context, cipher, Role::Server, seed));
    Ok((signing, cipher.transpose()?))
}

/// What a client is told of a failed logon: no more than it has to know.
fn status(error: &AuthError) -> NtStatus {
    match error {
        AuthError::Decode(_) | AuthError::OutOfTurn(_) => NtStatus::INVALID_PARAMETER,
        AuthError::NoCommonMechanism => NtStatus::NOT_SUPPORTED,
        _ => NtStatus::LOGON_FAILURE,
    }
}
