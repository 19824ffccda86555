//! SESSION_SETUP: logging on, and the keys of the session ([MS-SMB2] 3.2.4.2.3, 3.2.5.3.1).

use netsession_wire::NtStatus;

use super::pending::Purpose;
use super::session::Session;
use super::{Client, Encryption, Error, Event, Negotiated, Stage, Violation, validate};
use crate::auth::spnego::{self, Action};
use crate::auth::{AuthError, FinishedStep, Mechanism, MechanismStep};
use crate::crypto::{KeyContext, NonceSeed, PreauthHash, Role, SessionKey};
use crate::msg::{
    Capabilities, Dialect, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupFlags,
    SessionSetupRequest, SessionSetupResponse, TreeId,
};

const NOT_BEGUN: AuthError = AuthError::OutOfTurn("an answer before the first token");
const NO_KEY: AuthError = AuthError::OutOfTurn("a login without a session key");

/// A login that waits for the negotiation, or is in progress.
pub(super) struct Login {
    mechanisms: Vec<Box<dyn Mechanism>>,
    pub(super) spnego: Option<spnego::Client>,
    step: LoginStep,
    /// The server's final response. The client verifies its signature once the mechanism has the key.
    accepted: Option<Vec<u8>>,
    pub(super) session_id: SessionId,
    /// `Session.PreauthIntegrityHashValue`.
    pub(super) preauth: PreauthHash,
}

/// The step of a mechanism that the login waits for.
enum LoginStep {
    None,
    /// The program has not fetched it yet.
    Due(MechanismStep),
    /// The program runs it.
    Underway,
}

impl Client {
    /// Asks for the first token.
    pub(super) fn start_login(&mut self) -> Result<(), Error> {
        let login = self.login.as_mut().ok_or(Error::NoSession)?;
        login.preauth = self.preauth.clone();
        let hint = self.negotiated.as_ref().map_or(&[][..], |negotiated| &negotiated.security_buffer);
        let mechanisms = std::mem::take(&mut login.mechanisms);
        let action = login.spnego.insert(spnego::Client::new(mechanisms, hint)?).start()?;
        self.perform(action)
    }

    /// Carries out what SPNEGO asks for.
    fn perform(&mut self, action: Action) -> Result<(), Error> {
        match action {
            Action::Step(step) => {
                let login = self.login.as_mut().ok_or(NOT_BEGUN)?;
                login.step = LoginStep::Due(step);
                Ok(())
            }
            Action::Send(token) => self.send_token(token),
            Action::Done => self.establish_session(),
        }
    }

    /// Takes the result of a step; ignores a step that belongs to no login in progress.
    pub(super) fn use_finished_step(&mut self, finished: FinishedStep) -> Result<(), Error> {
        let Some(login) = &mut self.login else { return Ok(()) };
        let Some(spnego) = &mut login.spnego else { return Ok(()) };
        match spnego.finish_step(finished)? {
            Some(action) => {
                login.step = LoginStep::None;
                self.perform(action)
            }
            None => Ok(()),
        }
    }

    fn send_token(&mut self, security_buffer: Vec<u8>) -> Result<(), Error> {
        let request = SessionSetupRequest {
            flags: SessionSetupFlags::empty(),
            security_mode: SecurityMode::SIGNING_ENABLED | SecurityMode::SIGNING_REQUIRED,
            capabilities: Capabilities::empty(),
            previous_session_id: SessionId::NONE,
            security_buffer,
        };
        self.send_own(TreeId::NONE, &request, Purpose::SessionSetup)
    }

    pub(super) fn session_setup_answered(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let status = packet.header.status;
        match status {
            NtStatus::SUCCESS => self.login_accepted(packet),
            NtStatus::MORE_PROCESSING_REQUIRED => self.login_continues(packet),
            _ => Err(Error::Refused { stage: Stage::SessionSetup, status }),
        }
    }

    fn login_continues(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let response: SessionSetupResponse = packet.body()?;
        let login = self.login.as_mut().ok_or(Violation::WrongCommand)?;
        login.note_session(packet.header.session_id)?;
        login.preauth.update(packet.bytes);
        let action = login.spnego.as_mut().ok_or(NOT_BEGUN)?.step(&response.security_buffer)?;
        self.perform(action)
    }

