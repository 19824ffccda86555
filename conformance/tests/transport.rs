//! The SMB client of `netsession-smb` against a real smbd, with every dialect, signing algorithm and cipher, and with
//! servers that offer only a part. The pipe is opened in one compound each time, so that a compound is signed and
//! encrypted in every way.

#![cfg(unix)]
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use netsession_conformance::proxy::{Direction, Meddle, Verdict};
use netsession_conformance::{ADMIN, PASSWORD, Proxy, Samba};
use netsession_smb::auth::{Inputs, Mechanism, ntlm};
use netsession_smb::client::{Answer, Chain, Client, Config, Encryption, Entropy, Error, Event, Negotiated};
use netsession_smb::crypto::{Cipher, SigningAlgorithm};
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, CtlCode,
    Dialect, EchoRequest, FileId, ImpersonationLevel, IoctlRequest, LogoffRequest, OplockLevel, ShareAccess,
    TreeConnectFlags, TreeConnectRequest, TreeDisconnectRequest, TreeId,
};
use netsession_wire::{Guid, NtStatus};

/// A blocking socket, and the state machine on it.
struct Peer {
    stream: TcpStream,
    client: Client,
}

impl Peer {
    /// Connects and logs on as the administrator.
    fn log_in(address: SocketAddr, config: Config) -> Result<Self> {
        Self::log_in_as(address, config, ADMIN, PASSWORD)
    }

    fn log_in_as(address: SocketAddr, config: Config, user: &str, password: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
        let mut client = Client::new(config, entropy)?;
        let credentials = ntlm::Credentials::with_password(user, "", password);
        let ntlm: Box<dyn Mechanism> = Box::new(ntlm::Client::new(credentials, "cifs/127.0.0.1", "")?);
        client.log_in(vec![ntlm])?;
        let mut peer = Self { stream, client };
        loop {
            if let Event::LoggedIn = peer.next()? {
                return Ok(peer);
            }
        }
    }

    fn next(&mut self) -> Result<Event> {
        let mut buffer = [0; 8192];
        loop {
            if let Some(event) = self.client.next_event() {
                return Ok(event);
            }
            if let Some(failure) = self.client.failure() {
                return Err(failure.clone().into());
            }
            while let Some(message) = self.client.transmit() {
                self.stream.write_all(&message)?;
            }
            let length = self.stream.read(&mut buffer)?;
            ensure!(length > 0, "the server closed the connection");
            // Report the failure after the events before it.
            let _ = self.client.receive(&buffer[..length]);
            let mut random = |bytes: &mut [u8]| {
                bytes.fill(4);
                Ok(())
            };
            let _ = self.client.run_login_steps(&mut Inputs::new(133_000_000_000_000_000, &mut random));
        }
    }

    /// Sends a chain and waits for all its answers.
    fn exchange(&mut self, chain: Chain) -> Result<Vec<Answer>> {
        let count = self.client.send(chain)?.len();
        let mut answers = Vec::new();
        while answers.len() < count {
            if let Event::Answered(answer) = self.next()? {
                answers.push(answer);
            }
        }
        answers.sort_by_key(Answer::request);
        Ok(answers)
    }

    /// Opens the pipe and binds in one compound, checks the result, and closes everything in another.
    fn use_the_pipe(&mut self) -> Result<()> {
        let transceive = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FileId::NONE, &BIND, 4280);
        let chain = Chain::new(TreeId::NONE, &tree("IPC$"))?.then(&pipe())?.then(&transceive)?;
        let answers = self.exchange(chain)?;
        let statuses: Vec<_> = answers.iter().map(Answer::status).collect();
        ensure!(statuses == [NtStatus::SUCCESS; 3], "opening the pipe: {statuses:?}");
        let [connected, created, _] = answers.as_slice() else { bail!("three answers") };
        let tree_id = connected.header().tree_id().context("no tree")?;
        let file_id = created.body::<CreateResponse>()?.file_id;
        let echo = self.exchange(Chain::new(TreeId::NONE, &EchoRequest)?)?;
        ensure!(echo.iter().all(|answer| answer.status().is_success()), "echo");
        let close = CloseRequest { flags: CloseFlags::empty(), file_id };
        let chain = Chain::new(tree_id, &close)?.then(&TreeDisconnectRequest)?.then(&LogoffRequest)?;
        let statuses: Vec<_> = self.exchange(chain)?.iter().map(Answer::status).collect();
        ensure!(statuses == [NtStatus::SUCCESS; 3], "closing: {statuses:?}");
        ensure!(matches!(self.next()?, Event::SessionEnded), "the session goes on after its logoff");
        Ok(())
    }

    fn negotiated(&self) -> Result<&Negotiated> {
        self.client.negotiated().context("nothing was negotiated")
    }
}

