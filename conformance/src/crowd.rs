//! [`Crowd`]: many sessions on one connection. The protocol allows this, but hardly any client does it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use netsession_smb::auth::{Inputs, ntlm, spnego};
use netsession_smb::crypto::{KeyContext, PreauthHash, Role, SigningAlgorithm, SigningKey};
use netsession_smb::msg::{
    self, Body, Capabilities, Dialect, EchoRequest, FRAME_HEADER_LEN, HashAlgorithm, Header, Message,
    MessageId, NegotiateContext, NegotiateRequest, Packet, SecurityMode, SessionId, SessionSetupFlags,
    SessionSetupRequest, SessionSetupResponse, TreeConnectFlags, TreeConnectRequest, encode, frame_header,
};
use netsession_wire::{Guid, NtStatus};

use crate::samba::PASSWORD;

/// The algorithm that signs messages.
const SIGNING: SigningAlgorithm = SigningAlgorithm::AesCmac;
/// AES-128-GCM, so that each session has encryption keys too.
const CIPHER: msg::Cipher = msg::Cipher::AES_128_GCM;

/// A connection on SMB 3.1.1 with many sessions. Dropping it ends them.
#[derive(Debug)]
pub struct Crowd {
    stream: TcpStream,
    next: u64,
    /// After the negotiation.
    preauth: PreauthHash,
}

/// An answer.
struct Answer(Vec<u8>);

