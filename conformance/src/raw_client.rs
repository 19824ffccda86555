//! [`RawClient`]: the client's state machine over a blocking socket. It sends any message that a test needs, and reads
//! answers only when the test asks for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use netsession_smb::auth::ntlm::{self, Credentials};
use netsession_smb::auth::spnego::Oid;
use netsession_smb::auth::{AuthError, Inputs, Mechanism, Step};
use netsession_smb::client::{Answer, Chain, Client, Config, Entropy, Event};
use netsession_smb::crypto::SessionKey;
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    CreateDisposition, CreateOptions, CreateRequest, CreateResponse, FileId, ImpersonationLevel, OplockLevel,
    ShareAccess, TreeConnectFlags, TreeConnectRequest, TreeId,
};
use netsession_wire::{Guid, NtStatus};

use crate::samba::PASSWORD;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a request that opens or creates a file with every right, and excludes nobody.
#[must_use]
pub fn create(
    name: &str,
    create_disposition: CreateDisposition,
    create_options: CreateOptions,
) -> CreateRequest {
    CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::MAXIMUM_ALLOWED,
        file_attributes: FileAttributes::NORMAL,
        share_access: ShareAccess::all(),
        create_disposition,
        create_options,
        name: name.into(),
        contexts: Vec::new(),
    }
}

/// A client that has logged on and is connected to a share. Dropping it closes the connection.
#[derive(Debug)]
pub struct RawClient {
    client: Client,
    stream: TcpStream,
    tree: TreeId,
}

impl RawClient {
    /// Logs on as `user`, whose password is [`PASSWORD`], and connects to `share`.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub fn connect(server: SocketAddr, user: &str, share: &str) -> Result<Self> {
        let mut raw = Self::new(server)?;
        let credentials = Credentials::with_password(user, "", PASSWORD);
        let mechanism = ntlm::Client::new(credentials, "cifs/127.0.0.1", "")?;
        raw.log_on(Box::new(mechanism))?;
        let path = format!(r"\\127.0.0.1\{share}");
        let request = TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None };
        let answer = raw.ask(Chain::new(TreeId::NONE, &request)?)?;
        raw.tree = answer.header().tree_id().with_context(|| format!("{share}: {:?}", answer.status()))?;
        Ok(raw)
    }

    /// Logs on with this mechanism, and connects to no share.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub fn connect_with(server: SocketAddr, mechanism: Box<dyn Mechanism>) -> Result<Self> {
        let mut raw = Self::new(server)?;
        raw.log_on(mechanism)?;
        Ok(raw)
    }

    fn new(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let entropy = Entropy { client_guid: Guid([7; 16]), salt: [2; 32], nonce_seed: [3; 12] };
        let client = Client::new(Config::new("127.0.0.1"), entropy)?;
        Ok(Self { client, stream, tree: TreeId::NONE })
    }

    fn log_on(&mut self, mechanism: Box<dyn Mechanism>) -> Result<()> {
        self.client.log_in(vec![mechanism])?;
        self.transmit()?;
        while !matches!(self.next()?, Event::LoggedIn) {}
        Ok(())
    }

    /// The connection to the share.
    #[must_use]
    pub const fn tree(&self) -> TreeId {
        self.tree
    }

    /// Sends requests in one frame, and reads no answer.
    ///
    /// # Errors
    /// The connection is broken, or there are not enough credits.
    pub fn send(&mut self, chain: Chain) -> Result<()> {
        self.client.send(chain)?;
        self.transmit()
    }

    /// Sends bytes as they are, such as a part of a frame.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Reads the next answer.
    ///
    /// # Errors
    /// The connection is broken, or the server sends nothing for a minute.
    pub fn answer(&mut self) -> Result<Answer> {
        loop {
            if let Event::Answered(answer) = self.next()? {
                return Ok(answer);
            }
        }
    }

    /// Sends one request, and reads the answer.
    ///
    /// # Errors
    /// As [`RawClient::send`] and [`RawClient::answer`].
    pub fn ask(&mut self, chain: Chain) -> Result<Answer> {
        self.send(chain)?;
        self.answer()
    }

    /// Opens or creates a file.
    ///
    /// # Errors
    /// The server refuses, or as [`RawClient::ask`].
    pub fn open(&mut self, request: &CreateRequest) -> Result<FileId> {
        let answer = self.ask(Chain::new(self.tree, request)?)?;
        match answer.status() {
            NtStatus::SUCCESS => Ok(answer.body::<CreateResponse>()?.file_id),
            status => bail!("CREATE: {status:?}"),
        }
    }

    fn transmit(&mut self) -> Result<()> {
        while let Some(frame) = self.client.transmit() {
            self.stream.write_all(&frame)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.client.next_event() {
                return Ok(event);
            }
            let mut buffer = [0; 65_536];
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                bail!("the server has closed the connection");
            }
            self.client.receive(buffer.get(..count).unwrap_or_default())?;
            // Nobody listens on loopback.
            let mut random = |bytes: &mut [u8]| {
                bytes.fill(1);
                Ok(())
            };
            self.client.run_login_steps(&mut Inputs::new(134_000_000_000_000_000, &mut random))?;
            self.transmit()?;
        }
    }
}

/// A token of Kerberos that somebody has recorded, or made up: a mechanism that sends it once.
#[derive(Debug)]
pub struct RecordedToken(pub Vec<u8>);

impl Mechanism for RecordedToken {
    fn oids(&self) -> &'static [Oid<'static>] {
        const OIDS: &[Oid<'static>] = &[Oid(b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02")];
        OIDS
    }

    fn step(&mut self, token: Option<&[u8]>, _: &mut Inputs<'_>) -> Result<Step, AuthError> {
        match token {
            None => Ok(Step { token: Some(self.0.clone()), is_complete: false }),
            // An attacker who has only recorded the token cannot read the answer.
            Some(_) => Ok(Step { token: None, is_complete: true }),
        }
    }

    fn session_key(&self) -> Option<&SessionKey> {
        None
    }

    fn mic(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn verify_mic(&self, _: &[u8], _: &[u8]) -> Result<(), AuthError> {
        Ok(())
    }
}
