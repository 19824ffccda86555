//! Mechanisms other than NTLM, between the client and the server.

use super::{
    self as spnego, Action, Client, NegState, NegTokenInit, NegTokenResp, Progress, Server, Verified,
};
use crate::auth::ntlm::{self, Credentials, NtHash, ServerConfig};
use crate::auth::testing::{FAKE_OIDS, FakeAcceptor, FakeMechanism, Manner, with_inputs};
use crate::auth::{
    Accepted, Acceptor, AuthError, FinishedStep, Inputs, Mechanism, MechanismError, RandomUnavailable,
    Verifier,
};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no ticket")]
struct NoTicket;

fn no_ticket() -> AuthError {
    MechanismError::with_fallback(NoTicket).into()
}

fn password_refused() -> AuthError {
    MechanismError::without_fallback(NoTicket).into()
}

fn ntlm_client() -> Box<dyn Mechanism> {
    let credentials = Credentials::with_password("alice", "LAB", "Passw0rd!");
    Box::new(ntlm::Client::new(credentials, "cifs/fs1.lab.test", "").unwrap())
}

fn ntlm_server() -> Box<dyn Acceptor> {
    Box::new(ntlm::Server::new(ServerConfig {
        netbios_computer: "FS1".into(),
        netbios_domain: "LAB".into(),
        dns_computer: "fs1.lab.test".into(),
        dns_domain: "lab.test".into(),
        require_mic: true,
    }))
}

/// A server that knows the fake mechanism by both of its names, and NTLM.
fn server() -> Server {
    Server::new(vec![FakeAcceptor::boxed(&FAKE_OIDS), ntlm_server()])
}

fn run(client: &mut Client, action: Result<Action, AuthError>) -> Result<Option<Vec<u8>>, AuthError> {
    with_inputs(7, |inputs| client.run(action?, inputs))
}

/// Runs an exchange until the client considers it complete.
fn exchange(client: &mut Client, server: &mut Server) -> Result<Accepted, AuthError> {
    let start = client.start();
    let mut token = run(client, start)?.unwrap();
    loop {
        let accepted = if server.is_unconfirmed() {
            Verified::Accepted(server.confirm(&token)?)
        } else {
            match with_inputs(8, |inputs| server.step(&token, inputs))? {
                Progress::Continue(answer) => Verified::Unconfirmed(answer),
                Progress::Claimed(claim) => {
                    assert_eq!(claim.user, "alice");
                    server.verify(&Verifier::NtHash(NtHash::of_password("Passw0rd!")))?
                }
            }
        };
        match accepted {
            Verified::Unconfirmed(answer) => {
                let step = client.step(&answer);
                token = run(client, step)?.unwrap();
            }
            Verified::Accepted(accepted) => {
                let finish = client.finish(accepted.token.as_deref().unwrap_or_default());
                assert_eq!(run(client, finish)?, None);
                return Ok(accepted);
            }
        }
    }
}

fn client(mechanisms: Vec<Box<dyn Mechanism>>) -> Client {
    Client::new(mechanisms, &server().hint()).unwrap()
}

/// A failure here would make every logon with Kerberos fail, because it has two names, or cut its key.
#[test]
fn a_mechanism_has_several_names_and_a_long_key() {
    let mut client = client(vec![FakeMechanism::boxed(Manner::Works), ntlm_client()]);
    let accepted = exchange(&mut client, &mut server()).unwrap();
    assert_eq!(accepted.session_key.as_bytes(), [7; 32]);
    assert_eq!(client.session_key().unwrap().as_bytes(), [7; 32]);

    let mut client = self::client(vec![FakeMechanism::boxed(Manner::Works), ntlm_client()]);
    let start = client.start();
    let token = run(&mut client, start).unwrap().unwrap();
    let listed = NegTokenInit::decode(&token).unwrap().mech_types;
    assert_eq!(listed, [FAKE_OIDS[0], FAKE_OIDS[1], ntlm::OID], "each name, in order");
}

