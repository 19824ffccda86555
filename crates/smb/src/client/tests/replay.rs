//! A recorded exchange of this client with Samba 4.17: logon, the pipe opened and bound in one compound, an
//! echo, and everything closed in another. The client's random bytes are fixed, so that it sends the same messages again.
//!
//! Each line of a recording is one message: `C` from the client, `S` from the server. To record again, run
//! `NETSESSION_RECORD=127.0.0.1:PORT cargo test -p netsession-smb record_again -- --ignored`, against a Samba with the user
//! `alice` whose password is `Passw0rd!`.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;

use netsession_wire::NtStatus;

use super::*;
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, Dialect,
    EchoRequest, IoctlResponse, LogoffRequest, OplockLevel, ShareAccess, TreeDisconnectRequest,
};

/// A DCE/RPC bind to srvsvc.
const BIND: [u8; 72] = *b"\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\xb8\x10\xb8\x10\
    \x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\xc8\x4f\x32\x4b\x70\x16\xd3\x01\x12\x78\x5a\x47\xbf\x6e\xe1\x88\
    \x03\x00\x00\x00\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00";

macro_rules! recordings {
    ($($name:literal: $config:expr),+ $(,)?) => {
        [$(($name, $config, include_str!(concat!("../../../tests/golden/client/", $name, ".txt")))),+]
    };
}

fn recordings() -> [(&'static str, Config, &'static str); 7] {
    let with = |dialect, ciphers: &[Cipher]| {
        let dialects = Config::DIALECTS.into_iter().filter(|it| *it <= dialect).collect();
        Config { dialects, ciphers: ciphers.to_vec(), ..config() }
    };
    let signing = |algorithm| Config { signing_algorithms: vec![algorithm], ..with(Dialect::SMB_3_1_1, &[]) };
    recordings! {
        "2.1-hmac": with(Dialect::SMB_2_1, &[]),
        "3.0-cmac": with(Dialect::SMB_3_0, &[]),
        "3.0.2-aes-128-ccm": with(Dialect::SMB_3_0_2, &[Cipher::Aes128Ccm]),
        "3.1.1-cmac": signing(SigningAlgorithm::AesCmac),
        "3.1.1-gmac": signing(SigningAlgorithm::AesGmac),
        "3.1.1-aes-128-gcm": with(Dialect::SMB_3_1_1, &[Cipher::Aes128Gcm]),
        "3.1.1-aes-256-ccm": with(Dialect::SMB_3_1_1, &[Cipher::Aes256Ccm]),
    }
}

/// Carries the client's messages, and returns one message with its prefix.
trait Peer {
    fn carry(&mut self, sent: Vec<Vec<u8>>) -> Vec<u8>;
}

/// Runs the whole conversation; returns the names of the steps that it reached, and why it ended.
fn converse(config: Config, peer: &mut dyn Peer) -> (Vec<&'static str>, Result<(), Error>) {
    let mut reached = Vec::new();
    let done = conversation(config, peer, &mut reached);
    (reached, done)
}

fn conversation(config: Config, peer: &mut dyn Peer, reached: &mut Vec<&'static str>) -> Result<(), Error> {
    let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
    let mut client = Client::new(config, entropy)?;
    let credentials = Credentials::with_password("alice", "", "Passw0rd!");
    let mechanism = ntlm::Client::new(credentials, "cifs/stage", "")?;
    client.log_in(vec![Box::new(mechanism)])?;
    while client.session().is_none() {
        receive(&mut client, peer)?;
    }
    reached.push("logged in");

    let create = CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: crate::msg::ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::from_bits_retain(0x0012_019f),
        file_attributes: crate::fscc::FileAttributes::empty(),
        share_access: ShareAccess::all(),
        create_disposition: CreateDisposition::OPEN,
        create_options: CreateOptions::empty(),
        name: "srvsvc".into(),
        contexts: Vec::new(),
    };
    let path = r"\\127.0.0.1\IPC$".to_owned();
    let tree = TreeConnectRequest { path, ..tree_connect() };
    let bind = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FileId::NONE, &BIND, 4280);
    let opened = ask(&mut client, peer, Chain::new(TreeId::NONE, &tree)?.then(&create)?.then(&bind)?)?;
    let tree_id = opened[0].header().tree_id().unwrap();
    let file_id = opened[1].body::<CreateResponse>()?.file_id;
    assert_eq!(opened[2].body::<IoctlResponse<'_>>()?.output[2], 12, "a bind_ack");
    reached.push("bound");

    ask(&mut client, peer, Chain::new(TreeId::NONE, &EchoRequest)?)?;
    reached.push("echoed");
    let close = CloseRequest { flags: CloseFlags::empty(), file_id };
    ask(&mut client, peer, Chain::new(tree_id, &close)?.then(&TreeDisconnectRequest)?.then(&LogoffRequest)?)?;
    reached.push("logged off");
    Ok(())
}

