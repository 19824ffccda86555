use super::{NegState, NegTokenInit, NegTokenResp};
use crate::auth::ntlm::{self, Accepted, Claim, NtHash};
use crate::auth::{AuthError, Inputs};

/// What comes of a client's token.
#[derive(Debug)]
pub enum Progress {
    /// To be sent with STATUS_MORE_PROCESSING_REQUIRED.
    Continue(Vec<u8>),
    /// The client is who it says; the token goes with the success.
    Accepted {
        /// Who, with the session key.
        accepted: Box<Accepted>,
        /// Empty for a client that speaks NTLM without SPNEGO.
        token: Vec<u8>,
    },
}

/// The server's side of an exchange ([RFC 4178] 4 and 5, [MS-SPNG] 3.2), with NTLM as its mechanism; also for
/// clients that send NTLM messages without SPNEGO. It serves one attempt.
#[derive(Debug)]
pub struct Server {
    ntlm: ntlm::Server,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    /// NTLM was agreed on and its first message is to come.
    Agreed(MechList),
    /// The challenge is out.
    Challenged(MechList),
    /// The same, without SPNEGO.
    RawChallenged,
    Over,
}

/// What the client's list of mechanisms calls for.
#[derive(Debug)]
struct MechList {
    /// As received: what the codes cover.
    der: Vec<u8>,
    /// The client preferred another one, so the list has to be protected.
    mic_required: bool,
}

impl Server {
    /// Waits for a client's first token.
    #[must_use]
    pub const fn new(config: ntlm::ServerConfig) -> Self {
        Self { ntlm: ntlm::Server::new(config), state: State::Start }
    }

    /// The token of the NEGOTIATE response: what the server offers.
    #[must_use]
    pub fn hint() -> Vec<u8> {
        NegTokenInit { mech_types: vec![ntlm::OID], ..NegTokenInit::default() }.encode_hint()
    }

