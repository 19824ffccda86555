//! An oracle, which the fuzzer calls with arbitrary bytes in place of a client and of its host's decisions. It panics if an
//! invariant does not hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use netsession_wire::{Guid, NtStatus};

use super::{Connection, Decision, Fatal, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings};
use crate::auth::ntlm::{self, Credentials, NtHash};
use crate::auth::{AuthError, Claim, Inputs, Mechanism as _, Verifier};
use crate::client::{Client, Config, Entropy};
use crate::fscc::FileTime;
use crate::msg::{
    self, AsyncId, CancelRequest, Capabilities, Command, CtlCode, Dialect, EchoRequest, EncodeError, FileId,
    Header, IoctlRequest, LogoffRequest, Message, MessageId, Packet, SecurityMode, SessionId,
    SessionSetupFlags, SessionSetupRequest, SessionSetupResponse,
};

/// The longest script: more bytes only repeat what shorter ones do.
const LONGEST: usize = 64;
const PASSWORD: &str = "not to be guessed";

/// A client and a host that follow a script: each byte is a request, a frame, a decision, or an event at the server.
///
/// Nobody logs on without the password or against the decision, each request has one final answer, the server takes no
/// frame while a logon waits, and an ended session stays ended.
pub fn waiting_logons(script: &[u8]) {
    let Some(mut scene) = Scene::begin() else { return };
    for byte in script.iter().take(LONGEST) {
        // A connection that broke the protocol is closed.
        if scene.play(*byte).is_err() {
            return;
        }
        scene.check();
    }
}

/// One connection, its client, and its host.
struct Scene {
    server: Connection,
    host: Stage,
    output: Output,
    /// The requests of the next frame.
    frame: Vec<Vec<u8>>,
    next: u64,
    /// The newest session, and the challenge that it answered with.
    session: SessionId,
    challenge: Option<Vec<u8>>,
    /// Requests with a final answer.
    answered: BTreeSet<MessageId>,
    /// How many AUTHENTICATE messages were sent, and whether one of them has the password.
    proofs: usize,
    has_proven: bool,
}

impl Scene {
    /// A connection that has negotiated SMB 2.1, which needs no signature.
    fn begin() -> Option<Self> {
        let config = Config { dialects: vec![Dialect::SMB_2_1], ..Config::new("stage") };
        let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
        let mut client = Client::new(config, entropy).ok()?;
        let name = || "STAGE".to_owned();
        let names = ntlm::ServerConfig {
            netbios_computer: name(),
            netbios_domain: name(),
            dns_computer: name(),
            dns_domain: String::new(),
            require_mic: false,
        };
        let settings = Settings {
            signing_required: false,
            max_sessions: 6,
            max_logons: 3,
            ..Settings::new(Guid([9; 16]), names)
        };
        let mut scene = Self {
            server: Connection::new(Arc::new(settings)),
            host: Stage::default(),
            output: Output::new(),
            frame: Vec::new(),
            next: 1,
            session: SessionId::NONE,
            challenge: None,
            answered: BTreeSet::new(),
            proofs: 0,
            has_proven: false,
        };
        let mut negotiate = client.transmit()?.split_off(msg::FRAME_HEADER_LEN);
        scene.server.receive(&mut negotiate, &mut scene.host, &mut scene.output).ok()?;
        scene.output.clear(0);
        Some(scene)
    }