/// A DCE/RPC bind to srvsvc ([C706] 12.6.4.3).
const BIND: [u8; 72] = *b"\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\xb8\x10\xb8\x10\
    \x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\xc8\x4f\x32\x4b\x70\x16\xd3\x01\x12\x78\x5a\x47\xbf\x6e\xe1\x88\
    \x03\x00\x00\x00\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00";

fn tree(share: &str) -> TreeConnectRequest {
    let path = format!(r"\\127.0.0.1\{share}");
    TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None }
}

fn pipe() -> CreateRequest {
    CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::from_bits_retain(0x0012_019f),
        file_attributes: FileAttributes::empty(),
        share_access: ShareAccess::all(),
        create_disposition: CreateDisposition::OPEN,
        create_options: CreateOptions::empty(),
        name: "srvsvc".into(),
        contexts: Vec::new(),
    }
}

fn config() -> Config {
    Config::new("127.0.0.1")
}

fn only(dialect: Dialect) -> Config {
    Config { dialects: vec![dialect], ..config() }
}

fn required() -> Config {
    Config { encryption: Encryption::Required, ..config() }
}

/// Returns the error of the state machine; `None` for another error.
fn failure(result: Result<Peer>) -> Result<Error> {
    match result {
        Ok(peer) => bail!("it works: {:?}", peer.negotiated()?),
        Err(error) => error.downcast(),
    }
}

/// A failure here would mean that netsession cannot list or end sessions with some dialect, signing algorithm or cipher.
#[test]
fn every_way_of_protection_works() -> Result<()> {
    let samba = Samba::start()?;
    let ciphers = [Cipher::Aes128Ccm, Cipher::Aes128Gcm, Cipher::Aes256Ccm, Cipher::Aes256Gcm];
    let signings = [SigningAlgorithm::HmacSha256, SigningAlgorithm::AesCmac, SigningAlgorithm::AesGmac];
    for dialect in Config::DIALECTS {
        let plain = Config { ciphers: vec![], ..only(dialect) };
        let encrypted = only(dialect);
        for config in [plain, encrypted] {
            let mut peer =
                Peer::log_in(samba.address(), config.clone()).with_context(|| format!("{config:?}"))?;
            let negotiated = peer.negotiated()?;
            ensure!(negotiated.dialect == dialect);
            let expected = dialect >= Dialect::SMB_3_0 && !config.ciphers.is_empty();
            ensure!(peer.client.is_encrypted() == expected, "{config:?}");
            peer.use_the_pipe().with_context(|| format!("{config:?}"))?;
        }
    }
    for cipher in ciphers {
        let mut peer = Peer::log_in(samba.address(), Config { ciphers: vec![cipher], ..required() })?;
        ensure!(peer.negotiated()?.cipher == Some(cipher));
        peer.use_the_pipe().with_context(|| format!("{cipher:?}"))?;
    }
    for signing in signings {
        let config = Config { signing_algorithms: vec![signing], ciphers: vec![], ..config() };
        let mut peer = Peer::log_in(samba.address(), config)?;
        ensure!(peer.negotiated()?.signing == signing);
        peer.use_the_pipe().with_context(|| format!("{signing:?}"))?;
    }
    Ok(())
}

