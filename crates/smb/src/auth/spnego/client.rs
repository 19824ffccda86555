use std::fmt;

use super::token::encode_mech_types;
use super::{NegState, NegTokenInit, NegTokenResp, Oid};
use crate::auth::{AuthError, Inputs, Mechanism, ServerIdentity};
use crate::crypto::SessionKey;

/// The client's side of an exchange ([RFC 4178] 4 and 5, [MS-SPNG] 3.3).
///
/// [`Self::start`] gives the first token; each token of a server that wants more goes to [`Self::step`], the one
/// that came with its success to [`Self::finish`].
pub struct Client {
    mechanisms: Vec<Box<dyn Mechanism>>,
    selected: usize,
    /// Whether the server has said which mechanism it takes.
    agreed: bool,
    /// Whether the selected mechanism has what it needs.
    complete: bool,
    /// Whether the server's mechListMIC has to be there.
    mic_required: bool,
}

impl Client {
    /// Offers `mechanisms`, the preferred one first. `hint` is the token of the server's NEGOTIATE response
    /// (may be empty): what the server does not list there is not offered to it.
    ///
    /// # Errors
    /// [`AuthError::NoCommonMechanism`].
    pub fn new(mut mechanisms: Vec<Box<dyn Mechanism>>, hint: &[u8]) -> Result<Self, AuthError> {
        if !hint.is_empty() {
            let offered = NegTokenInit::decode(hint)?.mech_types;
            mechanisms.retain(|mechanism| offered.is_empty() || offered.contains(&mechanism.oid()));
        }
        if mechanisms.is_empty() {
            return Err(AuthError::NoCommonMechanism);
        }
        Ok(Self { mechanisms, selected: 0, agreed: false, complete: false, mic_required: false })
    }

    /// The first token: the list of mechanisms with the first token of the preferred one.
    ///
    /// # Errors
    /// Those of the mechanism.
    pub fn start(&mut self, inputs: &Inputs) -> Result<Vec<u8>, AuthError> {
        let mech_token = self.advance(None, inputs)?;
        let mech_types = self.mech_types();
        Ok(NegTokenInit { mech_types, mech_token: mech_token.as_deref(), ..NegTokenInit::default() }.encode())
    }

    /// Answers a token of a server that wants more (STATUS_MORE_PROCESSING_REQUIRED).
    ///
    /// # Errors
    /// [`AuthError::Rejected`], [`AuthError::NoCommonMechanism`], [`AuthError::OutOfTurn`], and those of the
    /// mechanism.
    pub fn step(&mut self, token: &[u8], inputs: &Inputs) -> Result<Vec<u8>, AuthError> {
        let token = NegTokenResp::decode(token)?;
        self.agree(&token)?;
        if self.complete {
            return Err(AuthError::OutOfTurn("the server wants more than the mechanism has"));
        }
        let response_token = self.advance(token.response_token, inputs)?;
        let mech_list_mic = self.complete.then(|| self.mic()).flatten();
        let answer = NegTokenResp {
            response_token: response_token.as_deref(),
            mech_list_mic: mech_list_mic.as_deref(),
            ..NegTokenResp::default()
        };
        Ok(answer.encode())
    }

    /// Takes the token that came with the server's success; it may be empty.
    ///
    /// The session key is already there before, since the message that carries this token is signed with it.
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`] where the server's code is wrong, or missing though it is due;
    /// [`AuthError::OutOfTurn`] where the mechanism is not done.
    pub fn finish(&mut self, token: &[u8], inputs: &Inputs) -> Result<(), AuthError> {
        let token = if token.is_empty() { NegTokenResp::default() } else { NegTokenResp::decode(token)? };
        self.agree(&token)?;
        if !self.complete && self.advance(token.response_token, inputs)?.is_some() {
            return Err(AuthError::OutOfTurn("the server succeeded before the mechanism"));
        }
        if !self.complete {
            return Err(AuthError::OutOfTurn("the server succeeded before the mechanism"));
        }
        match token.mech_list_mic {
            Some(mic) => self.mechanism()?.verify_mic(&encode_mech_types(&self.mech_types()), mic),
            None if self.mic_required => Err(AuthError::WrongMechListMic),
            None => Ok(()),
        }
    }

    /// The session's key, as soon as the mechanism has it.
    #[must_use]
    pub fn session_key(&self) -> Option<&SessionKey> {
        self.mechanisms.get(self.selected)?.session_key()
    }

    /// What the server said of itself, where the mechanism carries that.
    #[must_use]
    pub fn server(&self) -> Option<&ServerIdentity> {
        self.mechanisms.get(self.selected)?.server()
    }

    /// Notes what the server says of the negotiation itself. Only its first token selects a mechanism; a
    /// later one's supportedMech is ignored ([MS-SPNG] 3.3.5).
    fn agree(&mut self, token: &NegTokenResp<'_>) -> Result<(), AuthError> {
        if token.neg_state == Some(NegState::REJECT) {
            return Err(AuthError::Rejected);
        }
        if token.neg_state == Some(NegState::REQUEST_MIC) {
            self.mic_required = true;
        }
        if let (false, Some(oid)) = (self.agreed, token.supported_mech) {
            let position = self.mechanisms.iter().position(|mechanism| mechanism.oid() == oid);
            let position = position.ok_or(AuthError::NoCommonMechanism)?;
            if position != self.selected {
                (self.selected, self.complete, self.mic_required) = (position, false, true);
            }
        }
        self.agreed = true;
        Ok(())
    }

    /// Lets the selected mechanism take a step.
    fn advance(&mut self, token: Option<&[u8]>, inputs: &Inputs) -> Result<Option<Vec<u8>>, AuthError> {
        let mechanism = self.mechanisms.get_mut(self.selected).ok_or(AuthError::NoCommonMechanism)?;
        let step = mechanism.step(token, inputs)?;
        self.complete = step.complete;
        Ok(step.token)
    }

    fn mic(&self) -> Option<Vec<u8>> {
        self.mechanisms.get(self.selected)?.mic(&encode_mech_types(&self.mech_types()))
    }

    fn mechanism(&self) -> Result<&dyn Mechanism, AuthError> {
        self.mechanisms.get(self.selected).map(|mechanism| &**mechanism).ok_or(AuthError::NoCommonMechanism)
    }

    fn mech_types(&self) -> Vec<Oid<'static>> {
        self.mechanisms.iter().map(|mechanism| mechanism.oid()).collect()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("mechanisms", &self.mech_types())
            .field("selected", &self.selected)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}
