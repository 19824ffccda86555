use super::token::encode_mech_types;
use super::{NegState, NegTokenInit, NegTokenResp, Oid};
use crate::auth::mechanism::StepId;
use crate::auth::{AuthError, FinishedStep, Inputs, Mechanism, MechanismStep, ServerIdentity, Step};
use crate::crypto::SessionKey;

/// Steps that one login can take. Kerberos takes two, NTLM takes two after a negotiation.
const MAX_STEPS: u64 = 8;

/// What the caller of a [`Client`] must do next.
#[derive(Debug)]
#[must_use = "the exchange waits until the caller has done this"]
pub enum Action {
    /// Run the step and pass its result to [`Client::finish_step`].
    Step(MechanismStep),
    /// Send the token to the server.
    Send(Vec<u8>),
    /// Nothing: the user is authenticated, and so is the server as far as the mechanism does that.
    Done,
}

/// The client's side of an exchange ([RFC 4178] 4 and 5, [MS-SPNG] 3.3).
///
/// [`Client::start`] begins it. Pass each token of a server that wants more to [`Client::step`], and the token that
/// comes with its success to [`Client::finish`]. Each of them returns the next [`Action`].
///
/// The client offers its mechanisms in order. If one fails before the client has sent a token, the client does not
/// offer it ([`Client::skipped`]), and tries the next one. After the client has sent a token, every failure is final.
#[derive(Debug)]
pub struct Client {
    offers: Vec<Offer>,
    skipped: Vec<AuthError>,
    selected: usize,
    /// Whether the server has named the mechanism that it chose.
    is_agreed: bool,
    /// Whether the selected mechanism needs no further token.
    is_complete: bool,
    /// Whether the server's success must carry a mechListMIC.
    is_mic_required: bool,
    /// The selected mechanism's first token, until the server has answered it.
    first_token: Option<Vec<u8>>,
    steps: u64,
    underway: Option<Underway>,
}

/// A mechanism of the client's list.
#[derive(Debug)]
struct Offer {
    oids: &'static [Oid<'static>],
    /// `None` while a step is in progress.
    mechanism: Option<Box<dyn Mechanism>>,
}

/// The purpose of a step in progress.
#[derive(Debug)]
enum Underway {
    /// The first token.
    Start,
    /// The answer to a server that wants more, and the mechListMIC beside its token.
    Continue(Option<Vec<u8>>),
    /// The token that came with the server's success, and the mechListMIC beside it.
    Finish(Option<Vec<u8>>),
}

impl Client {
    /// Offers `mechanisms`, the preferred one first. `hint` is the token of the server's NEGOTIATE response,
    /// which may be empty: the client offers no mechanism that the server does not list there.
    ///
    /// # Errors
    /// [`AuthError::NoCommonMechanism`]; [`AuthError::Decode`] for a malformed hint.
    pub fn new(mut mechanisms: Vec<Box<dyn Mechanism>>, hint: &[u8]) -> Result<Self, AuthError> {
        if !hint.is_empty() {
            let listed = NegTokenInit::decode(hint)?.mech_types;
            let is_listed = |oid: &Oid<'_>| listed.contains(oid);
            mechanisms.retain(|mechanism| listed.is_empty() || mechanism.oids().iter().any(is_listed));
        }
        if mechanisms.is_empty() {
            return Err(AuthError::NoCommonMechanism);
        }
        let offer =
            |mechanism: Box<dyn Mechanism>| Offer { oids: mechanism.oids(), mechanism: Some(mechanism) };
        Ok(Self {
            offers: mechanisms.into_iter().map(offer).collect(),
            skipped: Vec::new(),
            selected: 0,
            is_agreed: false,
            is_complete: false,
            is_mic_required: false,
            first_token: None,
            steps: 0,
            underway: None,
        })
    }

    /// Begins the exchange with a step of the preferred mechanism. The first token lists the mechanisms and
    /// carries the preferred one's own first token.
    ///
    /// # Errors
    /// [`AuthError::OutOfTurn`] for a second call.
    pub fn start(&mut self) -> Result<Action, AuthError> {
        if self.steps > 0 {
            return Err(AuthError::OutOfTurn("the exchange has begun"));
        }
        self.request_step(None, Underway::Start)
    }

