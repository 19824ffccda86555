//! Requests that the host postpones, logons that wait for their host's decision, and logons by a mechanism that is not NTLM.

use netsession_wire::NtStatus;

use super::tests::{Pair, Stage, answered, config, settings, tree_connect, verify};
use super::{Connection, Decision, Encryption, Fatal, Output, Settings};
use crate::auth::ntlm::{self, Credentials};
use crate::auth::spnego::{self, NegTokenInit, NegTokenResp};
use crate::auth::testing::{FakeMechanism, Manner, with_inputs};
use crate::auth::{AuthError, Claim, FinishedStep, Mechanism, MechanismError};
use crate::client::{Chain, Event};
use crate::crypto::Cipher;
use crate::msg::{
    self, Capabilities, Command, Dialect, EchoRequest, FileId, Header, MessageId, Packet, ReadRequest,
    SecurityMode, SessionId, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse, TreeId,
};

fn is_logged_in(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::LoggedIn))
}

/// A client whose logon waits.
fn waiting(password: &str) -> Pair {
    let mut pair = Pair::new(config(|_| ()), settings());
    pair.stage.makes_logons_wait = true;
    pair.log_in(password);
    let events = pair.run().unwrap();
    assert!(!is_logged_in(&events) && pair.output.is_empty());
    assert_eq!(pair.server.waiting_logon().unwrap().user, "alice");
    pair
}

fn resume(pair: &mut Pair, decision: Decision) -> Result<Vec<Event>, String> {
    pair.server.resume_logon(decision, &mut pair.stage, &mut pair.output).unwrap();
    pair.run()
}

fn alice() -> Decision {
    verify(&Claim::of_user("alice"))
}

/// A failure here would accept a logon that must still wait, or never finish one that has waited.
#[test]
fn a_waiting_logon_follows_the_final_decision() {
    let mut pair = waiting("secret");
    let events = resume(&mut pair, Decision::Wait).unwrap();
    assert!(!is_logged_in(&events) && pair.server.waiting_logon().is_some(), "it still waits");
    assert!(is_logged_in(&resume(&mut pair, alice()).unwrap()));
    assert_eq!(pair.server.waiting_logon(), None);
    assert_eq!(pair.stage.claims, ["alice"], "the host decides once");
    let echo = pair.ask(Chain::new(TreeId::NONE, &EchoRequest).unwrap());
    assert_eq!(echo.first().map(|(status, _)| *status), Some(NtStatus::SUCCESS));
    assert_eq!(resume(&mut pair, alice()).unwrap().len(), 0, "no logon waits any more");
}

/// A failure here would log somebody on with a wrong password that has waited, or against the host's decision.
#[test]
fn a_waiting_logon_can_still_be_refused() {
    let refused = |password, decision| {
        let mut pair = waiting(password);
        let error = resume(&mut pair, decision).unwrap_err();
        assert!(pair.server.sessions.is_empty() && pair.stage.failures == 1, "{error}");
        error
    };
    let wrong = refused("wrong", alice());
    let unknown = refused("secret", verify(&Claim::of_user("nobody")));
    assert_eq!(wrong, unknown, "the refusal does not tell an unknown user");
    assert_eq!(wrong, refused("secret", Decision::Refuse(NtStatus::LOGON_FAILURE)));
    assert!(refused("secret", Decision::Refuse(NtStatus::ACCOUNT_DISABLED)).contains("DISABLED"));
}

/// A failure here would answer a client's later messages before its logon, or forget the logon for them.
#[test]
fn a_frame_that_overtakes_a_waiting_logon_ends_the_connection() {
    let mut pair = waiting("secret");
    let header = Header::request(Command::ECHO, MessageId(3));
    let mut echo = msg::encode(&header, &EchoRequest).unwrap();
    let Pair { server, stage, output, .. } = &mut pair;
    assert_eq!(server.receive(&mut echo, stage, output), Err(Fatal::OutOfTurn));
    assert!(output.is_empty());
}

/// A failure here would set up a session that the server ended while its logon waited.
#[test]
fn a_session_ended_meanwhile_is_not_set_up() {
    let mut raw = Raw::new();
    raw.stage.makes_logons_wait = true;
    let challenge = raw.ask(&[raw.setup(SessionId::NONE, &negotiate())]);
    let session = header(&challenge).session_id;
    let token = authenticate(&challenge);
    assert!(raw.send(&[raw.setup(session, &token)]).is_empty(), "it waits");
    raw.server.end_session(session);
    let answer = raw.resume(alice());
    assert_eq!(header(&answer).status, NtStatus::USER_SESSION_DELETED);
    assert!(raw.stage.logged_on.is_empty() && raw.stage.failures == 0, "nobody gave a wrong password");
}