/// A failure here would ask for a response to a password where NTLM is not allowed, or not say why it is refused.
#[test]
fn a_server_without_ntlm_lists_none_and_says_so() {
    let server = || Server::new(vec![FakeAcceptor::boxed(&FAKE_OIDS)]);
    assert_eq!(NegTokenInit::decode(&server().hint()).unwrap().mech_types, FAKE_OIDS);
    let refused = |token: &[u8]| with_inputs(8, |inputs| server().step(token, inputs)).unwrap_err();
    let mut ntlm_only = Client::new(vec![ntlm_client()], &[]).unwrap();
    let start = ntlm_only.start();
    let wrapped = run(&mut ntlm_only, start).unwrap().unwrap();
    let raw = NegTokenInit::decode(&wrapped).unwrap().mech_token.unwrap().to_vec();
    assert_eq!(refused(&wrapped), AuthError::NtlmBlocked);
    assert_eq!(refused(&raw), AuthError::NtlmBlocked);
    let other = [spnego::OID];
    let unknown = NegTokenInit { mech_types: other.to_vec(), ..NegTokenInit::default() };
    assert_eq!(refused(&unknown.encode()), AuthError::NoCommonMechanism);
    // A client that prefers NTLM can still take the other mechanism.
    let mut both = Client::new(vec![ntlm_client(), FakeMechanism::boxed(Manner::Works)], &[]).unwrap();
    let start = both.start();
    let token = run(&mut both, start).unwrap().unwrap();
    let progress = with_inputs(8, |inputs| server().step(&token, inputs)).unwrap();
    let Progress::Continue(answer) = progress else { panic!("{progress:?}") };
    assert_eq!(NegTokenResp::decode(&answer).unwrap().supported_mech, Some(FAKE_OIDS[0]));
}

/// A failure here would let somebody on the way remove a mechanism from the client's list, or lose the logon of a client
/// that prefers a mechanism that the server does not allow.
#[test]
fn codes_protect_the_list_if_the_last_token_is_the_servers() {
    let server = || Server::new(vec![FakeAcceptor::boxed(&FAKE_OIDS)]);
    let client = || Client::new(vec![ntlm_client(), FakeMechanism::boxed(Manner::Works)], &[]).unwrap();
    assert_eq!(exchange(&mut client(), &mut server()).unwrap().session_key.as_bytes().len(), 32);

    // Up to the server's code.
    let begin = |client: &mut Client, server: &mut Server| {
        let start = client.start();
        let first = run(client, start).unwrap().unwrap();
        let Ok(Progress::Continue(answer)) = with_inputs(8, |inputs| server.step(&first, inputs)) else {
            panic!("the server chooses");
        };
        let step = client.step(&answer);
        let token = run(client, step).unwrap().unwrap();
        let progress = with_inputs(8, |inputs| server.step(&token, inputs));
        assert!(matches!(progress, Ok(Progress::Claimed(_))));
        match server.verify(&Verifier::NtHash(NtHash::of_password("Passw0rd!"))).unwrap() {
            Verified::Unconfirmed(token) => token,
            Verified::Accepted(_) => panic!("nothing protects the list"),
        }
    };
    let with_mic = |token: &[u8], mic: Option<&[u8]>| {
        NegTokenResp { mech_list_mic: mic, ..NegTokenResp::decode(token).unwrap() }.encode()
    };
    let (mut right, mut accepting) = (client(), server());
    let answer = begin(&mut right, &mut accepting);
    let step = right.step(&answer);
    let code = run(&mut right, step).unwrap().unwrap();
    for wrong in [with_mic(&code, None), with_mic(&code, Some(b"wrong"))] {
        let mut server = server();
        begin(&mut client(), &mut server);
        assert_eq!(server.confirm(&wrong).unwrap_err(), AuthError::WrongMechListMic);
        assert!(matches!(server.confirm(&code), Err(AuthError::OutOfTurn(_))), "it is over");
    }
    let finish = right.finish(&accepting.confirm(&code).unwrap().token.unwrap());
    assert_eq!(run(&mut right, finish), Ok(None));
    // The client verifies the server's code.
    let mut deceived = client();
    let answer = begin(&mut deceived, &mut server());
    let step = deceived.step(&with_mic(&answer, Some(b"wrong")));
    assert_eq!(run(&mut deceived, step), Err(AuthError::WrongMechListMic));
    // Without any code of the server the client does not finish.
    let mut stripped = client();
    let answer = begin(&mut stripped, &mut server());
    let step = stripped.step(&with_mic(&answer, None));
    run(&mut stripped, step).unwrap();
    let finish = stripped.finish(&[]);
    assert_eq!(run(&mut stripped, finish), Err(AuthError::WrongMechListMic));
}

