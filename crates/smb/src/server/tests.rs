//! Tests of the client's state machine against the server's, in one thread.

use std::sync::Arc;

use netsession_wire::{Guid, NtStatus};

use super::{
    Connection, Decision, Encryption, Fatal, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings,
};
use crate::auth::ntlm::{self, Credentials, NtHash};
use crate::auth::testing::{FAKE_OIDS, FakeAcceptor, with_inputs};
use crate::auth::{Acceptor, AuthError, Claim, Verifier};
use crate::client::{self, Chain, Client, Entropy, Event};
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::fscc::{AccessMask, FileTime};
use crate::msg::{
    AsyncId, Command, CtlCode, Dialect, EchoRequest, FileId, IoctlRequest, IoctlResponse, ReadRequest,
    ReadResponse, SessionId, ShareCapabilities, ShareFlags, ShareType, TreeConnectRequest,
    TreeConnectResponse, TreeId,
};

const NOW: i64 = 134_000_000_000_000_000;

/// A host with one user and one share, whose IOCTLs are answered later.
#[derive(Default)]
pub(super) struct Stage {
    draws: u8,
    sessions: u64,
    pub(super) logged_on: Vec<LoggedOn>,
    logged_off: Vec<SessionId>,
    pub(super) failures: usize,
    pub(super) announced: Vec<AsyncId>,
    cancelled: Vec<AsyncId>,
    pub(super) trees: Vec<TreeId>,
    /// The users about whom it has decided.
    pub(super) claims: Vec<String>,
    pub(super) makes_logons_wait: bool,
    /// How many requests it postpones.
    pub(super) postpones: usize,
    /// How often it does not let a logon block.
    pub(super) turns: usize,
    /// It knows another mechanism, and prefers it to NTLM.
    pub(super) has_fake_mechanism: bool,
    pub(super) is_ntlm_off: bool,
}

/// Returns a host that knows alice, whose password is "secret".
pub(super) fn verify(claim: &Claim) -> Decision {
    Decision::Verify(match claim.user.eq_ignore_ascii_case("alice") {
        true => Verifier::NtHash(NtHash::of_password("secret")),
        false => Verifier::UnknownUser,
    })
}

impl Host for Stage {
    fn now(&self) -> FileTime {
        FileTime(NOW)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        self.draws += 1;
        bytes.fill(self.draws);
    }

    fn acceptors(&mut self, settings: &Settings) -> Vec<Box<dyn Acceptor>> {
        let fake = self.has_fake_mechanism.then(|| FakeAcceptor::boxed(&FAKE_OIDS));
        let ntlm = Box::new(ntlm::Server::new(settings.names.clone())) as Box<dyn Acceptor>;
        fake.into_iter().chain((!self.is_ntlm_off).then_some(ntlm)).collect()
    }

    fn lets_logon_block(&mut self) -> bool {
        match self.turns.checked_sub(1) {
            Some(left) => {
                self.turns = left;
                false
            }
            None => true,
        }
    }

    fn decide(&mut self, claim: &Claim) -> Decision {
        self.claims.push(claim.user.clone());
        if self.makes_logons_wait { Decision::Wait } else { verify(claim) }
    }

    fn session_id(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    fn logged_on(&mut self, logon: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        self.logged_on.push(logon.clone());
        Ok(())
    }

    fn logon_failed(&mut self, _: Option<&Claim>, _: Option<&AuthError>) {
        self.failures += 1;
    }

    fn logged_off(&mut self, session: SessionId) {
        self.logged_off.push(session);
    }

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        if let Some(left) = self.postpones.checked_sub(1) {
            self.postpones = left;
            return reply.postpone();
        }
        self.trees.push(request.tree);
        match request.header().command {
            Command::TREE_CONNECT => {
                reply.tree(TreeId(7));
                reply.ok(&TreeConnectResponse {
                    share_type: ShareType::DISK,
                    share_flags: ShareFlags::empty(),
                    capabilities: ShareCapabilities::empty(),
                    maximal_access: AccessMask::FILE_ALL,
                });
            }
            Command::READ => {
                let length = request.body::<ReadRequest<'_>>().unwrap().length;
                reply.read(usize::try_from(length).unwrap(), |buffer| {
                    buffer.fill(0x5a);
                    Ok((buffer.len(), NtStatus::SUCCESS))
                });
            }
            Command::IOCTL => match reply.announce() {
                Ok(id) => self.announced.push(id),
                Err(status) => reply.error(status),
            },
            _ => reply.error(NtStatus::NOT_SUPPORTED),
        }
    }

