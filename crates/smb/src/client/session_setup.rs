//! SESSION_SETUP: logging in, and the keys that come of it ([MS-SMB2] 3.2.4.2.3, 3.2.5.3.1).

use netsession_wire::NtStatus;

use super::pending::Purpose;
use super::session::Session;
use super::{Client, Encryption, Error, Event, Negotiated, Stage, Violation, validate};
use crate::auth::{AuthError, Inputs, Mechanism, spnego};
use crate::crypto::{KeyContext, NonceSeed, PreauthHash, Role, SessionKey};
use crate::msg::{
    Capabilities, Dialect, Packet, SecurityMode, SessionFlags, SessionId, SessionSetupFlags,
    SessionSetupRequest, SessionSetupResponse, TreeId,
};

const NOT_BEGUN: AuthError = AuthError::OutOfTurn("an answer before the first token");

/// A login, waiting for the negotiation or under way.
pub(super) struct Login {
    mechanisms: Vec<Box<dyn Mechanism>>,
    spnego: Option<spnego::Client>,
    inputs: Vec<Inputs>,
    pub(super) session_id: SessionId,
    /// `Session.PreauthIntegrityHashValue`.
    pub(super) preauth: PreauthHash,
}

impl Client {
    /// Sends the first token.
    pub(super) fn start_login(&mut self) -> Result<(), Error> {
        let login = self.login.as_mut().ok_or(Error::NoSession)?;
        login.preauth = self.preauth.clone();
        let hint = self.negotiated.as_ref().map_or(&[][..], |negotiated| &negotiated.security_buffer);
        let token = login.start(hint)?;
        self.send_token(token)
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
        let token = login.step(&response.security_buffer)?;
        self.send_token(token)
    }

    fn login_accepted(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let response: SessionSetupResponse = packet.body()?;
        let mut login = self.login.take().ok_or(Violation::WrongCommand)?;
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
        let key = login.finish(&response.security_buffer)?;
        let mut session = keys(negotiated, &login, &key, NonceSeed(self.entropy.nonce_seed))?;
        session.validated = !validate::is_due(&self.config, negotiated);
        session.verify(packet.bytes)?;
        self.session = Some(session);
        self.server = login.spnego.as_ref().and_then(|spnego| spnego.server().cloned());
        self.events.push_back(Event::LoggedIn);
        Ok(())
    }
}

impl Login {
    pub(super) fn new(mechanisms: Vec<Box<dyn Mechanism>>, inputs: Vec<Inputs>) -> Self {
        let preauth = PreauthHash::new();
        Self { mechanisms, spnego: None, inputs, session_id: SessionId::NONE, preauth }
    }

    /// Offers those of the mechanisms that the server names.
    fn start(&mut self, hint: &[u8]) -> Result<Vec<u8>, AuthError> {
        let inputs = self.inputs()?;
        let mechanisms = std::mem::take(&mut self.mechanisms);
        self.spnego.insert(spnego::Client::new(mechanisms, hint)?).start(&inputs)
    }

    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, AuthError> {
        let inputs = self.inputs()?;
        self.spnego.as_mut().ok_or(NOT_BEGUN)?.step(token, &inputs)
    }

    /// Takes the server's last token, which may be empty, and gives the session's key.
    fn finish(&mut self, token: &[u8]) -> Result<SessionKey, AuthError> {
        let inputs = self.inputs()?;
        let spnego = self.spnego.as_mut().ok_or(NOT_BEGUN)?;
        spnego.finish(token, &inputs)?;
        spnego.session_key().cloned().ok_or(AuthError::OutOfTurn("a login without a session key"))
    }

    fn inputs(&mut self) -> Result<Inputs, AuthError> {
        self.inputs.pop().ok_or(AuthError::OutOfTurn("more steps than were prepared for"))
    }

    /// The first answer names the session; the others must be about the same one.
    fn note_session(&mut self, id: SessionId) -> Result<(), Violation> {
        let named = self.session_id != SessionId::NONE;
        if id == SessionId::NONE || named && self.session_id != id {
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