    fn play(&mut self, byte: u8) -> Result<(), Fatal> {
        match byte % 16 {
            0 => self.add(SessionId::NONE, &EchoRequest),
            1 => self.set_up(SessionId::NONE, negotiate_token()),
            2 => self.prove("alice", PASSWORD),
            3 => self.prove("alice", "wrong"),
            4 => self.prove("nobody", PASSWORD),
            5 => self.set_up(SessionId(1), negotiate_token()),
            6 => self.add(self.session, &LogoffRequest),
            7 => self.add(self.session, &announced()),
            8 => self.add(self.session, &CancelRequest),
            9 => self.set_up(self.session, Ok(vec![byte; usize::from(byte >> 4)])),
            10 | 11 => return self.send(byte & 0x20 != 0, byte & 0x40 != 0),
            12 => return self.resume(Decision::Wait),
            13 => return self.resume(Decision::Refuse(NtStatus::ACCOUNT_DISABLED)),
            14 => {
                self.host.live.remove(&self.session);
                for id in self.server.end_session(self.session) {
                    self.complete(id)?;
                }
            }
            _ if self.server.waiting_logon().is_some() => {
                let decision = self.server.waiting_logon().map_or(Decision::Wait, verify);
                return self.resume(decision);
            }
            _ => {
                if let Some(id) = self.host.announced.pop() {
                    self.complete(id)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a request to the next frame.
    fn add<'a, M: Message<'a>>(&mut self, session_id: SessionId, body: &M) {
        let command = M::COMMAND;
        let header = Header { session_id, credits: 16, ..Header::request(command, MessageId(self.next)) };
        if let Ok(message) = msg::encode(&header, body) {
            // A CANCEL has no number of its own.
            self.next = self.next.saturating_add(u64::from(command != Command::CANCEL));
            self.frame.push(message);
        }
    }

    fn set_up(&mut self, session: SessionId, token: Result<Vec<u8>, AuthError>) {
        let Ok(security_buffer) = token else { return };
        let request = SessionSetupRequest {
            flags: SessionSetupFlags::empty(),
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            previous_session_id: SessionId::NONE,
            security_buffer,
        };
        self.add(session, &request);
    }

    /// Answers the newest challenge.
    fn prove(&mut self, user: &str, password: &str) {
        let Some(challenge) = self.challenge.clone() else { return };
        self.proofs = self.proofs.saturating_add(1);
        self.has_proven |= user == "alice" && password == PASSWORD;
        self.set_up(self.session, authenticate_token(user, password, &challenge));
    }

    /// Sends the added requests as one frame. While a logon waits, the server takes no frame.
    fn send(&mut self, is_related: bool, makes_logons_wait: bool) -> Result<(), Fatal> {
        let mut messages = std::mem::take(&mut self.frame);
        let linked: Result<(), EncodeError> = msg::link(&mut messages, is_related);
        if linked.is_err() || messages.is_empty() {
            return Ok(());
        }
        let is_waiting = self.server.waiting_logon().is_some();
        self.host.makes_logons_wait = makes_logons_wait;
        let done = self.server.receive(&mut messages.concat(), &mut self.host, &mut self.output);
        assert!(!is_waiting || done == Err(Fatal::OutOfTurn), "a frame overtook a logon");
        assert!(!is_waiting || self.output.is_empty(), "a frame that overtook a logon was answered");
        // The refusal of such a frame changes nothing.
        if is_waiting { Ok(()) } else { done }
    }

    fn resume(&mut self, decision: Decision) -> Result<(), Fatal> {
        let is_final = !matches!(decision, Decision::Wait);
        self.host.may_log_on = matches!(decision, Decision::Verify(_));
        let was_waiting = self.server.waiting_logon().cloned();
        self.server.resume_logon(decision, &mut self.host, &mut self.output)?;
        if !is_final {
            assert_eq!(self.server.waiting_logon(), was_waiting.as_ref(), "waiting on changes nothing");
            assert!(self.output.is_empty(), "waiting on answers nothing");
        }
        Ok(())
    }

    fn complete(&mut self, id: AsyncId) -> Result<(), Fatal> {
        self.server.complete(id, &mut self.output, |reply| reply.error(NtStatus::CANCELLED))
    }

    /// Reads the answers, and checks the invariants between two events.
    fn check(&mut self) {
        let bytes = self.output.as_slice().to_vec();
        self.output.clear(0);
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let frame = after.split_at_checked(length);
            assert!(frame.is_some(), "a frame is cut off");
            let Some((frame, after)) = frame else { return };
            for packet in Packet::split(frame) {
                assert!(packet.is_ok(), "an answer cannot be read: {packet:?}");
                packet.iter().for_each(|packet| self.note(packet));
            }
            rest = after;
        }
        assert!(self.host.decisions <= self.proofs, "the host decided twice on one claim");
        assert!(self.has_proven || self.host.logged_on == 0, "somebody logged on without the password");
        assert!(self.server.sessions.len() <= 6, "too many sessions");
        let is_live = |id: SessionId| self.host.live.contains(&id);
        assert!(self.server.sessions().all(is_live), "a session is in use that nobody set up, or that ended");
    }

    /// Records an answer.
    fn note(&mut self, packet: &Packet<'_>) {
        let header = packet.header;
        assert!(header.is_response() && header.message_id.0 < self.next, "{header:?}");
        let is_final = header.status != NtStatus::PENDING;
        assert!(!is_final || self.answered.insert(header.message_id), "answered twice: {header:?}");
        if header.command == Command::SESSION_SETUP && header.status == NtStatus::MORE_PROCESSING_REQUIRED {
            self.session = header.session_id;
            self.challenge = packet.body::<SessionSetupResponse>().ok().map(|body| body.security_buffer);
        }
    }
}

/// A host that follows the script.
#[derive(Default)]
struct Stage {
    makes_logons_wait: bool,
    /// Whether the last decision lets a proven user in.
    may_log_on: bool,
    decisions: usize,
    logged_on: usize,
    sessions: u64,
    live: BTreeSet<SessionId>,
    announced: Vec<AsyncId>,
}

impl Host for Stage {
    fn now(&self) -> FileTime {
        FileTime(134_000_000_000_000_000)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }

    fn decide(&mut self, claim: &Claim) -> Decision {
        self.decisions = self.decisions.saturating_add(1);
        self.may_log_on = !self.makes_logons_wait;
        if self.makes_logons_wait { Decision::Wait } else { verify(claim) }
    }

    fn session_id(&mut self) -> SessionId {
        self.sessions = self.sessions.saturating_add(1);
        SessionId(self.sessions)
    }

    fn logged_on(&mut self, logon: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        assert!(self.may_log_on, "somebody logged on against the decision");
        assert_eq!(logon.claim.user, "alice");
        self.logged_on = self.logged_on.saturating_add(1);
        self.live.insert(logon.session);
        Ok(())
    }

    fn logon_failed(&mut self, _: Option<&Claim>, _: Option<&AuthError>) {}

    fn logged_off(&mut self, session: SessionId) {
        self.live.remove(&session);
    }

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        assert!(
            self.live.contains(&request.session),
            "a request of a session that nobody set up, or that ended"
        );
        match reply.announce() {
            Ok(id) => self.announced.push(id),
            Err(status) => reply.error(status),
        }
    }

    fn cancelled(&mut self, operation: AsyncId) {
        self.announced.retain(|id| *id != operation);
    }
}

fn verify(claim: &Claim) -> Decision {
    Decision::Verify(match claim.user.as_str() {
        "alice" => Verifier::NtHash(NtHash::of_password(PASSWORD)),
        _ => Verifier::UnknownUser,
    })
}

fn announced() -> IoctlRequest<'static> {
    IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FileId { persistent: 1, volatile: 1 }, b"x", 16)
}

