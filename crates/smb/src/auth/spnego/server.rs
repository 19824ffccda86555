use super::{NegState, NegTokenInit, NegTokenResp, Oid};
use crate::auth::{Accepted, Acceptor, AcceptorStep, AuthError, Claim, Inputs, Verifier, ntlm};

/// The result of a client's token.
#[derive(Debug)]
pub enum Progress {
    /// The token to send with STATUS_MORE_PROCESSING_REQUIRED.
    Continue(Vec<u8>),
    /// The client claims an identity: the next call is [`Server::verify`].
    Claimed(Claim),
}

/// The result of a verified claim.
#[derive(Debug)]
pub enum Verified {
    /// The client is accepted.
    Accepted(Accepted),
    /// The user has proved the identity, but nothing protects the list of mechanisms yet: send this token with
    /// STATUS_MORE_PROCESSING_REQUIRED, and pass the client's answer to [`Server::confirm`].
    Unconfirmed(Vec<u8>),
}

/// The server's side of an exchange ([RFC 4178] 4 and 5, [MS-SPNG] 3.2), also for clients that send a
/// mechanism's tokens without SPNEGO. It serves one attempt to log on.
///
/// ```
/// use netsession_smb::auth::ntlm::{self, Credentials, NtHash, ServerConfig};
/// use netsession_smb::auth::spnego::{Client, Progress, Server, Verified};
/// use netsession_smb::auth::{Inputs, Verifier};
///
/// let names = ServerConfig {
///     netbios_computer: "FS1".into(),
///     netbios_domain: "LAB".into(),
///     dns_computer: "fs1.example.com".into(),
///     dns_domain: "example.com".into(),
///     require_mic: true,
/// };
/// let mut server = Server::new(vec![Box::new(ntlm::Server::new(names))]);
/// let credentials = Credentials::with_password("alice", "LAB", "Passw0rd!");
/// let ntlm = ntlm::Client::new(credentials, "cifs/fs1.example.com", "")?;
/// let mut client = Client::new(vec![Box::new(ntlm)], &[])?;
///
/// let mut random = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
/// let mut inputs = Inputs::new(0x01db_3d6e_0000_0000, &mut random);
/// let mut action = client.start()?;
/// let accepted = loop {
///     let token = client.run(action, &mut inputs)?.unwrap_or_default();
///     match server.step(&token, &mut inputs)? {
///         Progress::Continue(token) => action = client.step(&token)?,
///         Progress::Claimed(claim) => {
///             assert_eq!(claim.user, "alice");
///             match server.verify(&Verifier::NtHash(NtHash::of_password("Passw0rd!")))? {
///                 Verified::Accepted(accepted) => break accepted,
///                 Verified::Unconfirmed(_) => unreachable!("the client prefers NTLM"),
///             }
///         }
///     }
/// };
/// let last = client.finish(&accepted.token.unwrap_or_default())?;
/// assert_eq!(client.run(last, &mut inputs)?, None);
/// let key = client.session_key().map(|key| key.as_bytes());
/// assert_eq!(key, Some(accepted.session_key.as_bytes()));
/// # Ok::<(), netsession_smb::auth::AuthError>(())
/// ```
#[derive(Debug)]
pub struct Server {
    acceptors: Vec<Box<dyn Acceptor>>,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    /// The client's next token goes to the acceptor of this index.
    Underway(usize, Wrapping),
    /// The acceptor of this index has reported a claim; the message had this mechListMIC.
    Claimed(usize, Wrapping, Option<Vec<u8>>),
    /// The acceptor of this index has verified the claim; the client's mechListMIC is missing.
    Unconfirmed(usize, Vec<u8>, Box<Accepted>),
    Over,
}

/// How the two sides wrap a mechanism's tokens.
#[derive(Debug)]
enum Wrapping {
    /// Without SPNEGO.
    Raw,
    Spnego(MechList),
}

/// The client's list of mechanisms.
#[derive(Debug)]
struct MechList {
    /// The list as received: the integrity codes cover it.
    der: Vec<u8>,
    /// Whether the client must protect the list, because it prefers another mechanism.
    is_mic_required: bool,
    /// The identifier of the chosen mechanism, until an answer has named it.
    supported_mech: Option<Oid<'static>>,
}