    fn cancelled(&mut self, operation: AsyncId) {
        self.cancelled.push(operation);
    }
}

pub(super) struct Pair {
    pub(super) client: Client,
    pub(super) server: Connection,
    pub(super) stage: Stage,
    pub(super) output: Output,
}

pub(super) fn settings() -> Settings {
    let name = || "STAGE".to_owned();
    let names = ntlm::ServerConfig {
        netbios_computer: name(),
        netbios_domain: name(),
        dns_computer: "stage".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    Settings::new(Guid([9; 16]), names)
}

impl Pair {
    pub(super) fn new(config: client::Config, settings: Settings) -> Self {
        let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
        let client = Client::new(config, entropy).unwrap();
        let server = Connection::new(Arc::new(settings));
        Self { client, server, stage: Stage::default(), output: Output::new() }
    }

    pub(super) fn log_in(&mut self, password: &str) {
        let credentials = Credentials::with_password("alice", "", password);
        let mechanism = ntlm::Client::new(credentials, "cifs/stage", "").unwrap();
        self.client.log_in(vec![Box::new(mechanism)]).unwrap();
    }

    /// Carries frames in both directions until neither side sends any more; returns the client's events, or the error
    /// of one side.
    pub(super) fn run(&mut self) -> Result<Vec<Event>, String> {
        loop {
            let mut quiet = true;
            while let Some(frame) = self.client.transmit() {
                quiet = false;
                let mut message = frame[4..].to_vec();
                let received = self.server.receive(&mut message, &mut self.stage, &mut self.output);
                received.map_err(|fatal| format!("server: {fatal}"))?;
            }
            if !self.output.is_empty() {
                quiet = false;
                let received = self.client.receive(self.output.as_slice());
                self.output.clear(1 << 16);
                received.map_err(|error| format!("client: {error}"))?;
            }
            let stepped = with_inputs(1, |inputs| self.client.run_login_steps(inputs));
            stepped.map_err(|error| format!("client: {error}"))?;
            if quiet {
                return Ok(std::iter::from_fn(|| self.client.next_event()).collect());
            }
        }
    }

    pub(super) fn logged_in(config: client::Config, settings: Settings) -> Self {
        let mut pair = Self::new(config, settings);
        pair.log_in("secret");
        let events = pair.run().unwrap();
        assert!(events.iter().any(|event| matches!(event, Event::LoggedIn)), "{events:?}");
        pair
    }

    pub(super) fn ask(&mut self, chain: Chain) -> Vec<(NtStatus, Vec<u8>)> {
        self.client.send(chain).unwrap();
        answered(self.run().unwrap())
    }
}

/// Returns the status of each answer, and the data that it holds.
pub(super) fn answered(events: Vec<Event>) -> Vec<(NtStatus, Vec<u8>)> {
    let answers = events.into_iter().filter_map(|event| match event {
        Event::Answered(answer) => {
            let data = answer.body::<ReadResponse<'_>>().map_or(Vec::new(), |read| read.data.to_vec());
            Some((answer.status(), data))
        }
        _ => None,
    });
    answers.collect()
}

pub(super) fn config(change: impl FnOnce(&mut client::Config)) -> client::Config {
    let mut config = client::Config::new("stage");
    change(&mut config);
    config
}

pub(super) fn tree_connect() -> TreeConnectRequest {
    TreeConnectRequest {
        flags: crate::msg::TreeConnectFlags::empty(),
        path: r"\\stage\share".into(),
        contexts: None,
    }
}

pub(super) fn ioctl() -> IoctlRequest<'static> {
    IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FileId { persistent: 1, volatile: 1 }, b"x", 16)
}