/// A failure here would change a compound's answers because one of its logons has waited, or lose the answers of a
/// frame that the server answered meanwhile.
#[test]
fn a_compound_is_answered_as_if_nothing_had_waited() {
    let answers = |waits: bool| {
        let mut raw = Raw::new();
        let challenge = raw.ask(&[raw.setup(SessionId::NONE, &negotiate())]);
        let session = header(&challenge).session_id;
        let token = authenticate(&challenge);
        raw.stage.makes_logons_wait = waits;
        let echo = msg::encode(&Header::request(Command::ECHO, MessageId(0)), &EchoRequest).unwrap();
        let compound = [echo.clone(), raw.setup(session, &token), echo];
        let answers = raw.send(&compound);
        if !waits {
            return answers;
        }
        assert!(answers.is_empty(), "the answers before the logon wait with it");
        let answers = raw.resume(alice());
        assert_eq!(raw.stage.claims, ["alice"]);
        answers
    };
    let (at_once, later) = (answers(false), answers(true));
    let statuses: Vec<_> = Packet::split(&later[4..]).map(|packet| packet.unwrap().header.status).collect();
    assert_eq!(statuses, [NtStatus::SUCCESS; 3]);
    assert_eq!(at_once, later);
}

/// A failure here would change a compound's answers because its host has postponed some of its requests, or lose or double
/// the credits that they grant.
#[test]
fn a_compound_is_answered_as_if_nothing_was_postponed() {
    let answers = |postponed: usize, encryption: Encryption| {
        let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption, ..settings() });
        pair.stage.postpones = postponed;
        let read = ReadRequest::new(FileId { persistent: 5, volatile: 5 }, 0, 3);
        let compound = Chain::new(TreeId::NONE, &tree_connect()).unwrap();
        let compound = compound.then(&read).unwrap().then(&EchoRequest).unwrap().then(&read).unwrap();
        let mut answers = pair.ask(compound);
        for left in (0..postponed).rev() {
            assert!(pair.server.is_postponed() && answers.is_empty(), "the answers before it wait with it");
            let before = pair.stage.postpones;
            pair.server.resume(&mut pair.stage, &mut pair.output).unwrap();
            assert_eq!((before, pair.stage.postpones), (left, left.saturating_sub(1)));
            answers = answered(pair.run().unwrap());
        }
        assert!(!pair.server.is_postponed());
        (answers, pair.stage.trees.clone(), format!("{:?}", pair.server.window))
    };
    for encryption in [Encryption::Off, Encryption::Required] {
        let at_once = answers(0, encryption);
        assert_eq!(at_once.0.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [NtStatus::SUCCESS; 4]);
        for postponed in 1..=3 {
            assert_eq!(answers(postponed, encryption), at_once, "{postponed}");
        }
    }
}

/// A failure here would answer a client's later messages before a postponed request.
#[test]
fn a_frame_that_overtakes_a_postponed_request_ends_the_connection() {
    let mut pair = Pair::logged_in(config(|_| ()), settings());
    pair.stage.postpones = 1;
    assert!(pair.ask(Chain::new(TreeId::NONE, &tree_connect()).unwrap()).is_empty());
    let header = Header::request(Command::ECHO, MessageId(9));
    let mut echo = msg::encode(&header, &EchoRequest).unwrap();
    let Pair { server, stage, output, .. } = &mut pair;
    assert_eq!(server.receive(&mut echo, stage, output), Err(Fatal::OutOfTurn));
    server.resume_logon(alice(), stage, output).unwrap();
    assert!(server.is_postponed() && output.is_empty(), "no logon waits");
}

/// A failure here would delay a client, or count its messages as attempts to log on, because of bytes that only look
/// like NTLM.
#[test]
fn ntlm_messages_hidden_in_other_bytes_are_no_logon() {
    let mut raw = Raw::new();
    let challenge = raw.ask(&[raw.setup(SessionId::NONE, &negotiate())]);
    let authenticate = authenticate(&challenge);
    raw.stage.makes_logons_wait = true;
    for hidden in [[b"\x60\x10", &authenticate[..]].concat(), [&[0; 8], &authenticate[..]].concat()] {
        let answer = raw.ask(&[raw.setup(SessionId::NONE, &hidden)]);
        assert_eq!(header(&answer).status, NtStatus::INVALID_PARAMETER);
    }
    let header = Header::request(Command::ECHO, MessageId(0));
    let echo = [msg::encode(&header, &EchoRequest).unwrap(), authenticate].concat();
    assert!(!raw.send(&[echo]).is_empty());
    assert!(raw.stage.claims.is_empty() && raw.server.waiting_logon().is_none());
}