/// The first message of NTLM, without SPNEGO.
fn negotiate_token() -> Result<Vec<u8>, AuthError> {
    with_inputs(|inputs| {
        let step = client("alice", PASSWORD)?.step(None, inputs)?;
        step.token.ok_or(AuthError::OutOfTurn("no token"))
    })
}

/// The last message of NTLM.
fn authenticate_token(user: &str, password: &str, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
    with_inputs(|inputs| {
        let mut client = client(user, password)?;
        client.step(None, inputs)?;
        client.step(Some(challenge), inputs)?.token.ok_or(AuthError::OutOfTurn("no token"))
    })
}

fn client(user: &str, password: &str) -> Result<ntlm::Client, AuthError> {
    ntlm::Client::new(Credentials::with_password(user, "", password), "cifs/stage", "")
}

fn with_inputs<T>(step: impl FnOnce(&mut Inputs<'_>) -> T) -> T {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(1);
        Ok(())
    };
    step(&mut Inputs::new(0x01db_3d6e_0000_0000, &mut random))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A failure here would let the oracle pass without ever logging anybody on, or without making a logon wait.
    #[test]
    fn the_script_reaches_every_end() {
        let run = |script: &[u8]| {
            let mut scene = Scene::begin().unwrap();
            for byte in script {
                scene.play(*byte).unwrap();
                scene.check();
            }
            scene
        };
        // Negotiate, send; prove, send so that the logon waits; then the decision.
        let waits = [1, 10, 2, 0x4a];
        assert!(run(&waits).server.waiting_logon().is_some());
        assert_eq!(run(&[&waits[..], &[15]].concat()).host.logged_on, 1);
        assert_eq!(run(&[&waits[..], &[13]].concat()).host.logged_on, 0);
        assert_eq!(run(&[1, 10, 2, 10]).host.logged_on, 1);
        assert_eq!(run(&[1, 10, 3, 10]).host.logged_on, 0);
        // A request of the session, announced and completed; then the session ends.
        let used = run(&[1, 10, 2, 10, 7, 10, 15, 14, 7, 10]);
        assert!(used.host.live.is_empty() && used.server.sessions().count() == 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        /// A failure here would log somebody on without the password, or answer a request twice or out of turn.
        #[test]
        fn every_script_keeps_the_invariants(
            script in proptest::collection::vec(prop_oneof![
                4 => any::<u8>(),
                3 => proptest::sample::select(vec![1_u8, 10, 2, 0x4a, 15, 12, 13, 0x2a, 0x6a, 14]),
            ], 0..60),
        ) {
            waiting_logons(&script);
        }
    }
}