/// A failure here would stop clients from using some dialect, signature or cipher with this server.
#[test]
fn every_dialect_signature_and_cipher_works() {
    let file = FileId { persistent: 5, volatile: 5 };
    let talk = |config: client::Config, encryption: Encryption| {
        let mut pair = Pair::logged_in(config.clone(), Settings { encryption, ..settings() });
        assert_eq!(pair.ask(Chain::new(TreeId::NONE, &tree_connect()).unwrap())[0].0, NtStatus::SUCCESS);
        for length in [0, 1, 100_000] {
            let read = ReadRequest::new(file, 0, length);
            let answers = pair.ask(Chain::new(TreeId(7), &read).unwrap());
            let expected = vec![0x5a; usize::try_from(length).unwrap()];
            assert_eq!(answers, [(NtStatus::SUCCESS, expected)], "{config:?}");
        }
        let compound = Chain::new(TreeId::NONE, &tree_connect()).unwrap();
        let compound = compound.then(&ReadRequest::new(file, 0, 3)).unwrap().then(&EchoRequest).unwrap();
        let statuses = pair.ask(compound);
        assert_eq!(statuses.len(), 3);
        assert!(statuses.iter().all(|(status, _)| *status == NtStatus::SUCCESS), "{statuses:?}");
        assert_eq!(pair.stage.trees.last(), Some(&TreeId(7)), "the tree was taken over");
        pair.client.is_encrypted()
    };
    for dialect in client::Config::DIALECTS {
        let one = || config(|config| config.dialects = vec![dialect]);
        assert!(!talk(one(), Encryption::Off), "{dialect:?}");
        if dialect > Dialect::SMB_2_1 {
            assert!(talk(one(), Encryption::Required), "{dialect:?}");
        }
    }
    for cipher in [Cipher::Aes128Ccm, Cipher::Aes128Gcm, Cipher::Aes256Ccm, Cipher::Aes256Gcm] {
        assert!(talk(config(|config| config.ciphers = vec![cipher]), Encryption::Required), "{cipher:?}");
    }
    for signing in [SigningAlgorithm::HmacSha256, SigningAlgorithm::AesCmac, SigningAlgorithm::AesGmac] {
        assert!(!talk(config(|config| config.signing_algorithms = vec![signing]), Encryption::Off));
    }
}

/// A failure here would let a client log on without the password, or leave its session half open.
#[test]
fn a_wrong_password_leaves_nothing() {
    let mut pair = Pair::new(config(|_| ()), settings());
    pair.log_in("wrong");
    assert!(pair.run().unwrap_err().starts_with("client"));
    assert_eq!((pair.stage.failures, pair.stage.logged_on.len()), (1, 0));
    assert_eq!(pair.server.sessions().count(), 0);
    assert!(pair.server.sessions.is_empty());
}

/// A failure here would let a server that requires encryption accept a client that cannot encrypt.
#[test]
fn a_client_below_what_is_required_is_refused() {
    let settings = Settings { encryption: Encryption::Required, ..settings() };
    let mut pair = Pair::new(config(|config| config.dialects = vec![Dialect::SMB_2_1]), settings);
    assert!(pair.run().is_err());
}

/// A failure here would lose a delayed response, send it twice, or make it impossible to cancel.
#[test]
fn announced_answers_come_later_or_are_cancelled() {
    for encryption in [Encryption::Off, Encryption::Required] {
        let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption, ..settings() });
        let later = Chain::new(TreeId(7), &ioctl()).unwrap();
        assert_eq!(pair.ask(later), [], "only announced");
        let id = pair.stage.announced[0];
        let answer = |reply: &mut Reply<'_>| {
            let (ctl_code, file_id) = (CtlCode::PIPE_TRANSCEIVE, FileId::NONE);
            reply.ok(&IoctlResponse { ctl_code, file_id, input: &[], output: b"late" });
        };
        pair.server.complete(id, &mut pair.output, answer).unwrap();
        assert!(
            matches!(&pair.run().unwrap()[..], [Event::Answered(it)] if it.status() == NtStatus::SUCCESS)
        );
        pair.server.complete(id, &mut pair.output, answer).unwrap();
        assert!(pair.output.is_empty(), "it comes once");

        let requests = pair.client.send(Chain::new(TreeId(7), &ioctl()).unwrap()).unwrap();
        pair.run().unwrap();
        pair.client.cancel(requests[0]).unwrap();
        let events = pair.run().unwrap();
        assert!(matches!(&events[..], [Event::Answered(it)] if it.status() == NtStatus::CANCELLED));
        assert_eq!(pair.stage.cancelled, pair.stage.announced[1..]);

        let compound = Chain::new(TreeId(7), &EchoRequest).unwrap().then(&ioctl()).unwrap();
        assert_eq!(pair.ask(compound).len(), 1, "the announcement goes apart");
        let compound = Chain::new(TreeId(7), &ioctl()).unwrap().then(&EchoRequest).unwrap();
        let statuses: Vec<_> = pair.ask(compound).into_iter().map(|(status, _)| status).collect();
        assert_eq!(statuses, [NtStatus::INTERNAL_ERROR, NtStatus::SUCCESS], "none in the middle");
    }
}

