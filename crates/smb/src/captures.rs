//! Logons of other clients at Samba 4.17, recorded on the wire: user `alice`, password `Passw0rd!`.
//!
//! Each line of a file is one message: `C` from the client, `S` from the server. From the password and the
//! bytes alone the tests derive every key, and with the keys they verify every integrity code, signature and cipher.

use crate::auth::ntlm::{NtHash, Server, ServerConfig};
use crate::auth::spnego::{NegTokenInit, NegTokenResp};
use crate::auth::testing::with_inputs;
use crate::auth::{Accepted, Acceptor, AcceptorStep, AuthError, Verifier, oracle};
use crate::crypto::{
    Cipher, DecryptionKey, KeyContext, NonceSeed, PreauthHash, Role, SigningAlgorithm, SigningKey,
};
use crate::msg::{
    Command, Dialect, HeaderFlags, NegotiateContext, NegotiateResponse, Packet, SessionSetupRequest,
    SessionSetupResponse,
};

macro_rules! capture {
    ($name:literal) => {
        ($name, include_str!(concat!("../tests/golden/login/", $name, ".txt")))
    };
}

const SMBCLIENT: [(&str, &str); 10] = [
    capture!("smbclient-210-sign"),
    capture!("smbclient-300-sign"),
    capture!("smbclient-300-encrypt"),
    capture!("smbclient-311-hmac"),
    capture!("smbclient-311-cmac"),
    capture!("smbclient-311-gmac"),
    capture!("smbclient-311-aes-128-ccm"),
    capture!("smbclient-311-aes-128-gcm"),
    capture!("smbclient-311-aes-256-ccm"),
    capture!("smbclient-311-aes-256-gcm"),
];
const IMPACKET: (&str, &str) = capture!("impacket-311");
const SMBPROTOCOL: (&str, &str) = capture!("smbprotocol-311");

fn messages(capture: &str) -> impl Iterator<Item = (Role, Vec<u8>)> {
    capture.lines().map(|line| {
        let (sender, hex) = line.split_once(' ').unwrap();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let sender = if sender == "C" { Role::Client } else { Role::Server };
        (sender, (0..hex.len()).step_by(2).map(byte).collect())
    })
}

/// What the two sides negotiated.
struct Negotiated {
    dialect: Dialect,
    signing: SigningAlgorithm,
    cipher: Cipher,
}

impl Negotiated {
    fn of(response: &NegotiateResponse) -> Self {
        let mut negotiated = Self {
            dialect: response.dialect,
            signing: match response.dialect {
                Dialect::SMB_2_1 => SigningAlgorithm::HmacSha256,
                _ => SigningAlgorithm::AesCmac,
            },
            cipher: Cipher::Aes128Ccm,
        };
        for context in &response.contexts {
            match context {
                NegotiateContext::Encryption(ids) => negotiated.cipher = Cipher::from_id(ids[0].0).unwrap(),
                NegotiateContext::Signing(ids) => {
                    negotiated.signing = SigningAlgorithm::from_id(ids[0].0).unwrap();
                }
                _ => {}
            }
        }
        negotiated
    }

    fn key_context<'a>(&self, hash: &'a PreauthHash) -> KeyContext<'a> {
        match self.dialect {
            Dialect::SMB_2_1 => KeyContext::Smb2,
            Dialect::SMB_3_1_1 => KeyContext::Smb311(hash),
            _ => KeyContext::Smb30,
        }
    }
}

/// The tokens of SESSION_SETUP in their order, and the messages of the connection before them.
struct Login {
    negotiated: Negotiated,
    hash: PreauthHash,
    tokens: Vec<Vec<u8>>,
    /// The final response and everything after it.
    rest: Vec<(Role, Vec<u8>)>,
}

impl Login {
    fn read(capture: &str) -> Self {
        let (mut hash, mut negotiated, mut tokens) = (PreauthHash::new(), None, Vec::new());
        let mut messages = messages(capture).skip_while(|(_, bytes)| bytes.starts_with(b"\xffSMB"));
        while let Some((sender, bytes)) = messages.next() {
            let packet = Packet::split(&bytes).next().unwrap().unwrap();
            let done = packet.header.status.0 == 0;
            match (packet.header.command, sender) {
                (Command::NEGOTIATE, Role::Client) => hash = PreauthHash::new(),
                (Command::NEGOTIATE, Role::Server) => {
                    negotiated = Some(Negotiated::of(&packet.body().unwrap()));
                }
                (_, Role::Client) => {
                    tokens.push(packet.body::<SessionSetupRequest>().unwrap().security_buffer);
                }
                (_, Role::Server) => {
                    tokens.push(packet.body::<SessionSetupResponse>().unwrap().security_buffer);
                    if done {
                        let rest = std::iter::once((sender, bytes)).chain(messages).collect();
                        return Self { negotiated: negotiated.unwrap(), hash, tokens, rest };
                    }
                }
            }
            hash.update(&bytes);
        }
        panic!("no login in the capture")
    }