impl Crowd {
    /// Connects and negotiates.
    ///
    /// # Errors
    /// The server cannot be reached, or does not speak 3.1.1.
    pub fn connect(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut crowd = Self { stream, next: 0, preauth: PreauthHash::new() };
        let request = NegotiateRequest {
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::LARGE_MTU | Capabilities::ENCRYPTION,
            client_guid: Guid([9; 16]),
            dialects: vec![Dialect::SMB_3_1_1],
            contexts: vec![
                NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: vec![5; 32] },
                NegotiateContext::Encryption(vec![CIPHER]),
                NegotiateContext::Signing(vec![msg::SigningAlgorithm(SIGNING.id())]),
            ],
        };
        let mut preauth = PreauthHash::new();
        let answer = crowd.ask(SessionId::NONE, &request, None, &mut preauth)?;
        ensure!(answer.packet()?.header.status == NtStatus::SUCCESS, "NEGOTIATE was refused");
        crowd.preauth = preauth;
        Ok(crowd)
    }

    /// Sets up a session of `user`, whose password is [`PASSWORD`], and connects it to `share`.
    ///
    /// # Errors
    /// The server refuses.
    pub fn join(&mut self, user: &str, share: &str) -> Result<SessionId> {
        let credentials = ntlm::Credentials::with_password(user, "", PASSWORD);
        let ntlm = ntlm::Client::new(credentials, "cifs/127.0.0.1", "")?;
        let mut logon = spnego::Client::new(vec![Box::new(ntlm)], &[])?;
        // Nobody listens on loopback: values that are otherwise random need only be different here.
        let next = self.next.to_le_bytes();
        let mut random = |bytes: &mut [u8]| {
            bytes.fill(3);
            bytes.iter_mut().zip(next).for_each(|(to, from)| *to = from);
            Ok(())
        };
        let mut inputs = Inputs::new(134_000_000_000_000_000, &mut random);
        let mut preauth = self.preauth.clone();
        let start = logon.start()?;
        let token = logon.run(start, &mut inputs)?.context("no first token")?;
        let first = self.ask(SessionId::NONE, &setup(token), None, &mut preauth)?;
        let first = first.packet()?;
        ensure!(first.header.status == NtStatus::MORE_PROCESSING_REQUIRED, "{:?}", first.header.status);
        let id = first.header.session_id;
        let step = logon.step(&first.body::<SessionSetupResponse>()?.security_buffer)?;
        let token = logon.run(step, &mut inputs)?.context("no second token")?;
        let request = self.frame(id, &setup(token), None)?;
        preauth.update(request.get(FRAME_HEADER_LEN..).unwrap_or_default());
        let last = self.exchange(&request)?;
        ensure!(last.packet()?.header.status == NtStatus::SUCCESS, "{:?}", last.packet()?.header.status);
        let key = logon.session_key().context("a logon without a key")?;
        let key = key.signing_key(KeyContext::Smb311(&preauth), SIGNING, Role::Client)?;
        let path = format!(r"\\127.0.0.1\{share}");
        let connect = TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None };
        let frame = self.frame(id, &connect, Some(&key))?;
        let connected = self.exchange(&frame)?;
        let status = connected.packet()?.header.status;
        ensure!(status == NtStatus::SUCCESS, "TREE_CONNECT: {status:?}");
        Ok(id)
    }

    /// Sends requests without a session, and reads no answer.
    ///
    /// # Errors
    /// The connection is closed.
    pub fn send_echoes(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            let frame = self.frame(SessionId::NONE, &EchoRequest, None)?;
            self.stream.write_all(&frame)?;
        }
        Ok(())
    }

    /// Begins a logon, and leaves it unfinished.
    ///
    /// # Errors
    /// The server refuses.
    pub fn begin_logon(&mut self) -> Result<()> {
        let mut random = |bytes: &mut [u8]| {
            bytes.fill(3);
            Ok(())
        };
        let ntlm = ntlm::Client::new(ntlm::Credentials::with_password("bob", "", PASSWORD), "cifs/x", "")?;
        let mut logon = spnego::Client::new(vec![Box::new(ntlm)], &[])?;
        let start = logon.start()?;
        let token = logon.run(start, &mut Inputs::new(1, &mut random))?.context("no first token")?;
        let frame = self.frame(SessionId::NONE, &setup(token), None)?;
        let status = self.exchange(&frame)?.packet()?.header.status;
        ensure!(status == NtStatus::MORE_PROCESSING_REQUIRED, "{status:?}");
        Ok(())
    }

    /// Reads until the server closes the connection.
    ///
    /// # Errors
    /// The server keeps it open for 20 seconds after its last answer.
    pub fn wait_for_close(&mut self) -> Result<()> {
        let mut discarded = [0; 4096];
        while self.stream.read(&mut discarded)? > 0 {}
        Ok(())
    }

    /// Sends a request of the negotiation or a logon, and adds it and its response to the hash.
    fn ask<'a, M: Message<'a>>(
        &mut self,
        session: SessionId,
        request: &M,
        key: Option<&SigningKey>,
        preauth: &mut PreauthHash,
    ) -> Result<Answer> {
        let frame = self.frame(session, request, key)?;
        preauth.update(frame.get(FRAME_HEADER_LEN..).unwrap_or_default());
        let answer = self.exchange(&frame)?;
        preauth.update(&answer.0);
        Ok(answer)
    }

    fn frame<'a, M: Message<'a> + Body<'a>>(
        &mut self,
        session_id: SessionId,
        request: &M,
        key: Option<&SigningKey>,
    ) -> Result<Vec<u8>> {
        let header = Header { session_id, credits: 64, ..Header::request(M::COMMAND, MessageId(self.next)) };
        self.next += 1;
        let mut message = encode(&header, request)?;
        if let Some(key) = key {
            key.sign(&mut message)?;
        }
        Ok([&frame_header(message.len())?[..], &message].concat())
    }

    fn exchange(&mut self, frame: &[u8]) -> Result<Answer> {
        self.stream.write_all(frame)?;
        let mut length = [0; FRAME_HEADER_LEN];
        self.stream.read_exact(&mut length)?;
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length))?];
        self.stream.read_exact(&mut answer)?;
        Ok(Answer(answer))
    }
}

impl Answer {
    fn packet(&self) -> Result<Packet<'_>> {
        Ok(Packet::split(&self.0).next().context("an empty answer")??)
    }
}

fn setup(security_buffer: Vec<u8>) -> SessionSetupRequest {
    SessionSetupRequest {
        flags: SessionSetupFlags::empty(),
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::empty(),
        previous_session_id: SessionId::NONE,
        security_buffer,
    }
}