impl Server {
    /// Offers `acceptors`, and waits for a client's first token.
    #[must_use]
    pub const fn new(acceptors: Vec<Box<dyn Acceptor>>) -> Self {
        Self { acceptors, state: State::Start }
    }

    /// Returns the token of the NEGOTIATE response, which lists the mechanisms that the server offers.
    #[must_use]
    pub fn hint(&self) -> Vec<u8> {
        let mech_types = self.acceptors.iter().flat_map(|acceptor| acceptor.oids()).copied().collect();
        NegTokenInit { mech_types, ..NegTokenInit::default() }.encode_hint()
    }

    /// Returns whether [`Server::step`] may wait for something outside if it takes this token next.
    #[must_use]
    pub fn may_block(&self, token: &[u8]) -> bool {
        let chosen = match &self.state {
            State::Start => match self.own_token(token) {
                Some(raw) => Some(raw),
                None => NegTokenInit::decode(token).ok().and_then(|init| {
                    let (chosen, oid) = self.choose(&init)?;
                    // Without the token of the chosen mechanism, the acceptor takes no step.
                    let has_token = init.mech_token.is_some() && init.mech_types.first() == Some(&oid);
                    has_token.then_some(chosen)
                }),
            },
            State::Underway(chosen, _) => Some(*chosen),
            State::Claimed(..) | State::Unconfirmed(..) | State::Over => None,
        };
        chosen.and_then(|chosen| self.acceptors.get(chosen)).is_some_and(|acceptor| acceptor.may_block())
    }