    /// Returns the result of our acceptor for the recorded client.
    fn accept(&self, require_mic: bool) -> Result<Accepted, AuthError> {
        let config = ServerConfig {
            netbios_computer: String::new(),
            netbios_domain: String::new(),
            dns_computer: String::new(),
            dns_domain: String::new(),
            require_mic,
        };
        let authenticate = |server: &mut Server, token: &[u8]| {
            let step = with_inputs(1, |inputs| server.step(token, inputs))?;
            let AcceptorStep::Claimed(claim) = step else { panic!("a second challenge") };
            assert_eq!((claim.user.as_str(), claim.domain.as_str()), ("alice", "LAB"));
            server.verify(&Verifier::NtHash(NtHash::of_password("Passw0rd!")))
        };
        if self.tokens[0].starts_with(b"NTLMSSP\0") {
            let mut server = Server::resume(config, &self.tokens[0], &self.tokens[1]);
            return authenticate(&mut server, &self.tokens[2]);
        }
        let init = NegTokenInit::decode(&self.tokens[0]).unwrap();
        let challenge = NegTokenResp::decode(&self.tokens[1]).unwrap();
        let last = NegTokenResp::decode(&self.tokens[2]).unwrap();
        let mut server = Server::resume(config, init.mech_token.unwrap(), challenge.response_token.unwrap());
        let accepted = authenticate(&mut server, last.response_token.unwrap())?;
        if let Some(mic) = last.mech_list_mic {
            server.verify_mic(init.mech_types_der, mic)?;
            let answer = NegTokenResp::decode(&self.tokens[3]).unwrap().mech_list_mic.unwrap();
            assert_eq!(server.mic(init.mech_types_der).unwrap(), answer, "Samba's code over the list");
        }
        Ok(accepted)
    }
}

/// Checks every signature and decrypts every packet after the login; returns how many of each.
fn check(name: &str, login: &Login, accepted: &Accepted) -> (usize, usize) {
    let Login { negotiated, hash, rest, .. } = login;
    let context = negotiated.key_context(hash);
    let key = &accepted.session_key;
    // The server's key verifies the client's messages, and the client's key the server's.
    let signing = |role| key.signing_key(context, negotiated.signing, role).unwrap();
    let signing: [(Role, SigningKey); 2] =
        [(Role::Client, signing(Role::Server)), (Role::Server, signing(Role::Client))];
    let cipher = |role| {
        key.cipher_keys(context, negotiated.cipher, role, NonceSeed([0; 12]))
            .map(|(_, decryption)| decryption)
    };
    let decryption: [(Role, Option<DecryptionKey>); 2] =
        [(Role::Client, cipher(Role::Server).ok()), (Role::Server, cipher(Role::Client).ok())];
    let (mut signed, mut encrypted) = (0, 0);
    for (sender, bytes) in rest {
        if bytes.starts_with(b"\xfdSMB") {
            let key = decryption.iter().find(|(from, _)| from == sender).unwrap().1.as_ref().unwrap();
            let mut copy = bytes.clone();
            let message = key.decrypt(&mut copy).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(message.starts_with(b"\xfeSMB"), "{name}");
            encrypted += 1;
            continue;
        }
        let key = &signing.iter().find(|(from, _)| from == sender).unwrap().1;
        for packet in Packet::split(bytes).map(Result::unwrap) {
            if packet.header.flags.contains(HeaderFlags::SIGNED) {
                key.verify(packet.bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
                signed += 1;
            }
        }
    }
    (signed, encrypted)
}

/// A failure here would mean that keys, signatures or ciphers differ from those of other implementations, for the
/// dialect or algorithm in the name of the capture, or that our acceptor refuses smbclient.
#[test]
fn smbclient_and_samba() {
    for (name, capture) in SMBCLIENT {
        let login = Login::read(capture);
        let accepted = login.accept(true).unwrap_or_else(|error| panic!("{name}: {error}"));
        let counted = check(name, &login, &accepted);
        let expected = if name.contains("aes") || name.contains("encrypt") { (1, 8) } else { (9, 0) };
        assert_eq!(counted, expected, "{name}: signed and encrypted packets");
    }
}

/// A failure here would mean that the captures do not cover what their names say.
#[test]
fn captures_cover_every_algorithm() {
    let logins = SMBCLIENT.map(|(_, capture)| Login::read(capture).negotiated);
    for signing in [SigningAlgorithm::HmacSha256, SigningAlgorithm::AesCmac, SigningAlgorithm::AesGmac] {
        assert!(logins.iter().any(|login| login.dialect == Dialect::SMB_3_1_1 && login.signing == signing));
    }
    for cipher in [Cipher::Aes128Ccm, Cipher::Aes128Gcm, Cipher::Aes256Ccm, Cipher::Aes256Gcm] {
        assert!(logins.iter().any(|login| login.dialect == Dialect::SMB_3_1_1 && login.cipher == cipher));
    }
}

/// A failure here would make our acceptor refuse python's smbprotocol (NTLM without SPNEGO), or impacket where no
/// integrity code is required, or accept impacket where one is.
#[test]
fn python_clients() {
    let login = Login::read(SMBPROTOCOL.1);
    let (signed, _) = check(SMBPROTOCOL.0, &login, &login.accept(true).unwrap());
    assert!(signed > 5);
    let login = Login::read(IMPACKET.1);
    assert_eq!(login.accept(true).unwrap_err(), AuthError::WrongMic);
    let (signed, encrypted) = check(IMPACKET.0, &login, &login.accept(false).unwrap());
    assert_eq!((signed, encrypted), (1, 4));
}

/// A failure here would mean that a recorded token, or a variant of it, breaks the invariants of every decoder.
#[test]
fn oracles_hold_near_recorded_tokens() {
    for (_, capture) in SMBCLIENT.into_iter().chain([IMPACKET, SMBPROTOCOL]) {
        for token in Login::read(capture).tokens {
            for length in 0..=token.len() {
                oracle::spnego_tokens(&token[..length]);
            }
            for bit in 0..token.len() * 8 {
                let mut altered = token.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                oracle::spnego_tokens(&altered);
                let ntlm = altered.windows(8).position(|window| window == b"NTLMSSP\0");
                oracle::ntlm_messages(&altered[ntlm.unwrap_or_default()..]);
            }
        }
    }
}