/// A failure here would run a mechanism that blocks on a thread that serves every client, or delay every other logon.
#[test]
fn only_tokens_of_a_blocking_mechanism_block() {
    let first = |mechanisms| {
        let mut client = client(mechanisms);
        let start = client.start();
        run(&mut client, start).unwrap().unwrap()
    };
    let fake = first(vec![FakeMechanism::boxed(Manner::Works), ntlm_client()]);
    assert!(server().may_block(&fake));
    let ntlm = first(vec![ntlm_client(), FakeMechanism::boxed(Manner::Works)]);
    assert!(!server().may_block(&ntlm));
    for garbage in [&[][..], &[0x60; 90], b"NTLMSSP\0", &fake[..fake.len() - 1]] {
        assert!(!server().may_block(garbage));
    }
    // A list alone takes no step of the mechanism, but the token after it does.
    let list = NegTokenInit { mech_types: FAKE_OIDS.to_vec(), ..NegTokenInit::default() }.encode();
    let mut server = server();
    assert!(!server.may_block(&list));
    let progress = with_inputs(8, |inputs| server.step(&list, inputs));
    assert!(matches!(progress, Ok(Progress::Continue(_))) && server.may_block(&fake));
}

/// A failure here would lose the login at a server that knows the mechanism by its second name only.
#[test]
fn a_server_may_choose_the_second_name() {
    let mut client = client(vec![FakeMechanism::boxed(Manner::Works), ntlm_client()]);
    let start = client.start();
    let first = run(&mut client, start).unwrap().unwrap();
    let first = NegTokenInit::decode(&first).unwrap().mech_token.unwrap().to_vec();
    let chosen = NegTokenResp {
        neg_state: Some(NegState::ACCEPT_INCOMPLETE),
        supported_mech: Some(FAKE_OIDS[1]),
        ..NegTokenResp::default()
    };
    let step = client.step(&chosen.encode());
    let again = run(&mut client, step).unwrap().unwrap();
    assert_eq!(NegTokenResp::decode(&again).unwrap().response_token, Some(&first[..]), "the same token");
    let welcome = NegTokenResp { response_token: Some(b"welcome"), ..NegTokenResp::default() };
    let finish = client.finish(&welcome.encode());
    assert_eq!(run(&mut client, finish), Ok(None));

    // A hint that has only the second name is enough for the offer.
    let hint = Server::new(vec![FakeAcceptor::boxed(&FAKE_OIDS[1..])]).hint();
    assert!(Client::new(vec![FakeMechanism::boxed(Manner::Works)], &hint).is_ok());
}

/// A failure here would refuse a user without a ticket although NTLM is allowed, or still offer the mechanism
/// that cannot work.
#[test]
fn the_next_mechanism_follows_one_that_cannot_start() {
    let mut client = client(vec![FakeMechanism::boxed(Manner::FailsAtOnce(no_ticket())), ntlm_client()]);
    let mut server = server();
    let start = client.start();
    let token = run(&mut client, start).unwrap().unwrap();
    assert_eq!(NegTokenInit::decode(&token).unwrap().mech_types, [ntlm::OID]);
    let [AuthError::Mechanism(skipped)] = client.skipped() else { panic!("{:?}", client.skipped()) };
    assert_eq!(skipped.cause().downcast_ref(), Some(&NoTicket));
    let mut client =
        self::client(vec![FakeMechanism::boxed(Manner::FailsAtOnce(no_ticket())), ntlm_client()]);
    let accepted = exchange(&mut client, &mut server).unwrap();
    assert_eq!(accepted.session_key.as_bytes().len(), 16, "NTLM's key");

    let fails = || FakeMechanism::boxed(Manner::FailsAtOnce(no_ticket()));
    let mut client = Client::new(vec![fails()], &[]).unwrap();
    let start = client.start();
    assert!(matches!(run(&mut client, start), Err(AuthError::Mechanism(_))), "its error is the login's");
}