/// A failure here would lock the administrator out of servers that offer only a part: each of these is in use somewhere.
#[test]
fn servers_that_offer_a_part_work() -> Result<()> {
    type Check = fn(&Peer) -> Result<bool>;
    let servers: [(&[&str], Check); 10] = [
        (&["smb encrypt = required"], |peer| Ok(peer.client.is_encrypted())),
        (&["smb encrypt = off"], |peer| Ok(!peer.client.is_encrypted())),
        (&["server smb3 encryption algorithms = AES-256-GCM"], |peer| {
            Ok(peer.negotiated()?.cipher == Some(Cipher::Aes256Gcm))
        }),
        (&["server smb3 encryption algorithms = AES-256-CCM", "smb encrypt = required"], |peer| {
            Ok(peer.negotiated()?.cipher == Some(Cipher::Aes256Ccm))
        }),
        (&["server signing = mandatory", "smb encrypt = off"], |peer| {
            Ok(peer.negotiated()?.signing == SigningAlgorithm::AesGmac)
        }),
        (&["server max protocol = SMB2_10"], |peer| Ok(peer.negotiated()?.dialect == Dialect::SMB_2_1)),
        (&["server min protocol = SMB3_00", "server max protocol = SMB3_00"], |peer| {
            Ok(peer.negotiated()?.dialect == Dialect::SMB_3_0)
        }),
        (&["server max protocol = SMB3_02", "smb encrypt = off"], |peer| {
            Ok(peer.negotiated()?.dialect == Dialect::SMB_3_0_2 && !peer.client.is_encrypted())
        }),
        (&["server smb3 signing algorithms = AES-128-CMAC", "smb encrypt = off"], |peer| {
            Ok(peer.negotiated()?.signing == SigningAlgorithm::AesCmac)
        }),
        (&["server smb3 signing algorithms = HMAC-SHA256", "smb encrypt = off"], |peer| {
            Ok(peer.negotiated()?.signing == SigningAlgorithm::HmacSha256)
        }),
    ];
    for (settings, check) in servers {
        let samba = Samba::start_with(settings)?;
        let mut peer = Peer::log_in(samba.address(), config()).with_context(|| format!("{settings:?}"))?;
        ensure!(check(&peer)?, "{settings:?}: {:?}", peer.negotiated()?);
        peer.use_the_pipe().with_context(|| format!("{settings:?}"))?;
    }
    Ok(())
}

/// A failure here would refuse a share that alone demands encryption to a client that can encrypt.
#[test]
fn a_share_that_demands_encryption_gets_it() -> Result<()> {
    let samba =
        Samba::start_with(&["[secret]", "path = /tmp", "smb encrypt = required", "[other]", "path = /tmp"])?;
    for (config, expected) in
        [(config(), NtStatus::SUCCESS), (Config { ciphers: vec![], ..config() }, NtStatus::ACCESS_DENIED)]
    {
        let mut peer = Peer::log_in(samba.address(), config)?;
        for (share, expected) in [("other", NtStatus::SUCCESS), ("secret", expected)] {
            let answers = peer.exchange(Chain::new(TreeId::NONE, &tree(share))?)?;
            let statuses: Vec<_> = answers.iter().map(Answer::status).collect();
            ensure!(statuses == [expected], "{share}: {statuses:?}");
        }
    }
    Ok(())
}

/// A failure here would silently serve a user without the required protection.
#[test]
fn a_server_below_what_is_required_is_refused() -> Result<()> {
    let samba = Samba::start_with(&["smb encrypt = off"])?;
    ensure!(failure(Peer::log_in(samba.address(), required()))? == Error::EncryptionNotOffered);
    let ccm = Config { ciphers: vec![Cipher::Aes128Ccm], ..required() };
    let samba = Samba::start_with(&["server smb3 encryption algorithms = AES-256-GCM"])?;
    ensure!(failure(Peer::log_in(samba.address(), ccm))? == Error::EncryptionNotOffered);
    let samba = Samba::start_with(&["server max protocol = SMB2_10"])?;
    ensure!(failure(Peer::log_in(samba.address(), required()))? == Error::EncryptionNotOffered);
    let error = failure(Peer::log_in(samba.address(), only(Dialect::SMB_3_1_1)))?;
    ensure!(error.status() == Some(NtStatus::NOT_SUPPORTED), "{error:?}");
    let samba = Samba::start_with(&["smb encrypt = required"])?;
    let error = failure(Peer::log_in(samba.address(), Config { ciphers: vec![], ..config() }))?;
    ensure!(error.status() == Some(NtStatus::ACCESS_DENIED), "{error:?}");
    Ok(())
}