    fn login_accepted(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let response: SessionSetupResponse = packet.body()?;
        let login = self.login.as_mut().ok_or(Violation::WrongCommand)?;
        let negotiated = self.negotiated.as_ref().ok_or(Violation::WrongCommand)?;
        login.note_session(packet.header.session_id)?;
        if response.session_flags.contains(SessionFlags::IS_GUEST) {
            return Err(Error::Guest);
        }
        if response.session_flags.contains(SessionFlags::IS_NULL) {
            return Err(Error::Anonymous);
        }
        let demanded = response.session_flags.contains(SessionFlags::ENCRYPT_DATA);
        let required = self.config.encryption == Encryption::Required;
        if negotiated.cipher.is_none() && (demanded || required) {
            return Err(if demanded { Error::EncryptionDemanded } else { Error::EncryptionNotOffered });
        }
        login.accepted = Some(packet.bytes.to_vec());
        let action = login.spnego.as_mut().ok_or(NOT_BEGUN)?.finish(&response.security_buffer)?;
        self.perform(action)
    }

    /// Derives the session's keys, and verifies the signature of the response that set it up.
    fn establish_session(&mut self) -> Result<(), Error> {
        let login = self.login.take().ok_or(Violation::WrongCommand)?;
        let negotiated = self.negotiated.as_ref().ok_or(Violation::WrongCommand)?;
        let spnego = login.spnego.as_ref().ok_or(NOT_BEGUN)?;
        let key = spnego.session_key().ok_or(NO_KEY)?;
        let mut session = keys(negotiated, &login, key, NonceSeed(self.entropy.nonce_seed))?;
        session.validated = !validate::is_due(&self.config, negotiated);
        session.verify(login.accepted.as_ref().ok_or(NOT_BEGUN)?)?;
        self.session = Some(session);
        self.server = spnego.server().cloned();
        self.skipped = spnego.skipped().to_vec();
        self.events.push_back(Event::LoggedIn);
        Ok(())
    }
}

impl Login {
    pub(super) fn new(mechanisms: Vec<Box<dyn Mechanism>>) -> Self {
        Self {
            mechanisms,
            spnego: None,
            step: LoginStep::None,
            accepted: None,
            session_id: SessionId::NONE,
            preauth: PreauthHash::new(),
        }
    }

    /// Returns the step that is due.
    pub(super) fn take_step(&mut self) -> Option<MechanismStep> {
        if !matches!(self.step, LoginStep::Due(_)) {
            return None;
        }
        match std::mem::replace(&mut self.step, LoginStep::Underway) {
            LoginStep::Due(step) => Some(step),
            LoginStep::None | LoginStep::Underway => None,
        }
    }

    /// Whether the login waits for a step rather than for the server.
    pub(super) const fn waits_for_step(&self) -> bool {
        !matches!(self.step, LoginStep::None)
    }

    /// The first answer has the id of the session; the others must have the same id.
    fn note_session(&mut self, id: SessionId) -> Result<(), Violation> {
        let is_named = self.session_id != SessionId::NONE;
        if id == SessionId::NONE || is_named && self.session_id != id {
            return Err(Violation::WrongSession);
        }
        self.session_id = id;
        Ok(())
    }
}

fn keys(
    negotiated: &Negotiated,
    login: &Login,
    key: &SessionKey,
    nonce_seed: NonceSeed,
) -> Result<Session, Error> {
    let context = match negotiated.dialect {
        Dialect::SMB_3_1_1 => KeyContext::Smb311(&login.preauth),
        dialect if dialect >= Dialect::SMB_3_0 => KeyContext::Smb30,
        _ => KeyContext::Smb2,
    };
    let signing = key.signing_key(context, negotiated.signing, Role::Client)?;
    let cipher = match negotiated.cipher {
        Some(cipher) => Some(key.cipher_keys(context, cipher, Role::Client, nonce_seed)?),
        None => None,
    };
    let encrypt = cipher.is_some();
    let id = login.session_id;
    Ok(Session { id, signing, cipher, encrypt, encrypted_trees: Vec::new(), validated: false })
}