    /// Takes a client's token.
    ///
    /// # Errors
    /// Any error ends the attempt: [`AuthError::NoCommonMechanism`], [`AuthError::NtlmBlocked`], [`AuthError::Decode`],
    /// [`AuthError::OutOfTurn`], and those of the acceptor.
    pub fn step(&mut self, token: &[u8], inputs: &mut Inputs<'_>) -> Result<Progress, AuthError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start => match self.own_token(token) {
                Some(raw) => self.advance_raw(raw, token, inputs),
                None if token.starts_with(&ntlm::SIGNATURE) => Err(AuthError::NtlmBlocked),
                None => self.agree(token, inputs),
            },
            State::Underway(chosen, Wrapping::Raw) => self.advance_raw(chosen, token, inputs),
            State::Underway(chosen, Wrapping::Spnego(list)) => {
                let token = NegTokenResp::decode(token)?;
                self.advance(chosen, list, &token, inputs)
            }
            State::Claimed(..) | State::Unconfirmed(..) | State::Over => {
                Err(AuthError::OutOfTurn("the exchange is over"))
            }
        }
    }

    /// Verifies the claim that [`Server::step`] has reported. The token of the result goes to the client with
    /// the success; a client without SPNEGO gets none.
    ///
    /// If the client prefers another mechanism, codes must protect its list. Where the mechanism's last token is the server's,
    /// as with Kerberos, the server sends its code with that token and the client answers with its own ([RFC 4178] 5).
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`] if the client's code of its list is wrong, or missing although the client's side is
    /// complete; those of the acceptor.
    pub fn verify(&mut self, verifier: &Verifier) -> Result<Verified, AuthError> {
        let State::Claimed(chosen, wrapping, mic) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(AuthError::OutOfTurn("the client claims no identity"));
        };
        let acceptor = self.acceptors.get_mut(chosen).ok_or(AuthError::NoCommonMechanism)?;
        let accepted = acceptor.verify(verifier)?;
        let Wrapping::Spnego(list) = wrapping else { return Ok(Verified::Accepted(accepted)) };
        if let (true, None, Some(last)) = (list.is_mic_required, &mic, &accepted.token) {
            let own = acceptor.mic(&list.der).ok_or(AuthError::WrongMechListMic)?;
            let answer = NegTokenResp {
                neg_state: Some(NegState::ACCEPT_INCOMPLETE),
                supported_mech: list.supported_mech,
                response_token: Some(last),
                mech_list_mic: Some(&own),
            };
            let token = answer.encode();
            self.state = State::Unconfirmed(chosen, list.der, Box::new(accepted));
            return Ok(Verified::Unconfirmed(token));
        }
        let mic = match mic {
            Some(mic) => {
                acceptor.verify_mic(&list.der, &mic)?;
                acceptor.mic(&list.der)
            }
            None if list.is_mic_required => return Err(AuthError::WrongMechListMic),
            None => None,
        };
        let answer = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_COMPLETED),
            supported_mech: list.supported_mech,
            response_token: accepted.token.as_deref(),
            mech_list_mic: mic.as_deref(),
        };
        let token = Some(answer.encode());
        Ok(Verified::Accepted(Accepted { token, ..accepted }))
    }

    /// Returns whether the next call is [`Server::confirm`].
    #[must_use]
    pub const fn is_unconfirmed(&self) -> bool {
        matches!(self.state, State::Unconfirmed(..))
    }

    /// Takes the client's code of its list, after [`Verified::Unconfirmed`]. The token of the result goes to the client with
    /// the success.
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`] if the code is wrong or missing; [`AuthError::Decode`]; [`AuthError::OutOfTurn`].
    pub fn confirm(&mut self, token: &[u8]) -> Result<Accepted, AuthError> {
        let State::Unconfirmed(chosen, list, accepted) = std::mem::replace(&mut self.state, State::Over)
        else {
            return Err(AuthError::OutOfTurn("nothing waits for the client's code"));
        };
        let acceptor = self.acceptors.get(chosen).ok_or(AuthError::NoCommonMechanism)?;
        let mic = NegTokenResp::decode(token)?.mech_list_mic.ok_or(AuthError::WrongMechListMic)?;
        acceptor.verify_mic(&list, mic)?;
        let completed =
            NegTokenResp { neg_state: Some(NegState::ACCEPT_COMPLETED), ..NegTokenResp::default() };
        Ok(Accepted { token: Some(completed.encode()), ..*accepted })
    }

    /// Chooses the mechanism that the client prefers among those that the server has.
    fn agree(&mut self, token: &[u8], inputs: &mut Inputs<'_>) -> Result<Progress, AuthError> {
        let init = NegTokenInit::decode(token)?;
        let (chosen, oid) = match self.choose(&init) {
            Some(known) => known,
            None if init.mech_types.contains(&ntlm::OID) => return Err(AuthError::NtlmBlocked),
            None => return Err(AuthError::NoCommonMechanism),
        };
        let is_preferred = init.mech_types.first() == Some(&oid);
        let der = init.mech_types_der.to_vec();
        let mut list = MechList { der, is_mic_required: !is_preferred, supported_mech: Some(oid) };
        match init.mech_token {
            Some(mech_token) if is_preferred => {
                let token = NegTokenResp { response_token: Some(mech_token), ..NegTokenResp::default() };
                self.advance(chosen, list, &token, inputs)
            }
            _ => {
                let state = if is_preferred { NegState::ACCEPT_INCOMPLETE } else { NegState::REQUEST_MIC };
                let (neg_state, supported_mech) = (Some(state), list.supported_mech.take());
                self.state = State::Underway(chosen, Wrapping::Spnego(list));
                let answer = NegTokenResp { neg_state, supported_mech, ..NegTokenResp::default() };
                Ok(Progress::Continue(answer.encode()))
            }
        }
    }

    /// Returns the index of the acceptor whose token this is, without SPNEGO around it.
    fn own_token(&self, token: &[u8]) -> Option<usize> {
        self.acceptors.iter().position(|acceptor| acceptor.is_own_token(token))
    }

    /// Returns the index of the acceptor that the client prefers, and the identifier by which the client names it.
    fn choose(&self, init: &NegTokenInit<'_>) -> Option<(usize, Oid<'static>)> {
        init.mech_types.iter().find_map(|oid| self.acceptor_of(*oid))
    }

    /// Returns the index of the acceptor that has this identifier, and the identifier.
    fn acceptor_of(&self, oid: Oid<'_>) -> Option<(usize, Oid<'static>)> {
        let mut acceptors = self.acceptors.iter().enumerate();
        acceptors.find_map(|(index, acceptor)| {
            let own = acceptor.oids().iter().find(|own| **own == oid)?;
            Some((index, *own))
        })
    }

    /// Gives the acceptor a token that came without SPNEGO.
    fn advance_raw(
        &mut self,
        chosen: usize,
        token: &[u8],
        inputs: &mut Inputs<'_>,
    ) -> Result<Progress, AuthError> {
        match self.acceptor_step(chosen, token, inputs)? {
            AcceptorStep::Continue(token) => {
                self.state = State::Underway(chosen, Wrapping::Raw);
                Ok(Progress::Continue(token))
            }
            AcceptorStep::Claimed(claim) => {
                self.state = State::Claimed(chosen, Wrapping::Raw, None);
                Ok(Progress::Claimed(claim))
            }
        }
    }

    /// Gives the acceptor the token that SPNEGO carries, and wraps its answer.
    fn advance(
        &mut self,
        chosen: usize,
        mut list: MechList,
        token: &NegTokenResp<'_>,
        inputs: &mut Inputs<'_>,
    ) -> Result<Progress, AuthError> {
        let mech_token =
            token.response_token.ok_or(AuthError::OutOfTurn("the mechanism's token is missing"))?;
        match self.acceptor_step(chosen, mech_token, inputs)? {
            AcceptorStep::Continue(token) => {
                let answer = NegTokenResp {
                    neg_state: Some(NegState::ACCEPT_INCOMPLETE),
                    supported_mech: list.supported_mech.take(),
                    response_token: Some(&token),
                    mech_list_mic: None,
                };
                self.state = State::Underway(chosen, Wrapping::Spnego(list));
                Ok(Progress::Continue(answer.encode()))
            }
            AcceptorStep::Claimed(claim) => {
                let mic = token.mech_list_mic.map(<[u8]>::to_vec);
                self.state = State::Claimed(chosen, Wrapping::Spnego(list), mic);
                Ok(Progress::Claimed(claim))
            }
        }
    }

    fn acceptor_step(
        &mut self,
        chosen: usize,
        token: &[u8],
        inputs: &mut Inputs<'_>,
    ) -> Result<AcceptorStep, AuthError> {
        self.acceptors.get_mut(chosen).ok_or(AuthError::NoCommonMechanism)?.step(token, inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ntlm::{self, Client as NtlmClient, Credentials, NtHash, ServerConfig};
    use crate::auth::spnego::{Action, Client, Oid};
    use crate::auth::testing::with_inputs;
    use crate::auth::{Mechanism, Step};
    use crate::crypto::SessionKey;

    /// Runs the steps that the client asks for, and returns its token.
    fn token(client: &mut Client, action: Result<Action, AuthError>) -> Result<Vec<u8>, AuthError> {
        let token = with_inputs(1, |inputs| client.run(action?, inputs))?;
        token.ok_or(AuthError::OutOfTurn("no token"))
    }

    fn first(client: &mut Client) -> Vec<u8> {
        let action = client.start();
        token(client, action).unwrap()
    }

    fn answer(client: &mut Client, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        let action = client.step(challenge);
        token(client, action)
    }

    fn finish(client: &mut Client, last: &[u8]) -> Result<(), AuthError> {
        let action = client.finish(last)?;
        with_inputs(4, |inputs| client.run(action, inputs)).map(|token| assert_eq!(token, None))
    }

    /// The server's answer to a token; it knows alice.
    enum Answer {
        Continue(Vec<u8>),
        Accepted(Accepted),
    }

    fn accept(server: &mut Server, token: &[u8]) -> Result<Answer, AuthError> {
        match with_inputs(2, |inputs| server.step(token, inputs))? {
            Progress::Continue(token) => Ok(Answer::Continue(token)),
            Progress::Claimed(claim) => {
                assert_eq!(claim.user, "alice");
                let hash = NtHash::of_password("Passw0rd!");
                match server.verify(&Verifier::NtHash(hash))? {
                    Verified::Accepted(accepted) => Ok(Answer::Accepted(accepted)),
                    Verified::Unconfirmed(token) => Ok(Answer::Continue(token)),
                }
            }
        }
    }

    fn server() -> Server {
        let names = ServerConfig {
            netbios_computer: "FS1".into(),
            netbios_domain: "LAB".into(),
            dns_computer: "fs1.lab.test".into(),
            dns_domain: "lab.test".into(),
            require_mic: true,
        };
        Server::new(vec![Box::new(ntlm::Server::new(names))])
    }

    fn ntlm(password: &str) -> Box<dyn Mechanism> {
        let credentials = Credentials::with_password("alice", "LAB", password);
        Box::new(NtlmClient::new(credentials, "cifs/fs1.lab.test", "WS1").unwrap())
    }

    /// A mechanism that the server does not know, preferred by the client.
    #[derive(Debug)]
    struct Unknown;

    impl Mechanism for Unknown {
        fn oids(&self) -> &'static [Oid<'static>] {
            &[Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02])]
        }
        fn step(&mut self, _: Option<&[u8]>, _: &mut Inputs<'_>) -> Result<Step, AuthError> {
            Ok(Step { token: Some(b"an AP-REQ".to_vec()), is_complete: false })
        }
        fn session_key(&self) -> Option<&SessionKey> {
            None
        }
        fn mic(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }
        fn verify_mic(&self, _: &[u8], _: &[u8]) -> Result<(), AuthError> {
            Err(AuthError::WrongMechListMic)
        }
    }

    /// Runs an exchange to its end.
    fn run(client: &mut Client, server: &mut Server) -> Result<(Accepted, Vec<u8>), AuthError> {
        let action = client.start();
        let mut token = token(client, action)?;
        loop {
            match accept(server, &token)? {
                Answer::Continue(challenge) => token = answer(client, &challenge)?,
                Answer::Accepted(accepted) => {
                    let token = accepted.token.clone().unwrap_or_default();
                    return Ok((accepted, token));
                }
            }
        }
    }

    /// A failure here would stop our client from logging on to our server, or give the two different keys.
    #[test]
    fn client_and_server_agree() {
        let mut client = Client::new(vec![ntlm("Passw0rd!")], &server().hint()).unwrap();
        let (accepted, token) = run(&mut client, &mut server()).unwrap();
        finish(&mut client, &token).unwrap();
        assert_eq!(accepted.claim.user, "alice");
        assert_eq!(accepted.claim.workstation, "WS1");
        assert_eq!(accepted.target_name.as_deref(), Some("cifs/fs1.lab.test"));
        assert_eq!(accepted.session_key.as_bytes(), client.session_key().unwrap().as_bytes());
        assert_eq!(client.server().unwrap().dns_computer.as_deref(), Some("fs1.lab.test"));
        assert_eq!(client.server().unwrap().version, Some((6, 1, 0)));
    }

    /// A failure here would stop a client that prefers Kerberos from falling back to NTLM, or let it fall back
    /// without protection.
    #[test]
    fn falling_back_is_protected() {
        let offer = || vec![Box::new(Unknown) as Box<dyn Mechanism>, ntlm("Passw0rd!")];
        let mut client = Client::new(offer(), &[]).unwrap();
        let (_, token) = run(&mut client, &mut server()).unwrap();
        assert_eq!(finish(&mut client, &token), Ok(()));
        let (_, token) = run(&mut Client::new(offer(), &[]).unwrap(), &mut server()).unwrap();
        assert_ne!(token, [], "with a code of its own");
        assert_eq!(finish(&mut client, &[]), Err(AuthError::WrongMechListMic), "the server's is due");

        // Without the client's code the server refuses, because an attacker may have cut the list on the way.
        let mut client = Client::new(offer(), &[]).unwrap();
        let mut server = server();
        let mut token = first(&mut client);
        for _ in 0..2 {
            let Answer::Continue(challenge) = accept(&mut server, &token).unwrap() else {
                panic!("accepted too early")
            };
            token = answer(&mut client, &challenge).unwrap();
        }
        let without = NegTokenResp { mech_list_mic: None, ..NegTokenResp::decode(&token).unwrap() };
        let refused = accept(&mut server, &without.encode());
        assert!(matches!(refused, Err(AuthError::WrongMechListMic)));
    }

    /// A failure here would stop clients that speak NTLM without SPNEGO, or send no code over the mechanism list,
    /// from logging on.
    #[test]
    fn raw_ntlm_and_a_missing_code_are_accepted() {
        let (mut client, mut acceptor) = (ntlm("Passw0rd!"), server());
        let negotiate = with_inputs(1, |inputs| client.step(None, inputs)).unwrap().token.unwrap();
        let Ok(Answer::Continue(challenge)) = accept(&mut acceptor, &negotiate) else {
            panic!("no challenge")
        };
        let authenticate = with_inputs(3, |inputs| client.step(Some(&challenge), inputs));
        let authenticate = authenticate.unwrap().token.unwrap();
        let accepted = accept(&mut acceptor, &authenticate).unwrap();
        assert!(matches!(accepted, Answer::Accepted(Accepted { token: None, .. })));

        let (mut client, mut acceptor) = (Client::new(vec![ntlm("Passw0rd!")], &[]).unwrap(), server());
        let token = first(&mut client);
        let Ok(Answer::Continue(challenge)) = accept(&mut acceptor, &token) else { panic!("no challenge") };
        let token = answer(&mut client, &challenge).unwrap();
        let without = NegTokenResp { mech_list_mic: None, ..NegTokenResp::decode(&token).unwrap() };
        let Ok(Answer::Accepted(Accepted { token: Some(token), .. })) =
            accept(&mut acceptor, &without.encode())
        else {
            panic!("not accepted")
        };
        assert_eq!(NegTokenResp::decode(&token).unwrap().mech_list_mic, None);
        assert_eq!(finish(&mut client, &token), Ok(()));
    }

    /// A failure here would let a man in the middle change the list of mechanisms, or the server's response to it.
    #[test]
    fn a_wrong_code_is_refused_by_both() {
        let (mut client, mut acceptor) = (Client::new(vec![ntlm("Passw0rd!")], &[]).unwrap(), server());
        let token = first(&mut client);
        let Ok(Answer::Continue(challenge)) = accept(&mut acceptor, &token) else { panic!("no challenge") };
        let token = answer(&mut client, &challenge).unwrap();
        let mut wrong = NegTokenResp::decode(&token).unwrap().mech_list_mic.unwrap().to_vec();
        wrong[5] ^= 1;
        let altered = NegTokenResp { mech_list_mic: Some(&wrong), ..NegTokenResp::decode(&token).unwrap() };
        let refused = accept(&mut acceptor, &altered.encode());
        assert!(matches!(refused, Err(AuthError::WrongMechListMic)));
        let success = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_COMPLETED),
            mech_list_mic: Some(&wrong),
            ..NegTokenResp::default()
        };
        assert_eq!(finish(&mut client, &success.encode()), Err(AuthError::WrongMechListMic));
        let refusal = NegTokenResp { neg_state: Some(NegState::REJECT), ..NegTokenResp::default() };
        assert_eq!(finish(&mut client, &refusal.encode()), Err(AuthError::Rejected));
    }

    /// A failure here would accept a wrong password.
    #[test]
    fn a_wrong_password_is_refused() {
        let mut client = Client::new(vec![ntlm("passw0rd!")], &[]).unwrap();
        assert_eq!(run(&mut client, &mut server()).unwrap_err(), AuthError::LogonFailure);
    }

    /// A failure here would let a client name mechanisms that the server does not offer, or continue with none.
    #[test]
    fn the_servers_hint_limits_the_offer() {
        let offer = vec![Box::new(Unknown) as Box<dyn Mechanism>, ntlm("x")];
        let token = first(&mut Client::new(offer, &server().hint()).unwrap());
        assert_eq!(NegTokenInit::decode(&token).unwrap().mech_types, [ntlm::OID]);
        let none = Client::new(vec![Box::new(Unknown)], &server().hint());
        assert_eq!(none.unwrap_err(), AuthError::NoCommonMechanism);
    }
}
