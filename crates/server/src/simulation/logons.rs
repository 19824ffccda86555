//! Logons that wait because of earlier wrong passwords.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use netsession_smb::auth::ntlm::{self, Credentials};
use netsession_smb::auth::spnego::{self, Action, Oid};
use netsession_smb::auth::{Inputs, Mechanism};
use netsession_smb::msg::{
    self, Capabilities, Command, Dialect, EchoRequest, Header, MessageId, NegotiateRequest, Packet,
    SecurityMode, SessionId, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse,
};
use netsession_smb::server::Output;
use netsession_wire::{Guid, NtStatus};

use super::world::World;
use crate::connection::Connection;
use crate::kerberos::Keytab;
use crate::pace::{Pace, Weight};
use crate::state::Inbox;

/// How a client wraps its logon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// NTLM messages without SPNEGO.
    Raw,
    /// NTLM inside SPNEGO.
    Spnego,
    /// As in `Spnego`, with the last message between two other requests of one frame.
    Compound,
}

const FORMS: [Form; 3] = [Form::Raw, Form::Spnego, Form::Compound];

/// One client's connection, which has negotiated.
struct Visit {
    connection: Connection,
    next: u64,
}

/// The server's reaction to the last message of a logon.
#[derive(Debug, PartialEq, Eq)]
enum Reaction {
    /// The status, at once.
    Now(NtStatus),
    /// The server waits for that long.
    Waits(Duration),
}

impl Visit {
    /// Connects from the address 10.0.0.`host`.
    fn new(world: &World, host: u8) -> Self {
        let peer = SocketAddr::from(([10, 0, 0, host], 50_000));
        let connection = Connection::new(&world.state, peer, Arc::new(Inbox::new(|| ())));
        let mut visit = Self { connection, next: 0 };
        let negotiate = NegotiateRequest {
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            client_guid: Guid([1; 16]),
            dialects: vec![Dialect::SMB_2_1],
            contexts: Vec::new(),
        };
        let request = msg::encode(&Header::request(Command::NEGOTIATE, MessageId(0)), &negotiate).unwrap();
        assert_eq!(statuses(&visit.send(vec![request])), [NtStatus::SUCCESS]);
        visit
    }

    /// Sends requests in one frame, with the next message numbers, and returns the answers.
    fn send(&mut self, mut requests: Vec<Vec<u8>>) -> Vec<u8> {
        for request in &mut requests {
            request[14..16].copy_from_slice(&16_u16.to_le_bytes());
            request[24..32].copy_from_slice(&self.next.to_le_bytes());
            self.next += 1;
        }
        msg::link(&mut requests, false).unwrap();
        let mut output = Output::new();
        self.connection.receive(&mut requests.concat(), &mut output).unwrap();
        output.as_slice().to_vec()
    }

    /// Sends the last message of a logon.
    fn log_on(&mut self, form: Form, user: &str, password: &str) -> Reaction {
        let (first, mut answer) = tokens(form, user, password);
        let challenge = self.send(vec![setup(SessionId::NONE, first)]);
        let packet = Packet::split(&challenge[4..]).next().unwrap().unwrap();
        assert_eq!(packet.header.status, NtStatus::MORE_PROCESSING_REQUIRED);
        let token = packet.body::<SessionSetupResponse>().unwrap().security_buffer;
        let last = setup(packet.header.session_id, answer(&token));
        let requests = if form == Form::Compound { vec![echo(), last, echo()] } else { vec![last] };
        let answers = self.send(requests);
        match self.connection.logon_delay() {
            Some(delay) => {
                assert!(answers.is_empty(), "it is answered before its time");
                Reaction::Waits(delay)
            }
            None => Reaction::Now(status_of(form, &answers)),
        }
    }

    /// Continues the waiting logon.
    fn resume(&mut self, form: Form) -> NtStatus {
        let mut output = Output::new();
        self.connection.resume_logon(&mut output).unwrap();
        assert_eq!(self.connection.logon_delay(), None);
        status_of(form, output.as_slice())
    }
}