fn ask(client: &mut Client, peer: &mut dyn Peer, chain: Chain) -> Result<Vec<Answer>, Error> {
    let count = client.send(chain)?.len();
    let mut answers = Vec::new();
    while answers.len() < count {
        receive(client, peer)?;
        answers.extend(answered(std::iter::from_fn(|| client.next_event()).collect()));
    }
    answers.sort_by_key(Answer::request);
    assert!(answers.iter().all(|answer| answer.status() == NtStatus::SUCCESS), "{answers:?}");
    Ok(answers)
}

fn receive(client: &mut Client, peer: &mut dyn Peer) -> Result<(), Error> {
    let sent = std::iter::from_fn(|| client.transmit()).collect();
    let mut receive = |piece: &[u8]| {
        client.receive(piece)?;
        with_inputs(1, |inputs| client.run_login_steps(inputs))
    };
    peer.carry(sent).chunks(97).try_for_each(&mut receive)
}

/// A recording that is played.
struct Tape {
    lines: std::vec::IntoIter<(char, Vec<u8>)>,
    answers: usize,
    /// The answer to change, and the byte in it.
    change: Option<(usize, usize)>,
}

impl Tape {
    fn new(recording: &str) -> Self {
        let lines = recording.lines().map(|line| {
            let (sender, hex) = line.split_once(' ').unwrap();
            let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
            (sender.chars().next().unwrap(), bytes.collect())
        });
        let lines: Vec<_> = lines.collect();
        Self { lines: lines.into_iter(), answers: 0, change: None }
    }
}

impl Peer for Tape {
    fn carry(&mut self, sent: Vec<Vec<u8>>) -> Vec<u8> {
        for frame in sent {
            let (sender, message) = self.lines.next().unwrap();
            // After a change, the client may send other messages.
            if self.change.is_none() {
                assert_eq!((sender, &message[..]), ('C', &frame[FRAME_HEADER_LEN..]));
            }
        }
        let (_, mut message) = self.lines.next().unwrap();
        if let Some((answer, byte)) = self.change
            && answer == self.answers
        {
            message[byte] ^= 1 << (byte % 8);
        }
        self.answers += 1;
        framed(&message)
    }
}

/// A failure here would mean that the client sends other requests than a real server understood, or no longer
/// understands the server.
#[test]
fn recorded_conversations_replay_unchanged() {
    for (name, config, recording) in recordings() {
        let (reached, done) = converse(config, &mut Tape::new(recording));
        assert_eq!((reached.len(), done), (4, Ok(())), "{name}");
    }
}

/// A failure here would mean that an attacker can change part of a real server's responses unnoticed.
#[test]
fn a_change_in_a_recorded_answer_is_noticed() {
    for (name, config, recording) in recordings() {
        let answers: Vec<_> = Tape::new(recording).lines.filter(|(sender, _)| *sender == 'S').collect();
        for (answer, (_, message)) in answers.iter().enumerate() {
            let interim = message.get(8..12) == Some(&NtStatus::PENDING.0.to_le_bytes());
            // In the login of an old dialect, only the last answer is protected; the client checks parts of the rest
            // later.
            let unprotected = !config.dialects.contains(&Dialect::SMB_3_1_1) && answer < 2;
            if interim || unprotected {
                continue;
            }
            for byte in (0..message.len()).step_by(3) {
                let mut tape = Tape { change: Some((answer, byte)), ..Tape::new(recording) };
                let (reached, done) = converse(config.clone(), &mut tape);
                assert!(done.is_err(), "{name}: byte {byte} of answer {answer}; {reached:?}");
            }
        }
    }
}

/// Records a real server.
struct Recorder {
    stream: TcpStream,
    recording: String,
}

impl Recorder {
    fn note(&mut self, sender: char, message: &[u8]) {
        let hex: String = message.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.recording += &format!("{sender} {hex}\n");
    }
}

impl Peer for Recorder {
    fn carry(&mut self, sent: Vec<Vec<u8>>) -> Vec<u8> {
        for frame in sent {
            self.stream.write_all(&frame).unwrap();
            self.note('C', &frame[FRAME_HEADER_LEN..]);
        }
        let mut head = [0; FRAME_HEADER_LEN];
        self.stream.read_exact(&mut head).unwrap();
        let mut message = vec![0; usize::try_from(u32::from_be_bytes(head)).unwrap()];
        self.stream.read_exact(&mut message).unwrap();
        self.note('S', &message);
        framed(&message)
    }
}

/// This is the tool that makes the recordings, not a test, and `--full` does not run it. If it fails, the client and
/// the server do not understand each other.
#[test]
#[ignore = "a tool, not a test: records the exchanges again, at a Samba server that NETSESSION_RECORD names"]
fn record_again() {
    let address = std::env::var("NETSESSION_RECORD").expect("NETSESSION_RECORD names no server");
    for (name, config, _) in recordings() {
        let mut recorder =
            Recorder { stream: TcpStream::connect(&address).unwrap(), recording: String::new() };
        let (_, done) = converse(config, &mut recorder);
        assert_eq!(done, Ok(()), "{name}");
        let path = format!("{}/tests/golden/client/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, recorder.recording).unwrap();
    }
}
