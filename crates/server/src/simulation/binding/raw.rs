//! A client that uses one session over several connections, message by message, which the client's state machine does
//! not do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::{Close, Connection};
use crate::state::Inbox;
use netsession_smb::auth::Inputs;
use netsession_smb::auth::ntlm::{self, Credentials};
use netsession_smb::auth::spnego::{self, Action};
use netsession_smb::crypto::{
    Cipher, DecryptionKey, EncryptionKey, KeyContext, NonceSeed, PreauthHash, Role, SessionKey,
    SigningAlgorithm, SigningKey,
};
use netsession_smb::msg::{
    self, Capabilities, Dialect, Form, HashAlgorithm, Header, Message, MessageId, NegotiateContext,
    NegotiateRequest, NegotiateResponse, Packet, SecurityMode, SessionId, SessionSetupFlags,
    SessionSetupRequest, SessionSetupResponse, TreeId, encode,
};
use netsession_smb::server::Output;
use netsession_wire::{Guid, NtStatus};

use crate::simulation::world::World;

/// The single dialect, cipher and signing algorithm that a connection offers.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulation) struct Offer {
    pub(in crate::simulation) dialect: Dialect,
    pub(in crate::simulation) guid: u8,
    pub(in crate::simulation) cipher: Cipher,
    pub(in crate::simulation) signing: SigningAlgorithm,
    pub(in crate::simulation) capabilities: Capabilities,
}

impl Offer {
    pub(in crate::simulation) const fn usual() -> Self {
        Self {
            dialect: Dialect::SMB_3_1_1,
            guid: 1,
            cipher: Cipher::Aes128Gcm,
            signing: SigningAlgorithm::AesCmac,
            capabilities: Capabilities::ENCRYPTION.union(Capabilities::MULTI_CHANNEL),
        }
    }
}

/// A connection.
pub(in crate::simulation) struct Raw {
    connection: Option<Connection>,
    offer: Offer,
    host: u8,
    next: u64,
    preauth: PreauthHash,
    pub(in crate::simulation) capabilities: Capabilities,
    /// How long the client's logons had to wait.
    pub(super) waited: Vec<Duration>,
}

/// The client's state of a session, which all of its connections share.
pub(in crate::simulation) struct Session {
    pub(in crate::simulation) id: SessionId,
    pub(in crate::simulation) key: SigningKey,
    /// The hash, if the dialect has one.
    pub(in crate::simulation) cipher: Option<(EncryptionKey, DecryptionKey)>,
}

/// The key that signed an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation) enum Signed {
    Not,
    Properly,
}

/// A refused step, and whether the session's key has signed the answer.
pub(in crate::simulation) type Refused = (NtStatus, Signed);

/// The result of a logon.
struct LoggedOn {
    id: SessionId,
    key: SessionKey,
    preauth: PreauthHash,
    last: Vec<u8>,
}

impl Raw {
    /// Connects from the address 127.0.0.`host`.
    pub(in crate::simulation) fn new(world: &World, host: u8, offer: Offer) -> Self {
        let peer = SocketAddr::from(([127, 0, 0, host], 50_000));
        let connection = Some(Connection::new(&world.state, peer, Arc::new(Inbox::new(|| ()))));
        let (preauth, capabilities) = (PreauthHash::new(), Capabilities::empty());
        let waited = Vec::new();
        let mut raw = Self { connection, offer, host, next: 0, preauth, capabilities, waited };
        raw.negotiate();
        raw
    }