    /// Answers the token of a server that wants more (STATUS_MORE_PROCESSING_REQUIRED).
    ///
    /// # Errors
    /// [`AuthError::Rejected`], [`AuthError::NoCommonMechanism`], [`AuthError::OutOfTurn`],
    /// [`AuthError::Decode`].
    pub fn step(&mut self, token: &[u8]) -> Result<Action, AuthError> {
        self.check_is_waiting()?;
        let token = NegTokenResp::decode(token)?;
        self.agree(&token)?;
        if self.is_complete {
            return Err(AuthError::OutOfTurn("the server wants more than the mechanism has"));
        }
        let first_token = self.first_token.take();
        if let (None, Some(first_token)) = (token.response_token, first_token) {
            // The server chose another identifier of the mechanism, and ignored the token beside the first one.
            let again = NegTokenResp { response_token: Some(&first_token), ..NegTokenResp::default() };
            return Ok(Action::Send(again.encode()));
        }
        let mic = token.mech_list_mic.map(<[u8]>::to_vec);
        self.request_step(token.response_token, Underway::Continue(mic))
    }

    /// Takes the token that came with the server's success; it may be empty.
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`] if the server's code is wrong, or missing although it is required;
    /// [`AuthError::OutOfTurn`] if the mechanism is incomplete; those of [`Client::step`].
    pub fn finish(&mut self, token: &[u8]) -> Result<Action, AuthError> {
        self.check_is_waiting()?;
        let token = if token.is_empty() { NegTokenResp::default() } else { NegTokenResp::decode(token)? };
        self.agree(&token)?;
        if self.is_complete {
            return self.conclude(token.mech_list_mic);
        }
        let mic = token.mech_list_mic.map(<[u8]>::to_vec);
        self.request_step(token.response_token, Underway::Finish(mic))
    }

    /// Takes the result of the step that the client has asked for. The client ignores the late result of a
    /// step that was abandoned: it returns None.
    ///
    /// # Errors
    /// The mechanism's, and those of [`Client::finish`].
    pub fn finish_step(&mut self, finished: FinishedStep) -> Result<Option<Action>, AuthError> {
        if finished.id != StepId(self.steps) {
            return Ok(None);
        }
        let Some(underway) = self.underway.take() else { return Ok(None) };
        if let (Some(mechanism), Some(offer)) = (finished.mechanism, self.offers.get_mut(self.selected)) {
            offer.mechanism = Some(mechanism);
        }
        let next = match finished.result {
            Ok(step) => self.use_step(step, underway),
            Err(error) if matches!(underway, Underway::Start) => self.skip(error),
            Err(error) => Err(error),
        };
        if next.is_err() {
            // The client must not retry any part of this login.
            self.offers.clear();
        }
        next.map(Some)
    }

    /// Runs the steps that `action` asks for on this thread, for mechanisms that do not block. Returns the
    /// token to send, or None if the exchange is complete.
    ///
    /// # Errors
    /// Those of [`Client::finish_step`].
    pub fn run(&mut self, mut action: Action, inputs: &mut Inputs<'_>) -> Result<Option<Vec<u8>>, AuthError> {
        loop {
            match action {
                Action::Send(token) => return Ok(Some(token)),
                Action::Done => return Ok(None),
                Action::Step(step) => {
                    let next = self.finish_step(step.run(inputs))?;
                    action = next.ok_or(AuthError::OutOfTurn("the step of another exchange"))?;
                }
            }
        }
    }

    /// Returns the session key as soon as the mechanism has it, which is before [`Client::finish`] is done.
    #[must_use]
    pub fn session_key(&self) -> Option<&SessionKey> {
        self.mechanism()?.session_key()
    }

    /// Returns the names that the server gave itself, if the mechanism carries them.
    #[must_use]
    pub fn server(&self) -> Option<&ServerIdentity> {
        self.mechanism()?.server()
    }

    /// Returns why the client did not offer mechanisms that the server may know: the error of each first step after
    /// which the client tried another mechanism.
    #[must_use]
    pub fn skipped(&self) -> &[AuthError] {
        &self.skipped
    }

    fn check_is_waiting(&self) -> Result<(), AuthError> {
        match self.underway {
            None if self.steps > 0 => Ok(()),
            _ => Err(AuthError::OutOfTurn("the client has sent no token")),
        }
    }

    /// Removes the selected mechanism, which failed before the client sent a token, and tries the next one.
    fn skip(&mut self, error: AuthError) -> Result<Action, AuthError> {
        if error.forbids_fallback() {
            return Err(error);
        }
        self.offers.remove(self.selected);
        self.skipped.push(error);
        match (self.offers.is_empty(), self.skipped.first()) {
            // The error of the preferred mechanism is the most useful one.
            (true, Some(first)) => Err(first.clone()),
            _ => self.request_step(None, Underway::Start),
        }
    }

    fn use_step(&mut self, step: Step, underway: Underway) -> Result<Action, AuthError> {
        self.is_complete = step.is_complete;
        match underway {
            Underway::Start => {
                let (mech_types, mech_token) = (self.mech_types(), step.token.as_deref());
                let token = NegTokenInit { mech_types, mech_token, ..NegTokenInit::default() }.encode();
                self.first_token = step.token;
                Ok(Action::Send(token))
            }
            Underway::Continue(mic) => {
                if let (true, Some(mic)) = (self.is_complete, mic) {
                    // The mechanism's last token is the server's, so the server's code comes before the client's.
                    let mechanism = self.mechanism().ok_or(AuthError::NoCommonMechanism)?;
                    mechanism.verify_mic(&encode_mech_types(&self.mech_types()), &mic)?;
                    self.is_mic_required = false;
                }
                let mech_list_mic = self.is_complete.then(|| self.mic()).flatten();
                let answer = NegTokenResp {
                    response_token: step.token.as_deref(),
                    mech_list_mic: mech_list_mic.as_deref(),
                    ..NegTokenResp::default()
                };
                Ok(Action::Send(answer.encode()))
            }
            Underway::Finish(mic) if step.token.is_none() => self.conclude(mic.as_deref()),
            Underway::Finish(_) => Err(AuthError::OutOfTurn("the server succeeded before the mechanism")),
        }
    }

    /// Verifies the server's code of the mechanism list.
    fn conclude(&self, mic: Option<&[u8]>) -> Result<Action, AuthError> {
        if !self.is_complete {
            return Err(AuthError::OutOfTurn("the server succeeded before the mechanism"));
        }
        let mechanism = self.mechanism().ok_or(AuthError::NoCommonMechanism)?;
        match mic {
            Some(mic) => mechanism.verify_mic(&encode_mech_types(&self.mech_types()), mic)?,
            None if self.is_mic_required => return Err(AuthError::WrongMechListMic),
            None => {}
        }
        Ok(Action::Done)
    }

    /// Records what the server says about the negotiation itself. Only its first token selects a mechanism; a later
    /// one's supportedMech is ignored ([MS-SPNG] 3.3.5). Another identifier of the selected mechanism is no other
    /// mechanism.
    fn agree(&mut self, token: &NegTokenResp<'_>) -> Result<(), AuthError> {
        if token.neg_state == Some(NegState::REJECT) {
            return Err(AuthError::Rejected);
        }
        if token.neg_state == Some(NegState::REQUEST_MIC) {
            self.is_mic_required = true;
        }
        if let (false, Some(oid)) = (self.is_agreed, token.supported_mech) {
            let position = self.offers.iter().position(|offer| offer.oids.contains(&oid));
            let position = position.ok_or(AuthError::NoCommonMechanism)?;
            if position != self.selected {
                (self.selected, self.is_complete, self.is_mic_required) = (position, false, true);
                self.first_token = None;
            }
        }
        self.is_agreed = true;
        Ok(())
    }

    /// Asks the caller to run a step of the selected mechanism.
    fn request_step(&mut self, token: Option<&[u8]>, underway: Underway) -> Result<Action, AuthError> {
        if self.steps == MAX_STEPS {
            return Err(AuthError::OutOfTurn("the server wants more steps than any mechanism has"));
        }
        let offer = self.offers.get_mut(self.selected).ok_or(AuthError::NoCommonMechanism)?;
        let mechanism = offer.mechanism.take().ok_or(AuthError::OutOfTurn("a step is underway"))?;
        self.steps = self.steps.saturating_add(1);
        self.underway = Some(underway);
        let token = token.map(<[u8]>::to_vec);
        Ok(Action::Step(MechanismStep { id: StepId(self.steps), mechanism, token }))
    }

    fn mic(&self) -> Option<Vec<u8>> {
        self.mechanism()?.mic(&encode_mech_types(&self.mech_types()))
    }

    fn mechanism(&self) -> Option<&dyn Mechanism> {
        self.offers.get(self.selected)?.mechanism.as_deref()
    }

    fn mech_types(&self) -> Vec<Oid<'static>> {
        self.offers.iter().flat_map(|offer| offer.oids).copied().collect()
    }
}