fn echo() -> Vec<u8> {
    msg::encode(&Header::request(Command::ECHO, MessageId(0)), &EchoRequest).unwrap()
}

fn setup(session_id: SessionId, security_buffer: Vec<u8>) -> Vec<u8> {
    let header = Header { session_id, ..Header::request(Command::SESSION_SETUP, MessageId(0)) };
    let request = SessionSetupRequest {
        flags: SessionSetupFlags::empty(),
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::empty(),
        previous_session_id: SessionId::NONE,
        security_buffer,
    };
    msg::encode(&header, &request).unwrap()
}

/// The statuses of one frame's answers.
fn statuses(frame: &[u8]) -> Vec<NtStatus> {
    Packet::split(&frame[4..]).map(|packet| packet.unwrap().header.status).collect()
}

/// The status of the logon's own answer.
fn status_of(form: Form, frame: &[u8]) -> NtStatus {
    let statuses = statuses(frame);
    match (form, &statuses[..]) {
        (Form::Compound, [NtStatus::SUCCESS, status, NtStatus::SUCCESS]) => *status,
        (Form::Raw | Form::Spnego, [status]) => *status,
        _ => panic!("{statuses:?}"),
    }
}

/// Makes the last token of a logon from the server's token.
type Answer = Box<dyn FnMut(&[u8]) -> Vec<u8>>;

/// Returns the first token of a logon, and a function that makes the last one.
fn tokens(form: Form, user: &str, password: &str) -> (Vec<u8>, Answer) {
    let credentials = Credentials::with_password(user, "", password);
    let mut ntlm = ntlm::Client::new(credentials, "cifs/world", "").unwrap();
    if form == Form::Raw {
        let mut step = move |token: Option<&[u8]>| with_inputs(|inputs| ntlm.step(token, inputs));
        let first = step(None).unwrap().token.unwrap();
        return (first, Box::new(move |token| step(Some(token)).unwrap().token.unwrap()));
    }
    let mut client = spnego::Client::new(vec![Box::new(ntlm)], &[]).unwrap();
    let run = |client: &mut spnego::Client, action: Action| {
        with_inputs(|inputs| client.run(action, inputs)).unwrap().unwrap()
    };
    let start = client.start().unwrap();
    let first = run(&mut client, start);
    let answer = move |token: &[u8]| {
        let step = client.step(token).unwrap();
        run(&mut client, step)
    };
    (first, Box::new(answer))
}

fn with_inputs<T>(step: impl FnOnce(&mut Inputs<'_>) -> T) -> T {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(5);
        Ok(())
    };
    step(&mut Inputs::new(134_000_000_000_000_000, &mut random))
}

/// Reports wrong passwords of a user from the address 10.0.0.`host`.
fn fail(world: &World, host: u8, user: &str, times: usize) {
    let now = world.state.environment.uptime();
    (0..times).for_each(|_| world.state.penalties.failed([10, 0, 0, host].into(), user, now));
}