/// A failure here would keep the server from supporting another mechanism, such as Kerberos, whose last token comes
/// with the server's success.
#[test]
fn another_mechanism_sets_up_a_session() {
    let settings = || Settings { encryption: Encryption::Required, ..settings() };
    for dialect in [Dialect::SMB_3_0, Dialect::SMB_3_1_1] {
        let config = config(|config| (config.dialects, config.ciphers) = (vec![dialect], ciphers(dialect)));
        let mut pair = Pair::new(config, settings());
        pair.stage.has_fake_mechanism = true;
        pair.client.log_in(vec![FakeMechanism::boxed(Manner::Works)]).unwrap();
        assert!(is_logged_in(&pair.run().unwrap()), "{dialect:?}");
        assert!(pair.client.is_encrypted());
        let echo = pair.ask(Chain::new(TreeId::NONE, &EchoRequest).unwrap());
        assert_eq!(echo.first().map(|(status, _)| *status), Some(NtStatus::SUCCESS));
    }
}

/// A failure here would block the thread of every client for one logon, or log on somebody else's way than without a wait.
#[test]
fn a_logon_that_may_block_waits_for_its_turn() {
    let token = |pair: &Pair| format!("{:?}", pair.server.window);
    let log_on = |turns: usize| {
        let mut pair = Pair::new(config(|_| ()), settings());
        (pair.stage.has_fake_mechanism, pair.stage.turns) = (true, turns);
        pair.client.log_in(vec![FakeMechanism::boxed(Manner::Works)]).unwrap();
        let mut events = pair.run().unwrap();
        for left in (0..turns).rev() {
            assert!(pair.server.is_postponed() && pair.server.is_logging_on(), "{left} turns are left");
            assert!(!is_logged_in(&events) && pair.server.sessions.is_empty() && pair.output.is_empty());
            assert!(pair.server.waiting_logon().is_none(), "nobody claims to be a user yet");
            pair.server.resume(&mut pair.stage, &mut pair.output).unwrap();
            assert_eq!(pair.stage.turns, left.saturating_sub(1), "the host is asked again");
            events = pair.run().unwrap();
        }
        assert!(is_logged_in(&events) && !pair.server.is_postponed() && !pair.server.is_logging_on());
        let echo = pair.ask(Chain::new(TreeId::NONE, &EchoRequest).unwrap());
        assert_eq!(echo.first().map(|(status, _)| *status), Some(NtStatus::SUCCESS));
        token(&pair)
    };
    let at_once = log_on(0);
    for turns in 1..=2 {
        assert_eq!(log_on(turns), at_once, "{turns} turns");
    }
    // NTLM does not block.
    let mut pair = Pair::new(config(|_| ()), settings());
    (pair.stage.has_fake_mechanism, pair.stage.turns) = (true, 1);
    pair.log_in("secret");
    assert!(is_logged_in(&pair.run().unwrap()) && pair.stage.turns == 1);
}

/// A failure here would lose the logon of a client that prefers a mechanism that is off, or derive its keys from other messages
/// than the client does.
#[test]
fn a_client_that_prefers_ntlm_logs_on_where_it_is_off() {
    let mut pair = Pair::new(config(|_| ()), settings());
    pair.stage.has_fake_mechanism = true;
    pair.run().unwrap();
    pair.stage.is_ntlm_off = true;
    let credentials = Credentials::with_password("alice", "", "secret");
    let ntlm = Box::new(ntlm::Client::new(credentials, "cifs/stage", "").unwrap());
    pair.client.log_in(vec![ntlm, FakeMechanism::boxed(Manner::Works)]).unwrap();
    // The first run takes the client's first step, the second one sends its token.
    pair.run().unwrap();
    assert!(is_logged_in(&pair.run().unwrap()));
    assert_eq!((pair.stage.claims.len(), pair.stage.logged_on.len(), pair.stage.failures), (1, 1, 0));
    let echo = pair.ask(Chain::new(TreeId::NONE, &EchoRequest).unwrap());
    assert_eq!(echo.first().map(|(status, _)| *status), Some(NtStatus::SUCCESS));
}