/// A failure here would log a mistyped user on as a guest, or report a wrong password as another error.
#[test]
fn only_the_user_is_logged_in() -> Result<()> {
    let samba = Samba::start_with(&["map to guest = bad user", "guest account = nobody"])?;
    let error = failure(Peer::log_in_as(samba.address(), config(), "no-such-user", PASSWORD))?;
    ensure!(error == Error::Guest, "{error:?}");
    let error = failure(Peer::log_in_as(samba.address(), config(), ADMIN, "wrong"))?;
    ensure!(error.status() == Some(NtStatus::LOGON_FAILURE), "{error:?}");
    Ok(())
}

/// A failure here would let an attacker between client and server change the negotiation of an old dialect unnoticed.
#[test]
fn a_changed_negotiation_is_noticed() -> Result<()> {
    let samba = Samba::start_with(&["server max protocol = SMB3_02"])?;
    // Offer the server less than the client sent: 2.1 only.
    const DIALECTS: std::ops::Range<usize> = 104..110;
    let mut first = true;
    let lead_away = Meddle::new(move |direction, mut frame| {
        if direction == Direction::ToServer && std::mem::take(&mut first) {
            frame[DIALECTS].copy_from_slice(&[0x10, 2, 0x10, 2, 0x10, 2]);
        }
        Verdict::Pass(frame)
    });
    let proxy = Proxy::plain().meddle(lead_away).to(samba.address())?;
    let config =
        Config { dialects: vec![Dialect::SMB_2_1, Dialect::SMB_3_0, Dialect::SMB_3_0_2], ..config() };
    let mut peer = Peer::log_in(proxy.address(), config)?;
    ensure!(peer.negotiated()?.dialect == Dialect::SMB_2_1, "the test leads nobody away");
    ensure!(peer.use_the_pipe().is_err(), "the changed negotiation went unnoticed");
    Ok(())
}

/// Flips a bit of an answer, counted from zero without the interim responses, which are not signed.
fn flip_final(answer: usize, bit: usize) -> Meddle {
    const STATUS: std::ops::Range<usize> = 12..16;
    let mut left = answer;
    Meddle::answers(move |_, mut frame| {
        let interim = frame.get(STATUS) == Some(&NtStatus::PENDING.0.to_le_bytes());
        if !interim && left == 0 {
            frame[4 + bit / 8] ^= 1 << (bit % 8);
        }
        left = if interim { left } else { left.wrapping_sub(1) };
        Verdict::Pass(frame)
    })
}

/// A failure here would accept answers with single changed bits.
#[test]
fn flipped_bits_are_noticed() -> Result<()> {
    let samba = Samba::start()?;
    let plain = Config { ciphers: vec![], ..config() };
    for config in [plain, config()] {
        for (answer, bit) in [(2, 600), (3, 64 * 8), (3, 70 * 8 + 3), (4, 8 * 8 + 1), (4, 66 * 8)] {
            let proxy = Proxy::plain().meddle(flip_final(answer, bit)).to(samba.address())?;
            let result =
                Peer::log_in(proxy.address(), config.clone()).and_then(|mut peer| peer.use_the_pipe());
            let Err(error) = result else { bail!("bit {bit} of answer {answer} was flipped unnoticed") };
            let error: Error = error.downcast()?;
            ensure!(matches!(error, Error::Violation(_) | Error::Login(_)), "{answer} {bit}: {error:?}");
        }
    }
    Ok(())
}
