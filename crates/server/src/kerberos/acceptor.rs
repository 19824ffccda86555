use std::fmt;

use netsession_gssapi::{Acceptor as GssAcceptor, Error as GssError, Established, MECHANISM_NAMES};
use netsession_smb::auth::spnego::Oid;
use netsession_smb::auth::{
    self, Accepted, AcceptorStep, AuthError, Claim, Inputs, MechanismError, Proof, Verifier,
};
use netsession_smb::crypto::SessionKey;

use super::Keytab;
use super::keytab::is_file_service;

/// The identifiers of Kerberos.
static OIDS: [Oid<'static>; 2] = [Oid(MECHANISM_NAMES[0]), Oid(MECHANISM_NAMES[1])];

/// The server's side of a logon with Kerberos.
pub(crate) struct Acceptor {
    keytab: Keytab,
    state: State,
}

enum State {
    Start,
    /// The ticket is verified; this token goes to the client.
    Verified(GssAcceptor, Option<Vec<u8>>),
    Accepted(GssAcceptor),
    Over,
}

/// A ticket for another service than that of a file server.
#[derive(Debug, thiserror::Error)]
#[error("the ticket is for {0}")]
struct OtherService(String);

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("keytab", &self.keytab).finish_non_exhaustive()
    }
}

impl Acceptor {
    pub(crate) const fn new(keytab: Keytab) -> Self {
        Self { keytab, state: State::Start }
    }

    fn established(&self) -> Option<&Established> {
        match &self.state {
            State::Verified(gss, _) | State::Accepted(gss) => gss.established(),
            State::Start | State::Over => None,
        }
    }
}

/// No other mechanism follows on a server.
fn failed(error: GssError) -> AuthError {
    MechanismError::without_fallback(error).into()
}

impl auth::Acceptor for Acceptor {
    fn oids(&self) -> &'static [Oid<'static>] {
        &OIDS
    }

    fn may_block(&self) -> bool {
        true
    }

    fn step(&mut self, token: &[u8], _: &mut Inputs<'_>) -> Result<AcceptorStep, AuthError> {
        let State::Start = std::mem::replace(&mut self.state, State::Over) else {
            return Err(AuthError::OutOfTurn("Kerberos"));
        };
        let credential = self.keytab.credential().map_err(failed)?;
        let mut gss = GssAcceptor::new(credential);
        let step = gss.step(token).map_err(failed)?;
        // A client of SMB sends one token. Only DCE/RPC has a third leg.
        let established = gss.established().ok_or(AuthError::OutOfTurn("Kerberos"))?;
        let service = established.service();
        if !service.split_once('/').is_some_and(|(name, _)| is_file_service(name)) {
            let error = OtherService(service.to_owned());
            return Err(MechanismError::without_fallback(error).into());
        }
        let claim = Claim { proof: Proof::Ticket, ..Claim::of_user(established.principal()) };
        self.state = State::Verified(gss, step.token);
        Ok(AcceptorStep::Claimed(claim))
    }

    fn verify(&mut self, verifier: &Verifier) -> Result<Accepted, AuthError> {
        let (gss, token) = match (std::mem::replace(&mut self.state, State::Over), verifier) {
            (State::Verified(gss, token), Verifier::Ticket) => (gss, token),
            (State::Verified(..), _) => return Err(AuthError::LogonFailure),
            _ => return Err(AuthError::OutOfTurn("Kerberos")),
        };
        let established = gss.established().ok_or(AuthError::OutOfTurn("Kerberos"))?;
        let accepted = Accepted {
            claim: Claim { proof: Proof::Ticket, ..Claim::of_user(established.principal()) },
            target_name: Some(established.service().to_owned()),
            session_key: SessionKey::new(established.session_key()),
            token,
        };
        self.state = State::Accepted(gss);
        Ok(accepted)
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Established::mic_of(self.established(), message)
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let is_right = Established::has_signed(self.established(), message, mic);
        if is_right { Ok(()) } else { Err(AuthError::WrongMechListMic) }
    }
}