    /// Takes a client's token. `lookup` is asked for a user's hash at most once, in the last step.
    ///
    /// # Errors
    /// Any; the attempt is then over.
    pub fn step(
        &mut self,
        token: &[u8],
        inputs: &mut Inputs<'_>,
        lookup: &mut dyn FnMut(&Claim) -> Option<NtHash>,
    ) -> Result<Progress, AuthError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start if token.starts_with(&ntlm::SIGNATURE) => {
                let challenge = self.ntlm.challenge(token, inputs)?;
                self.state = State::RawChallenged;
                Ok(Progress::Continue(challenge))
            }
            State::Start => self.agree(token, inputs).map(Progress::Continue),
            State::Agreed(list) => {
                let token = NegTokenResp::decode(token)?;
                let negotiate = token.response_token.ok_or(AuthError::OutOfTurn("no NTLM NEGOTIATE"))?;
                self.challenge(negotiate, inputs, list, NegTokenResp::default()).map(Progress::Continue)
            }
            State::Challenged(list) => self.accept(token, &list, lookup),
            State::RawChallenged => {
                let accepted = Box::new(self.ntlm.authenticate(token, lookup)?);
                Ok(Progress::Accepted { accepted, token: Vec::new() })
            }
            State::Over => Err(AuthError::OutOfTurn("the exchange is over")),
        }
    }

    fn agree(&mut self, token: &[u8], inputs: &mut Inputs<'_>) -> Result<Vec<u8>, AuthError> {
        let init = NegTokenInit::decode(token)?;
        if !init.mech_types.contains(&ntlm::OID) {
            return Err(AuthError::NoCommonMechanism);
        }
        let preferred = init.mech_types.first() == Some(&ntlm::OID);
        let list = MechList { der: init.mech_types_der.to_vec(), mic_required: !preferred };
        let state = if preferred { NegState::ACCEPT_INCOMPLETE } else { NegState::REQUEST_MIC };
        let answer = NegTokenResp {
            neg_state: Some(state),
            supported_mech: Some(ntlm::OID),
            ..NegTokenResp::default()
        };
        match init.mech_token {
            Some(negotiate) if preferred => self.challenge(negotiate, inputs, list, answer),
            _ => {
                self.state = State::Agreed(list);
                Ok(answer.encode())
            }
        }
    }

    fn challenge(
        &mut self,
        negotiate: &[u8],
        inputs: &mut Inputs<'_>,
        list: MechList,
        answer: NegTokenResp<'_>,
    ) -> Result<Vec<u8>, AuthError> {
        let challenge = self.ntlm.challenge(negotiate, inputs)?;
        self.state = State::Challenged(list);
        let neg_state = answer.neg_state.or(Some(NegState::ACCEPT_INCOMPLETE));
        Ok(NegTokenResp { neg_state, response_token: Some(&challenge), ..answer }.encode())
    }

    fn accept(
        &mut self,
        token: &[u8],
        list: &MechList,
        lookup: &mut dyn FnMut(&Claim) -> Option<NtHash>,
    ) -> Result<Progress, AuthError> {
        let token = NegTokenResp::decode(token)?;
        let message = token.response_token.ok_or(AuthError::OutOfTurn("no NTLM AUTHENTICATE"))?;
        let accepted = Box::new(self.ntlm.authenticate(message, lookup)?);
        let mic = match token.mech_list_mic {
            Some(mic) => {
                accepted.verify_mic(&list.der, mic)?;
                accepted.mic(&list.der)
            }
            None if list.mic_required => return Err(AuthError::WrongMechListMic),
            None => None,
        };
        let answer = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_COMPLETED),
            mech_list_mic: mic.as_ref().map(|mic| &mic[..]),
            ..NegTokenResp::default()
        };
        Ok(Progress::Accepted { accepted, token: answer.encode() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ntlm::{Client as NtlmClient, Credentials, ServerConfig};
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

    fn accept(server: &mut Server, token: &[u8]) -> Result<Progress, AuthError> {
        with_inputs(2, |inputs| server.step(token, inputs, &mut lookup))
    }

    fn server() -> Server {
        Server::new(ServerConfig {
            netbios_computer: "FS1".into(),
            netbios_domain: "LAB".into(),
            dns_computer: "fs1.lab.test".into(),
            dns_domain: "lab.test".into(),
            require_mic: true,
        })
    }

    fn lookup(claim: &Claim) -> Option<NtHash> {
        (claim.user == "alice").then(|| NtHash::of_password("Passw0rd!"))
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
    fn run(client: &mut Client, server: &mut Server) -> Result<(Box<Accepted>, Vec<u8>), AuthError> {
        let action = client.start();
        let mut token = token(client, action)?;
        loop {
            match accept(server, &token)? {
                Progress::Continue(challenge) => token = answer(client, &challenge)?,
                Progress::Accepted { accepted, token } => return Ok((accepted, token)),
            }
        }
    }

    /// If this fails, our client could not log in to our server, or the two would hold different keys.
    #[test]
    fn client_and_server_agree() {
        let mut client = Client::new(vec![ntlm("Passw0rd!")], &Server::hint()).unwrap();
        let (accepted, token) = run(&mut client, &mut server()).unwrap();
        finish(&mut client, &token).unwrap();
        assert_eq!(accepted.claim.user, "alice");
        assert_eq!(accepted.claim.workstation, "WS1");
        assert_eq!(accepted.target_name.as_deref(), Some("cifs/fs1.lab.test"));
        assert_eq!(accepted.session_key().as_bytes(), client.session_key().unwrap().as_bytes());
        assert_eq!(client.server().unwrap().dns_computer.as_deref(), Some("fs1.lab.test"));
        assert_eq!(client.server().unwrap().version, Some((6, 1, 0)));
    }

    /// If this fails, a client that prefers Kerberos could not fall back to NTLM, or would do so unprotected.
    #[test]
    fn falling_back_is_protected() {
        let offer = || vec![Box::new(Unknown) as Box<dyn Mechanism>, ntlm("Passw0rd!")];
        let mut client = Client::new(offer(), &[]).unwrap();
        let (_, token) = run(&mut client, &mut server()).unwrap();
        assert_eq!(finish(&mut client, &token), Ok(()));
        let (_, token) = run(&mut Client::new(offer(), &[]).unwrap(), &mut server()).unwrap();
        assert_ne!(token, [], "with a code of its own");
        assert_eq!(finish(&mut client, &[]), Err(AuthError::WrongMechListMic), "the server's is due");

        // Without the client's code the server refuses, since the list may have been cut on the way.
        let mut client = Client::new(offer(), &[]).unwrap();
        let mut server = server();
        let mut token = first(&mut client);
        for _ in 0..2 {
            let Progress::Continue(challenge) = accept(&mut server, &token).unwrap() else {
                panic!("accepted too early")
            };
            token = answer(&mut client, &challenge).unwrap();
        }
        let without = NegTokenResp { mech_list_mic: None, ..NegTokenResp::decode(&token).unwrap() };
        let refused = accept(&mut server, &without.encode());
        assert!(matches!(refused, Err(AuthError::WrongMechListMic)));
    }

    /// If this fails, clients that speak NTLM without SPNEGO, or send no code over the list, could not log in.
    #[test]
    fn raw_ntlm_and_a_missing_code_are_accepted() {
        let (mut client, mut acceptor) = (ntlm("Passw0rd!"), server());
        let negotiate = with_inputs(1, |inputs| client.step(None, inputs)).unwrap().token.unwrap();
        let Ok(Progress::Continue(challenge)) = accept(&mut acceptor, &negotiate) else {
            panic!("no challenge")
        };
        let authenticate = with_inputs(3, |inputs| client.step(Some(&challenge), inputs));
        let authenticate = authenticate.unwrap().token.unwrap();
        let accepted = accept(&mut acceptor, &authenticate).unwrap();
        assert!(matches!(accepted, Progress::Accepted { token, .. } if token.is_empty()));

        let (mut client, mut acceptor) = (Client::new(vec![ntlm("Passw0rd!")], &[]).unwrap(), server());
        let token = first(&mut client);
        let Ok(Progress::Continue(challenge)) = accept(&mut acceptor, &token) else { panic!("no challenge") };
        let token = answer(&mut client, &challenge).unwrap();
        let without = NegTokenResp { mech_list_mic: None, ..NegTokenResp::decode(&token).unwrap() };
        let Ok(Progress::Accepted { token, .. }) = accept(&mut acceptor, &without.encode()) else {
            panic!("not accepted")
        };
        assert_eq!(NegTokenResp::decode(&token).unwrap().mech_list_mic, None);
        assert_eq!(finish(&mut client, &token), Ok(()));
    }

    /// If this fails, a man in the middle could change the list of mechanisms, or a server's answer to it.
    #[test]
    fn a_wrong_code_is_refused_by_both() {
        let (mut client, mut acceptor) = (Client::new(vec![ntlm("Passw0rd!")], &[]).unwrap(), server());
        let token = first(&mut client);
        let Ok(Progress::Continue(challenge)) = accept(&mut acceptor, &token) else { panic!("no challenge") };
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

    /// If this fails, a wrong password would do.
    #[test]
    fn a_wrong_password_is_refused() {
        let mut client = Client::new(vec![ntlm("passw0rd!")], &[]).unwrap();
        assert_eq!(run(&mut client, &mut server()).unwrap_err(), AuthError::LogonFailure);
    }

    /// If this fails, a client would name mechanisms that the server said it does not have, or go on with none.
    #[test]
    fn the_servers_hint_limits_the_offer() {
        let offer = vec![Box::new(Unknown) as Box<dyn Mechanism>, ntlm("x")];
        let token = first(&mut Client::new(offer, &Server::hint()).unwrap());
        assert_eq!(NegTokenInit::decode(&token).unwrap().mech_types, [ntlm::OID]);
        let none = Client::new(vec![Box::new(Unknown)], &Server::hint());
        assert_eq!(none.unwrap_err(), AuthError::NoCommonMechanism);
    }
}