/// A failure here would set up a session that the server ended while the logon waited for its turn.
#[test]
fn a_session_ended_before_its_turn_is_not_set_up() {
    let mut raw = Raw::new();
    raw.stage.has_fake_mechanism = true;
    let mut client = spnego::Client::new(vec![FakeMechanism::boxed(Manner::Works)], &[]).unwrap();
    let start = client.start().unwrap();
    let first = with_inputs(7, |inputs| client.run(start, inputs)).unwrap().unwrap();
    let NegTokenInit { mech_types, mech_token, .. } = NegTokenInit::decode(&first).unwrap();
    let list = NegTokenInit { mech_types, ..NegTokenInit::default() }.encode();
    let token = NegTokenResp { response_token: mech_token, ..NegTokenResp::default() }.encode();
    let log_on = |is_ended: bool, raw: &mut Raw| {
        let answer = raw.ask(&[raw.setup(SessionId::NONE, &list)]);
        let session = header(&answer).session_id;
        assert_eq!(header(&answer).status, NtStatus::MORE_PROCESSING_REQUIRED);
        raw.stage.turns = 1;
        assert!(raw.send(&[raw.setup(session, &token)]).is_empty(), "it waits");
        if is_ended {
            raw.server.end_session(session);
        }
        raw.server.resume(&mut raw.stage, &mut raw.output).unwrap();
        header(&raw.take()).status
    };
    assert_eq!(log_on(false, &mut raw), NtStatus::SUCCESS);
    assert_eq!(log_on(true, &mut raw), NtStatus::USER_SESSION_DELETED);
    assert_eq!((raw.stage.logged_on.len(), raw.stage.failures), (1, 0));
}

/// The cipher whose keys derive from all 32 bytes of the session key, if the dialect has it.
fn ciphers(dialect: Dialect) -> Vec<Cipher> {
    vec![if dialect == Dialect::SMB_3_1_1 { Cipher::Aes256Gcm } else { Cipher::Aes128Ccm }]
}

/// A failure here would block the client's thread for as long as a ticket server takes, or let it read on without the
/// keys that the step produces.
#[test]
fn the_program_answers_a_step_in_its_own_time() {
    let mut pair = Pair::new(config(|_| ()), settings());
    pair.stage.has_fake_mechanism = true;
    pair.client.log_in(vec![FakeMechanism::boxed(Manner::Blocks)]).unwrap();
    let carry = |pair: &mut Pair| {
        while let Some(mut frame) = pair.client.transmit() {
            pair.server.receive(&mut frame.split_off(4), &mut pair.stage, &mut pair.output).unwrap();
        }
        pair.client.receive(pair.output.as_slice()).unwrap();
        pair.output.clear(0);
    };
    for answered in 0..2 {
        carry(&mut pair);
        let step = pair.client.next_login_step().unwrap();
        assert!(step.may_block() && pair.client.next_login_step().is_none(), "it is asked for once");
        if answered == 1 {
            // The server sets the session up and ends it at once; the client has no keys to read the notification.
            pair.server.session_closing(SessionId(1), &mut pair.output).unwrap();
            carry(&mut pair);
        }
        let finished = std::thread::spawn(move || with_inputs(7, |inputs| step.run(inputs))).join().unwrap();
        assert!(pair.client.session().is_none());
        pair.client.finish_login_step(finished).unwrap();
    }
    let events: Vec<Event> = std::iter::from_fn(|| pair.client.next_event()).collect();
    assert!(matches!(events[..], [Event::Negotiated, Event::LoggedIn, Event::SessionClosing]), "{events:?}");
}

