use netsession_wire::NtStatus;

use super::connection::{Connection, Facts, Fatal};
use super::host::{Host, LoggedOn};
use super::output::Output;
use super::reply::{Outcome, Reply};
use super::session::{Keys, Logon, Session, State};
use super::settings::Encryption;
use crate::auth::ntlm::{Accepted, Claim};
use crate::auth::spnego::{self, Progress};
use crate::auth::{AuthError, Inputs};
use crate::crypto::{KeyContext, NonceSeed, PreauthHash, Role};
use crate::msg::{
    Dialect, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupFlags, SessionSetupRequest,
    SessionSetupResponse,
};

/// What a step of a logon is answered with.
enum Step {
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
        let begun = packet
            .body::<SessionSetupRequest>()
            .map_err(|_| NtStatus::INVALID_PARAMETER)
            .and_then(|request| Ok((self.begin(packet, &request, host)?, request)));
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
    fn begin(
        &mut self,
        packet: &Packet<'_>,
        request: &SessionSetupRequest,
        host: &mut dyn Host,
    ) -> Result<SessionId, NtStatus> {
        if request.flags.contains(SessionSetupFlags::BINDING) {
            // One session over several connections is not offered.
            return Err(NtStatus::REQUEST_NOT_ACCEPTED);
        }
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
        let preauth = &self.preauth;
        let names = &self.settings.names;
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        let logon = session.logon.get_or_insert_with(|| Logon {
            acceptor: spnego::Server::new(names.clone()),
            preauth: preauth.clone(),
        });
        logon.preauth.update(packet.bytes);
        Ok(id)
    }

    /// Has the oldest logon give way where too many are half done: whoever begins them need not have a password.
    fn make_room_for_logon(&mut self) {
        let half_done =
            |(id, session): (&SessionId, &Session)| (session.state == State::InProgress).then_some(*id);
        let mut half_done: Vec<SessionId> = self.sessions.iter().filter_map(half_done).collect();
        if half_done.len() >= self.settings.max_logons {
            // Their numbers ascend.
            half_done.sort_unstable();
            half_done.first().map(|oldest| self.sessions.remove(oldest));
        }
    }

    fn step(
        &mut self,
        id: SessionId,
        request: &SessionSetupRequest,
        facts: &Facts,
        host: &mut dyn Host,
    ) -> Result<Step, NtStatus> {
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        let mut logon = session.logon.take().ok_or(NtStatus::INVALID_PARAMETER)?;
        let mut inputs = Inputs { filetime: host.now().0.unsigned_abs(), random: [0; 32] };
        host.random(&mut inputs.random);
        let mut claimed: Option<Claim> = None;
        let progress = logon.acceptor.step(&request.security_buffer, &inputs, &mut |claim| {
            claimed = Some(claim.clone());
            host.account(claim)
        });
        match progress {
            Ok(Progress::Continue(token)) => {
                session.logon = Some(logon);
                Ok(Step::Continue(token))
            }
            Ok(Progress::Accepted { accepted, token }) => {
                let flags = self.set_up(id, request, facts, &accepted, &logon.preauth, host)?;
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
        let client_requires = |mode: SecurityMode| mode.contains(SecurityMode::SIGNING_REQUIRED);
        let negotiated = self.negotiated.as_ref().ok_or(NtStatus::INVALID_PARAMETER)?;
        let signed = self.settings.signing_required
            || client_requires(negotiated.client_security)
            || client_requires(request.security_mode);
        let encrypt = self.settings.encryption == Encryption::Required;
        let session = self.sessions.get_mut(&id).ok_or(NtStatus::USER_SESSION_DELETED)?;
        let again = session.state == State::Valid;
        let logged_on = LoggedOn {
            session: id,
            claim: accepted.claim.clone(),
            previous: request.previous_session_id,
            dialect: facts.dialect,
            signed,
            encrypted: encrypt,
            again,
        };
        host.logged_on(&logged_on)?;
        if !again {
            let mut seed = [0; 12];
            host.random(&mut seed);
            let keys =
                keys(facts, accepted, preauth, NonceSeed(seed)).map_err(|_| NtStatus::INTERNAL_ERROR)?;
            session.keys = Some(Keys { signing_required: signed, encrypt, ..keys });
            session.state = State::Valid;
        }
        let mut flags = SessionFlags::empty();
        flags.set(SessionFlags::ENCRYPT_DATA, encrypt);
        Ok(flags)
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

fn keys(
    facts: &Facts,
    accepted: &Accepted,
    preauth: &PreauthHash,
    seed: NonceSeed,
) -> Result<Keys, crate::crypto::CryptoError> {
    let context = match facts.dialect {
        Dialect::SMB_3_1_1 => KeyContext::Smb311(preauth),
        Dialect::SMB_3_0 | Dialect::SMB_3_0_2 => KeyContext::Smb30,
        _ => KeyContext::Smb2,
    };
    let session_key = accepted.session_key();
    let signing = session_key.signing_key(context, facts.signing, Role::Server)?;
    let cipher = facts.cipher.map(|cipher| session_key.cipher_keys(context, cipher, Role::Server, seed));
    Ok(Keys { signing, cipher: cipher.transpose()?, signing_required: true, encrypt: false })
}

/// What a client is told of a failed logon: no more than it has to know.
fn status(error: &AuthError) -> NtStatus {
    match error {
        AuthError::Decode(_) | AuthError::OutOfTurn(_) => NtStatus::INVALID_PARAMETER,
        AuthError::NoCommonMechanism => NtStatus::NOT_SUPPORTED,
        _ => NtStatus::LOGON_FAILURE,
    }
}