/// A failure here would leave a client without a trusted response after the server has ended its session, so that it
/// does not notice the end.
#[test]
fn an_ended_session_is_reported_under_its_own_keys() {
    for encryption in [Encryption::Off, Encryption::Required] {
        let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption, ..settings() });
        pair.client.send(Chain::new(TreeId(7), &ioctl()).unwrap()).unwrap();
        pair.run().unwrap();
        let open = pair.server.end_session(SessionId(1));
        assert_eq!(open, pair.stage.announced);
        for id in open {
            pair.server.complete(id, &mut pair.output, |reply| reply.error(NtStatus::CANCELLED)).unwrap();
        }
        pair.run().unwrap();
        pair.client.send(Chain::new(TreeId(7), &EchoRequest).unwrap()).unwrap();
        let events = pair.run().unwrap();
        assert!(events.iter().any(|event| matches!(event, Event::SessionEnded)), "{events:?}");
        assert_eq!(pair.server.sessions().count(), 0);
    }
}

/// A failure here would leave the session open after a logoff, or make its response untrusted.
#[test]
fn a_logoff_is_answered_and_ends_the_session() {
    let mut pair = Pair::logged_in(config(|_| ()), settings());
    assert_eq!(
        pair.ask(Chain::new(TreeId::NONE, &crate::msg::LogoffRequest).unwrap())[0].0,
        NtStatus::SUCCESS
    );
    assert_eq!(pair.stage.logged_off, [SessionId(1)]);
    assert_eq!(pair.server.sessions().count(), 0);
}

/// A failure here would make the server carry out a changed, repeated or unsigned message.
#[test]
fn only_the_clients_own_messages_are_carried_out() {
    let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption: Encryption::Off, ..settings() });
    pair.client.send(Chain::new(TreeId(7), &ioctl()).unwrap()).unwrap();
    let mut frame = pair.client.transmit().unwrap()[4..].to_vec();
    for bit in (0..frame.len() * 8).step_by(7) {
        let mut server = Connection::new(Arc::new(settings()));
        std::mem::swap(&mut server.sessions, &mut pair.server.sessions);
        server.negotiated = pair.server.negotiated.clone();
        server.window.grant(64);
        let mut altered = frame.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let _ = server.receive(&mut altered, &mut pair.stage, &mut pair.output);
        pair.output.clear(0);
        assert_eq!(pair.stage.announced, [], "bit {bit}");
        std::mem::swap(&mut server.sessions, &mut pair.server.sessions);
    }
    pair.server.receive(&mut frame.clone(), &mut pair.stage, &mut pair.output).unwrap();
    assert_eq!(pair.stage.announced.len(), 1);
    let again = pair.server.receive(&mut frame, &mut pair.stage, &mut pair.output);
    assert_eq!(again, Err(Fatal::MessageId));
}

/// A failure here would send a file's data unencrypted, because a later message of the same frame breaks the protocol.
#[test]
fn a_fatal_message_leaves_nothing_of_its_frame_to_send() {
    for encryption in [Encryption::Off, Encryption::Required] {
        let mut pair = Pair::logged_in(config(|_| ()), Settings { encryption, ..settings() });
        let read = ReadRequest::new(FileId { persistent: 5, volatile: 5 }, 0, 1000);
        let compound = Chain::new(TreeId(7), &read).unwrap().then(&EchoRequest).unwrap();
        pair.client.send(compound).unwrap();
        // The client has used the number of the echo before.
        let first = (0..).find(|number| pair.server.window.clone().take(*number, 1)).unwrap();
        assert!(pair.server.window.take(first + 1, 1));
        let mut frame = pair.client.transmit().unwrap()[4..].to_vec();
        let received = pair.server.receive(&mut frame, &mut pair.stage, &mut pair.output);
        assert_eq!(received, Err(Fatal::MessageId), "{encryption:?}");
        assert_eq!(pair.stage.trees, [TreeId(7)], "the server has read the file");
        assert!(pair.output.is_empty() && pair.output.as_slice().is_empty(), "{encryption:?}");
    }
}

proptest::proptest! {
    /// A failure here would let an unknown client crash the server with a few bytes.
    #[test]
    fn garbage_is_refused(frames in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..200), 1..5), smb in 0_u8..3) {
        let mut server = Connection::new(Arc::new(settings()));
        let mut output = Output::new();
        for mut frame in frames {
            if let (Some(first), true) = (frame.first_chunk_mut::<4>(), smb < 2) {
                first.copy_from_slice(if smb == 0 { b"\xfeSMB" } else { b"\xfdSMB" });
            }
            let _ = server.receive(&mut frame, &mut Stage::default(), &mut output);
        }
    }
}