/// A failure here would hide from a user why the client used NTLM, or continue after a failure that forbids this.
#[test]
fn the_client_reports_why_a_mechanism_was_skipped() {
    let ntlm = || {
        let credentials = Credentials::with_password("alice", "", "secret");
        Box::new(ntlm::Client::new(credentials, "cifs/stage", "").unwrap()) as Box<dyn Mechanism>
    };
    let no_ticket = || AuthError::from(MechanismError::with_fallback(std::fmt::Error));
    let mut pair = Pair::new(config(|_| ()), settings());
    pair.stage.has_fake_mechanism = true;
    let fails = FakeMechanism::boxed(Manner::FailsAtOnce(no_ticket()));
    pair.client.log_in(vec![fails, ntlm()]).unwrap();
    assert!(is_logged_in(&pair.run().unwrap()));
    assert_eq!(pair.client.skipped_mechanisms().len(), 1);

    let mut pair = Pair::new(config(|_| ()), settings());
    pair.stage.has_fake_mechanism = true;
    pair.client.log_in(vec![FakeMechanism::boxed(Manner::Blocks), ntlm()]).unwrap();
    let mut negotiate = pair.client.transmit().unwrap().split_off(4);
    pair.server.receive(&mut negotiate, &mut pair.stage, &mut pair.output).unwrap();
    pair.client.receive(pair.output.as_slice()).unwrap();
    let id = pair.client.next_login_step().unwrap().id();
    let final_error = AuthError::from(MechanismError::without_fallback(std::fmt::Error));
    let done = pair.client.finish_login_step(FinishedStep::abandoned(id, final_error));
    assert!(done.is_err() && pair.client.failure().is_some() && pair.client.transmit().is_none());
}

/// A client that sends what the client's state machine never sends.
struct Raw {
    server: Connection,
    stage: Stage,
    output: Output,
    next: u64,
}

impl Raw {
    /// A connection that has negotiated 2.1, which needs no signature.
    fn new() -> Self {
        let settings = Settings { signing_required: false, ..settings() };
        let mut pair = Pair::new(config(|config| config.dialects = vec![Dialect::SMB_2_1]), settings);
        pair.run().unwrap();
        let Pair { server, stage, output, .. } = pair;
        let mut raw = Self { server, stage, output, next: 1 };
        // Get credits for the next requests.
        let echo = msg::encode(&Header::request(Command::ECHO, MessageId(0)), &EchoRequest).unwrap();
        raw.ask(&[echo]);
        raw
    }

    /// A request, which gets its number when it is sent.
    fn setup(&self, session_id: SessionId, token: &[u8]) -> Vec<u8> {
        let header = Header { session_id, ..Header::request(Command::SESSION_SETUP, MessageId(0)) };
        let request = SessionSetupRequest {
            flags: SessionSetupFlags::empty(),
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            previous_session_id: SessionId::NONE,
            security_buffer: token.to_vec(),
        };
        msg::encode(&header, &request).unwrap()
    }

    /// Sends requests in one frame, with the next numbers, and returns the frames that come back.
    fn send(&mut self, requests: &[Vec<u8>]) -> Vec<u8> {
        let mut messages = requests.to_vec();
        for message in &mut messages {
            message[24..32].copy_from_slice(&self.next.to_le_bytes());
            message[14..16].copy_from_slice(&64_u16.to_le_bytes());
            self.next += 1;
        }
        msg::link(&mut messages, false).unwrap();
        self.server.receive(&mut messages.concat(), &mut self.stage, &mut self.output).unwrap();
        self.take()
    }

    fn ask(&mut self, requests: &[Vec<u8>]) -> Vec<u8> {
        let answer = self.send(requests);
        assert!(!answer.is_empty());
        answer
    }

    fn resume(&mut self, decision: Decision) -> Vec<u8> {
        self.server.resume_logon(decision, &mut self.stage, &mut self.output).unwrap();
        self.take()
    }

    fn take(&mut self) -> Vec<u8> {
        let answers = self.output.as_slice().to_vec();
        self.output.clear(0);
        answers
    }
}

/// The first message of NTLM, without SPNEGO. It is always the same.
fn negotiate() -> Vec<u8> {
    with_inputs(1, |inputs| ntlm_client().step(None, inputs)).unwrap().token.unwrap()
}

/// The last message of NTLM, which answers the challenge in `answer`.
fn authenticate(answer: &[u8]) -> Vec<u8> {
    let packet = Packet::split(&answer[4..]).next().unwrap().unwrap();
    let challenge = packet.body::<SessionSetupResponse>().unwrap().security_buffer;
    let mut ntlm = ntlm_client();
    with_inputs(1, |inputs| {
        ntlm.step(None, inputs).unwrap();
        ntlm.step(Some(&challenge), inputs).unwrap().token.unwrap()
    })
}

fn ntlm_client() -> Box<dyn Mechanism> {
    let credentials = Credentials::with_password("alice", "", "secret");
    Box::new(ntlm::Client::new(credentials, "cifs/stage", "").unwrap())
}

/// The header of the first answer.
fn header(answers: &[u8]) -> Header {
    Packet::split(&answers[4..]).next().unwrap().unwrap().header
}
