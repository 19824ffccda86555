//! The client's state machine against the server's, with the tests in between: they hold frames back,
//! reorder, cut, change and forge them.

mod arbitrary;
mod flow;
mod negotiation;
mod protection;
mod replay;

use std::sync::Arc;

use netsession_wire::{Guid, NtStatus};

use super::{Answer, Chain, Client, Config, Entropy, Error, Event, RequestId};
use crate::auth::ntlm::{self, Credentials, NtHash};
use crate::auth::testing::with_inputs;
use crate::auth::{AuthError, Claim, Verifier};
use crate::fscc::{AccessMask, FileTime};
use crate::msg::{
    AsyncId, Command, CtlCode, FRAME_HEADER_LEN, FileId, IoctlRequest, ReadRequest, SessionId,
    ShareCapabilities, ShareFlags, ShareType, TreeConnectFlags, TreeConnectRequest, TreeConnectResponse,
    TreeId, frame_header,
};
use crate::server::{
    Connection, Decision, Encryption, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings,
};

const NOW: i64 = 134_000_000_000_000_000;
const TREE: TreeId = TreeId(7);
const FILE: FileId = FileId { persistent: 5, volatile: 6 };

/// A host with one user and one share. READ returns bytes that depend on the offset; the host answers IOCTL later.
#[derive(Default)]
struct Stage {
    draws: u8,
    sessions: u64,
    announced: Vec<AsyncId>,
    share_flags: Option<ShareFlags>,
}

impl Host for Stage {
    fn now(&self) -> FileTime {
        FileTime(NOW)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        self.draws += 1;
        bytes.fill(self.draws);
    }

    fn decide(&mut self, claim: &Claim) -> Decision {
        Decision::Verify(match claim.user.eq_ignore_ascii_case("alice") {
            true => Verifier::NtHash(NtHash::of_password("secret")),
            false => Verifier::UnknownUser,
        })
    }

    fn session_id(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    fn logged_on(&mut self, _: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        Ok(())
    }

    fn logon_failed(&mut self, _: Option<&Claim>, _: Option<&AuthError>) {}

    fn logged_off(&mut self, _: SessionId) {}

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        match request.header().command {
            Command::TREE_CONNECT => {
                reply.tree(TREE);
                reply.ok(&TreeConnectResponse {
                    share_type: ShareType::DISK,
                    share_flags: self.share_flags.unwrap_or_default(),
                    capabilities: ShareCapabilities::empty(),
                    maximal_access: AccessMask::FILE_ALL,
                });
            }
            Command::READ => {
                let read = request.body::<ReadRequest<'_>>().unwrap();
                let [byte, ..] = read.offset.to_le_bytes();
                reply.read(usize::try_from(read.length).unwrap(), |buffer| {
                    buffer.fill(byte);
                    Ok((buffer.len(), NtStatus::SUCCESS))
                });
            }
            Command::IOCTL => self.announced.push(reply.announce().unwrap()),
            _ => reply.error(NtStatus::NOT_SUPPORTED),
        }
    }

    fn cancelled(&mut self, _: AsyncId) {}
}

/// The two state machines.
struct Bench {
    client: Client,
    server: Connection,
    stage: Stage,
    output: Output,
}

impl Bench {
    /// Returns a pair that has sent nothing yet, and whose client is about to log in.
    fn new(config: Config, settings: Settings) -> Self {
        let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
        let mut client = Client::new(config, entropy).unwrap();
        let credentials = Credentials::with_password("alice", "", "secret");
        let mechanism = ntlm::Client::new(credentials, "cifs/stage", "").unwrap();
        client.log_in(vec![Box::new(mechanism)]).unwrap();
        let server = Connection::new(Arc::new(settings));
        Self { client, server, stage: Stage::default(), output: Output::new() }
    }

    /// Returns a pair whose client has logged in and is connected to the share.
    fn ready(config: Config, settings: Settings) -> Self {
        let mut bench = Self::new(config, settings);
        bench.run().unwrap();
        bench.ask(Chain::new(TreeId::NONE, &tree_connect()).unwrap());
        bench
    }

    /// Ready with signing only.
    fn signed() -> Self {
        Self::ready(config(), Settings { encryption: Encryption::Off, ..settings() })
    }

    /// Ready with encryption.
    fn encrypted() -> Self {
        Self::ready(config(), settings())
    }

    /// Passes the client's messages to the server, and returns the server's answers, each with its prefix.
    fn answers(&mut self) -> Vec<Vec<u8>> {
        self.run_login_steps().unwrap();
        while let Some(frame) = self.client.transmit() {
            let mut message = frame[FRAME_HEADER_LEN..].to_vec();
            self.server.receive(&mut message, &mut self.stage, &mut self.output).unwrap();
        }
        self.output()
    }

    fn run_login_steps(&mut self) -> Result<(), Error> {
        with_inputs(1, |inputs| self.client.run_login_steps(inputs))
    }

    /// Returns the server's messages.
    fn output(&mut self) -> Vec<Vec<u8>> {
        let mut rest = self.output.as_slice();
        let mut frames = Vec::new();
        while let Some((head, after)) = rest.split_first_chunk::<FRAME_HEADER_LEN>() {
            let length = usize::try_from(u32::from_be_bytes(*head)).unwrap();
            frames.push([head, &after[..length]].concat());
            rest = &after[length..];
        }
        self.output.clear(0);
        frames
    }

    /// Carries frames until neither side sends any more.
    fn run(&mut self) -> Result<Vec<Event>, Error> {
        loop {
            let answers = self.answers();
            if answers.is_empty() {
                return Ok(self.events());
            }
            for answer in answers {
                self.client.receive(&answer)?;
                self.run_login_steps()?;
            }
        }
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.next_event()).collect()
    }

    fn ask(&mut self, chain: Chain) -> Vec<Answer> {
        self.client.send(chain).unwrap();
        answered(self.run().unwrap())
    }

    fn send(&mut self, chain: Chain) -> RequestId {
        self.client.send(chain).unwrap()[0]
    }
}

fn answered(events: Vec<Event>) -> Vec<Answer> {
    let answers = events.into_iter().filter_map(|event| match event {
        Event::Answered(answer) => Some(answer),
        _ => None,
    });
    answers.collect()
}

fn config() -> Config {
    Config::new("stage")
}

fn settings() -> Settings {
    let names = ntlm::ServerConfig {
        netbios_computer: "STAGE".into(),
        netbios_domain: "STAGE".into(),
        dns_computer: "stage".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    Settings::new(Guid([9; 16]), names)
}

fn tree_connect() -> TreeConnectRequest {
    TreeConnectRequest { flags: TreeConnectFlags::empty(), path: r"\\stage\share".into(), contexts: None }
}

/// Reads bytes that are all `byte`.
fn read(byte: u8, length: u32) -> Chain {
    Chain::new(TREE, &ReadRequest::new(FILE, u64::from(byte), length)).unwrap()
}

/// A request that the server answers when the test decides so.
fn slow() -> Chain {
    Chain::new(TREE, &IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FILE, b"x", 16)).unwrap()
}

/// A message with the transport's prefix.
fn framed(message: &[u8]) -> Vec<u8> {
    [&frame_header(message.len()).unwrap(), message].concat()
}