/// A failure here would let an attacker guess a password at full speed in one form of a logon, or delay users because
/// of failures at other addresses.
#[test]
fn wrong_passwords_wait_and_the_right_one_elsewhere_does_not() {
    for form in FORMS {
        let world = World::new();
        let mut visit = Visit::new(&world, 1);
        for _ in 0..3 {
            assert_eq!(
                visit.log_on(form, "alice", "wrong"),
                Reaction::Now(NtStatus::LOGON_FAILURE),
                "{form:?}"
            );
        }
        for milliseconds in [250, 500, 1000] {
            let delay = Duration::from_millis(milliseconds);
            assert_eq!(visit.log_on(form, "ALICE", "wrong"), Reaction::Waits(delay), "{form:?}");
            assert_eq!(world.state.session_count(), 0);
            world.advance(delay);
            assert_eq!(visit.resume(form), NtStatus::LOGON_FAILURE);
        }
        let mut elsewhere = Visit::new(&world, 2);
        assert_eq!(elsewhere.log_on(form, "alice", "secret"), Reaction::Now(NtStatus::SUCCESS));
        assert_eq!(visit.log_on(form, "root", "secret"), Reaction::Now(NtStatus::SUCCESS), "another user");
        let delay = Duration::from_secs(2);
        assert_eq!(visit.log_on(form, "alice", "secret"), Reaction::Waits(delay));
        assert_eq!(visit.resume(form), NtStatus::SUCCESS);
        assert_eq!(visit.log_on(form, "alice", "secret"), Reaction::Now(NtStatus::SUCCESS), "it is forgiven");
        assert_eq!(world.state.session_count(), 4);
    }
}

/// A failure here would reveal to a client which users exist.
#[test]
fn unknown_users_wait_and_are_refused_like_known_ones() {
    for form in FORMS {
        let outcomes = ["alice", "nobody"].map(|user| {
            let world = World::new();
            let mut visit = Visit::new(&world, 1);
            let first = visit.log_on(form, user, "wrong");
            fail(&world, 1, user, 5);
            (first, visit.log_on(form, user, "wrong"), visit.resume(form))
        });
        let [known, unknown] = outcomes;
        assert_eq!(known, unknown);
    }
}

/// A failure here would lock out a user with the right password if the clock is set back, or end an attacker's delay if
/// it is set forward.
#[test]
fn setting_the_clock_changes_no_delay() {
    const DAY: i64 = 86_400 * 10_000_000;
    for jump in [-DAY, DAY] {
        let world = World::new();
        fail(&world, 1, "alice", 5);
        world.set_clock_by(jump);
        let mut visit = Visit::new(&world, 1);
        let delay = Duration::from_secs(1);
        assert_eq!(visit.log_on(Form::Spnego, "alice", "secret"), Reaction::Waits(delay), "{jump}");
        assert_eq!(visit.resume(Form::Spnego), NtStatus::SUCCESS);
        fail(&world, 1, "alice", 5);
        world.set_clock_by(jump);
        world.advance(Duration::from_secs(16 * 60));
        assert_eq!(visit.log_on(Form::Spnego, "alice", "secret"), Reaction::Now(NtStatus::SUCCESS), "{jump}");
    }
}

/// A failure here would let many connections try passwords in parallel without any delay.
#[test]
fn attempts_beyond_the_longest_wait_are_refused() {
    let world = World::new();
    fail(&world, 1, "alice", 100);
    let mut first = Visit::new(&world, 1);
    assert_eq!(first.log_on(Form::Spnego, "alice", "secret"), Reaction::Waits(Duration::from_secs(8)));
    let mut second = Visit::new(&world, 1);
    assert_eq!(second.log_on(Form::Spnego, "alice", "secret"), Reaction::Waits(Duration::from_secs(10)));
    assert_eq!(second.resume(Form::Spnego), NtStatus::LOGON_FAILURE, "even with the right password");
    assert_eq!(first.resume(Form::Spnego), NtStatus::SUCCESS);
}

/// A failure here would keep the memory of a disconnected client, or answer a logon on a closed connection.
#[test]
fn a_lost_connection_drops_its_waiting_logon() {
    let world = World::new();
    fail(&world, 1, "alice", 5);
    let mut visit = Visit::new(&world, 1);
    assert!(matches!(visit.log_on(Form::Compound, "alice", "secret"), Reaction::Waits(_)));
    drop(visit);
    world.assert_empty();
}