/// A failure here would try a password with NTLM that Kerberos has refused: two attempts towards a lockout.
#[test]
fn a_refused_password_is_tried_by_no_other_mechanism() {
    let refused = password_refused();
    assert!(refused.forbids_fallback() && !no_ticket().forbids_fallback());
    let mut client = client(vec![FakeMechanism::boxed(Manner::FailsAtOnce(refused.clone())), ntlm_client()]);
    let start = client.start();
    assert_eq!(run(&mut client, start).unwrap_err(), refused);
    let step = client.step(&NegTokenResp::default().encode());
    assert!(matches!(run(&mut client, step), Err(AuthError::OutOfTurn(_) | AuthError::NoCommonMechanism)));
}

/// A failure here would send NTLM to a server that has already judged the user by another mechanism.
#[test]
fn a_failure_after_the_servers_judgement_is_final() {
    let mechanisms = vec![FakeMechanism::boxed(Manner::FailsOnAnswer(no_ticket())), ntlm_client()];
    let mut client = client(mechanisms);
    assert!(matches!(exchange(&mut client, &mut server()), Err(AuthError::Mechanism(_))));
    assert_eq!(client.skipped(), [], "nothing was passed over");
    let mechanisms = vec![FakeMechanism::boxed(Manner::Works), ntlm_client()];
    let mut client = self::client(mechanisms);
    let start = client.start();
    run(&mut client, start).unwrap();
    let refusal = NegTokenResp { neg_state: Some(NegState::REJECT), ..NegTokenResp::default() };
    let step = client.step(&refusal.encode());
    assert_eq!(run(&mut client, step).unwrap_err(), AuthError::Rejected);
}

/// A failure here would give a mechanism fewer random bytes than it asks for, or predictable ones.
#[test]
fn random_bytes_come_by_length_or_not_at_all() {
    let mut client = client(vec![FakeMechanism::boxed(Manner::Works)]);
    let Ok(Action::Step(step)) = client.start() else { panic!("no step") };
    let mut asked = Vec::new();
    let mut random = |bytes: &mut [u8]| {
        asked.push(bytes.len());
        Err(RandomUnavailable)
    };
    let finished = step.run(&mut Inputs::new(0, &mut random));
    assert_eq!(finished.error(), Some(&AuthError::RandomUnavailable(RandomUnavailable)));
    assert!(client.finish_step(finished).is_err());
    assert_eq!(asked, [100]);
}

/// A failure here would let a step that missed its deadline return and take part in the login.
#[test]
fn an_abandoned_step_stays_abandoned() {
    let mut client = client(vec![FakeMechanism::boxed(Manner::Blocks), ntlm_client()]);
    let Ok(Action::Step(step)) = client.start() else { panic!("no step") };
    assert!(step.may_block() && client.session_key().is_none());
    let id = step.id();
    let thread = std::thread::spawn(move || with_inputs(7, |inputs| step.run(inputs)));
    assert!(matches!(client.step(&[]), Err(AuthError::OutOfTurn(_))), "nothing is to be done meanwhile");
    let next = client.finish_step(FinishedStep::abandoned(id, no_ticket())).unwrap();
    let late = thread.join().unwrap();
    assert!(client.finish_step(late).unwrap().is_none(), "too late");
    let token = run(&mut client, next.ok_or(AuthError::Rejected)).unwrap().unwrap();
    assert_eq!(NegTokenInit::decode(&token).unwrap().mech_types, [ntlm::OID]);
}