    fn negotiate(&mut self) {
        let Offer { dialect, guid, cipher, signing, capabilities } = self.offer;
        let salt = vec![2; 32];
        let contexts = vec![
            NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt },
            NegotiateContext::Encryption(vec![msg::Cipher(cipher.id())]),
            NegotiateContext::Signing(vec![msg::SigningAlgorithm(signing.id())]),
        ];
        let request = NegotiateRequest {
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities,
            client_guid: Guid([guid; 16]),
            dialects: vec![dialect],
            contexts: if dialect == Dialect::SMB_3_1_1 { contexts } else { Vec::new() },
        };
        let sent = self.message(SessionId::NONE, TreeId::NONE, &request);
        let answer = self.exchange(&sent);
        self.preauth.update(&sent);
        self.preauth.update(&answer);
        let response: NegotiateResponse = packet(&answer).body().unwrap();
        self.capabilities = response.capabilities;
    }

    /// The next request, unsigned.
    pub(in crate::simulation) fn message<'a, R: Message<'a>>(
        &mut self,
        id: SessionId,
        tree: TreeId,
        request: &R,
    ) -> Vec<u8> {
        let header = Header {
            credits: 16,
            session_id: id,
            form: Form::Sync { reserved: 0, tree_id: tree },
            ..Header::request(R::COMMAND, MessageId(self.next))
        };
        self.next += 1;
        encode(&header, request).unwrap()
    }

    /// Sends a message, and returns the answer.
    pub(in crate::simulation) fn exchange(&mut self, message: &[u8]) -> Vec<u8> {
        self.send(message).into_iter().next().expect("an answer")
    }

    /// Sends a message, and returns everything that comes back.
    pub(in crate::simulation) fn send(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        let mut output = Output::new();
        let connection = self.connection.as_mut().unwrap();
        connection.receive(&mut message.to_vec(), &mut output).unwrap();
        while let Some(delay) = connection.logon_delay() {
            self.waited.push(delay);
            connection.resume_logon(&mut output).unwrap();
        }
        frames(output.as_slice())
    }

    /// Returns when the server closes the connection.
    pub(in crate::simulation) fn close(&self) -> Option<Close> {
        self.connection.as_ref().and_then(Connection::close)
    }

    /// Lets the server process the signals of other connections; returns everything that it sends.
    pub(in crate::simulation) fn attend(&mut self) -> Vec<Vec<u8>> {
        let mut output = Output::new();
        self.connection.as_mut().unwrap().attend(&mut output).unwrap();
        frames(output.as_slice())
    }

    /// Sends a request signed with a key; returns the answer's status and its bytes, which the same key has signed.
    pub(in crate::simulation) fn ask<'a, R: Message<'a>>(
        &mut self,
        id: SessionId,
        tree: TreeId,
        key: &SigningKey,
        request: &R,
    ) -> (NtStatus, Vec<u8>) {
        let mut message = self.message(id, tree, request);
        key.sign(&mut message).unwrap();
        let answer = self.exchange(&message);
        let status = packet(&answer).header.status;
        if status != NtStatus::PENDING {
            key.verify(&answer).unwrap_or_else(|why| panic!("{status:?}: {why}"));
        }
        (status, answer)
    }

    /// Sets up a session.
    pub(in crate::simulation) fn log_on(&mut self, user: &str) -> Session {
        let none = SessionSetupFlags::empty();
        let on = self.logon(user, "secret", SessionId::NONE, |_| none, None).expect("the password is right");
        let context = self.context(&on.preauth);
        let key = on.key.signing_key(context, self.signing(), Role::Client).unwrap();
        key.verify(&on.last).unwrap();
        let cipher = on.key.cipher_keys(context, self.cipher(), Role::Client, NonceSeed([3; 12])).ok();
        Session { id: on.id, key, cipher }
    }

    /// Binds a session to this connection, and returns the channel's key.
    pub(in crate::simulation) fn bind(
        &mut self,
        session: &Session,
        user: &str,
        password: &str,
    ) -> Result<SigningKey, Refused> {
        let flags = |_| SessionSetupFlags::BINDING;
        let on = self.logon(user, password, session.id, flags, Some(&session.key))?;
        let key = on.key.signing_key(self.context(&on.preauth), self.signing(), Role::Client).unwrap();
        key.verify(&on.last).expect("the channel's key signs what makes it one");
        Ok(key)
    }

    /// Takes the steps of a logon; `flags` marks the steps of a binding.
    fn logon(
        &mut self,
        user: &str,
        password: &str,
        id: SessionId,
        flags: impl Fn(usize) -> SessionSetupFlags,
        sign: Option<&SigningKey>,
    ) -> Result<LoggedOn, Refused> {
        let (mut mechanism, first) = start(user, password, self.host);
        let mut preauth = self.preauth.clone();
        let (mut id, mut token) = (id, first);
        for step in 0.. {
            let sent = self.setup(id, flags(step), token, sign);
            let answer = self.exchange(&sent);
            preauth.update(&sent);
            let header = packet(&answer).header;
            let signed = match sign.map(|key| key.verify(&answer)) {
                Some(Ok(())) => Signed::Properly,
                _ => Signed::Not,
            };
            if header.status == NtStatus::SUCCESS {
                let key = mechanism.session_key().unwrap().clone();
                return Ok(LoggedOn { id: header.session_id, key, preauth, last: answer });
            }
            if header.status != NtStatus::MORE_PROCESSING_REQUIRED {
                return Err((header.status, signed));
            }
            assert_eq!(signed == Signed::Properly, sign.is_some(), "the session's key signs each step");
            preauth.update(&answer);
            let response: SessionSetupResponse = packet(&answer).body().unwrap();
            let action = mechanism.step(&response.security_buffer).unwrap();
            (id, token) = (header.session_id, run(&mut mechanism, action, self.host));
        }
        unreachable!()
    }

    /// One step of a logon.
    pub(in crate::simulation) fn setup(
        &mut self,
        id: SessionId,
        flags: SessionSetupFlags,
        security_buffer: Vec<u8>,
        sign: Option<&SigningKey>,
    ) -> Vec<u8> {
        let request = SessionSetupRequest {
            flags,
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            previous_session_id: SessionId::NONE,
            security_buffer,
        };
        let mut message = self.message(id, TreeId::NONE, &request);
        if let Some(key) = sign {
            key.sign(&mut message).unwrap();
        }
        message
    }

    /// A binding whose second step is no longer one.
    pub(in crate::simulation) fn half_bind(&mut self, session: &Session, rest: SessionSetupFlags) -> Refused {
        let flags = |step| if step == 0 { SessionSetupFlags::BINDING } else { rest };
        match self.logon("alice", "secret", session.id, flags, Some(&session.key)) {
            Ok(_) => panic!("it became a logon of its own"),
            Err(refused) => refused,
        }
    }

    fn context<'a>(&self, preauth: &'a PreauthHash) -> KeyContext<'a> {
        if self.offer.dialect == Dialect::SMB_3_1_1 {
            KeyContext::Smb311(preauth)
        } else if self.offer.dialect >= Dialect::SMB_3_0 {
            KeyContext::Smb30
        } else {
            KeyContext::Smb2
        }
    }

    fn signing(&self) -> SigningAlgorithm {
        match self.offer.dialect {
            Dialect::SMB_3_1_1 => self.offer.signing,
            dialect if dialect >= Dialect::SMB_3_0 => SigningAlgorithm::AesCmac,
            _ => SigningAlgorithm::HmacSha256,
        }
    }

    fn cipher(&self) -> Cipher {
        if self.offer.dialect == Dialect::SMB_3_1_1 { self.offer.cipher } else { Cipher::Aes128Ccm }
    }
}

/// The first token of a logon; `draw` is the client's random bytes.
pub(in crate::simulation) fn start(user: &str, password: &str, draw: u8) -> (spnego::Client, Vec<u8>) {
    let credentials = Credentials::with_password(user, "", password);
    let mechanism = ntlm::Client::new(credentials, "cifs/world", "").unwrap();
    let mut client = spnego::Client::new(vec![Box::new(mechanism)], &[]).unwrap();
    let action = client.start().unwrap();
    let token = run(&mut client, action, draw);
    (client, token)
}

/// Runs the steps that the client asks for, and returns the token.
fn run(client: &mut spnego::Client, action: Action, draw: u8) -> Vec<u8> {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(draw);
        Ok(())
    };
    let mut inputs = Inputs::new(134_000_000_000_000_000, &mut random);
    client.run(action, &mut inputs).unwrap().expect("a token")
}

/// One answer.
pub(in crate::simulation) fn packet(bytes: &[u8]) -> Packet<'_> {
    Packet::split(bytes).next().unwrap().unwrap()
}

fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<4>() {
        let (frame, rest) = rest.split_at(usize::try_from(u32::from_be_bytes(*header)).unwrap());
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}