/// A failure here would serve a client that does not wait.
#[test]
fn nothing_is_read_while_a_logon_waits() {
    let world = World::new();
    fail(&world, 1, "alice", 5);
    let mut visit = Visit::new(&world, 1);
    assert!(matches!(visit.log_on(Form::Raw, "alice", "secret"), Reaction::Waits(_)));
    let mut output = Output::new();
    visit.connection.attend(&mut output).unwrap();
    assert!(output.is_empty() && visit.connection.logon_delay().is_some(), "what others do changes nothing");
    assert!(visit.connection.receive(&mut echo(), &mut output).is_err());
}

/// A failure here would make a client wait for bytes that only look like a logon.
#[test]
fn bytes_that_look_like_a_logon_do_not_wait() {
    let world = World::new();
    fail(&world, 1, "alice", 8);
    let mut visit = Visit::new(&world, 1);
    let (first, mut answer) = tokens(Form::Raw, "alice", "wrong");
    let challenge = visit.send(vec![setup(SessionId::NONE, first)]);
    let packet = Packet::split(&challenge[4..]).next().unwrap().unwrap();
    let token = packet.body::<SessionSetupResponse>().unwrap().security_buffer;
    let authenticate = answer(&token);
    let frames = [
        vec![setup(SessionId::NONE, [b"\x60\x02\x06\x00", &authenticate[..]].concat())],
        vec![[echo(), authenticate.clone()].concat()],
        vec![echo(), [echo(), authenticate].concat()],
    ];
    for requests in frames {
        assert!(!visit.send(requests).is_empty());
        assert_eq!(visit.connection.logon_delay(), None);
    }
}

/// A failure here would verify tickets on a thread that serves every client, or as fast as somebody sends garbage.
#[test]
fn tickets_wait_for_a_place_and_for_earlier_failures() {
    let Some(keytab) = Keytab::without_file() else { return };
    let world = World::with_accounts(|_| (), |accounts| accounts.keytab = Some(keytab));
    let token = spnego::NegTokenInit {
        mech_types: vec![Oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")],
        mech_token: Some(b"no ticket"),
        ..spnego::NegTokenInit::default()
    };
    let frame = || vec![echo(), setup(SessionId::NONE, token.encode()), echo()];
    let refused = [NtStatus::SUCCESS, NtStatus::LOGON_FAILURE, NtStatus::SUCCESS];
    let mut output = Output::new();

    let mut visit = Visit::new(&world, 1);
    visit.connection.set_pace(Pace::light());
    assert!(visit.send(frame()).is_empty());
    visit.connection.resume(&mut output).unwrap();
    assert!(visit.connection.is_paused() && output.is_empty(), "this thread serves other clients, too");
    assert_eq!(visit.connection.logon_delay(), None);
    assert_eq!(visit.connection.next_weight(), Weight::Slow);
    assert_eq!(visit.connection.queue_name(), "\u{0}10.0.0.1", "nobody knows the user");
    visit.connection.set_pace(Pace::with_place(Weight::Slow));
    visit.connection.resume(&mut output).unwrap();
    assert_eq!(statuses(output.as_slice()), refused);
    assert_eq!(visit.connection.queue_name(), "");

    fail(&world, 1, "anybody", 20);
    assert!(visit.send(frame()).is_empty());
    let delay = visit.connection.logon_delay().unwrap();
    assert!(!visit.connection.is_paused() && delay <= Duration::from_secs(1), "{delay:?}");
    output.clear(0);
    visit.connection.resume_logon(&mut output).unwrap();
    assert!(output.is_empty() && visit.connection.is_paused() && visit.connection.logon_delay().is_none());
    visit.connection.resume(&mut output).unwrap();
    assert_eq!(statuses(output.as_slice()), refused);
    // Nobody elsewhere waits, and neither does a client that logs on with NTLM as a user who did not fail.
    let mut elsewhere = Visit::new(&world, 2);
    assert_eq!(statuses(&elsewhere.send(frame())), refused);
    assert_eq!(elsewhere.log_on(Form::Spnego, "alice", "secret"), Reaction::Now(NtStatus::SUCCESS));
}
