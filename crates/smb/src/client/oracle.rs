//! Oracles, which the fuzzer calls with arbitrary bytes in place of a server's. Each function panics if an invariant
//! does not hold.

use netsession_wire::Guid;

use super::session::Session;
use super::{Chain, Client, Config, Entropy, Error, Event};
use crate::auth::Inputs;
use crate::auth::ntlm::{self, Credentials, NtHash};
use crate::crypto::{Cipher, KeyContext, NonceSeed, Role, SessionKey, SigningAlgorithm};
use crate::fscc::FileTime;
use crate::msg::{
    Capabilities, Command, Dialect, FileId, HashAlgorithm, Header, HeaderFlags, MessageId, NegotiateContext,
    NegotiateResponse, ReadRequest, SecurityMode, SessionId, TreeConnectFlags, TreeConnectRequest, TreeId,
    encode, frame_header,
};

const KEY: [u8; 16] = [7; 16];
const SESSION: SessionId = SessionId(5);

/// A client whose server answers the negotiation with arbitrary bytes is not logged in.
pub fn negotiation(bytes: &[u8]) {
    let events = begun().map(|mut client| received(&mut client, bytes)).unwrap_or_default();
    assert!(!events.iter().any(|event| matches!(event, Event::LoggedIn)), "{events:?}");
}

/// A client whose server answers the login with arbitrary bytes is not logged in.
pub fn login(bytes: &[u8]) {
    let events = begun().and_then(negotiated).map(|mut client| received(&mut client, bytes));
    let events = events.unwrap_or_default();
    assert!(!events.iter().any(|event| matches!(event, Event::LoggedIn)), "{events:?}");
}

/// A client that signs or encrypts accepts no answer from somebody without the keys. The first byte selects one of the
/// two.
pub fn strangers(bytes: &[u8]) {
    let Some((first, message)) = bytes.split_first() else { return };
    let encrypt = first & 1 == 1;
    let events = begun().and_then(negotiated).and_then(|client| logged_in(client, encrypt));
    let events = events.map(|mut client| received(&mut client, message)).unwrap_or_default();
    assert!(!events.iter().any(|event| matches!(event, Event::Answered(_))), "{events:?}");
}

/// A client withstands every message that the server itself signs.
pub fn server(bytes: &[u8]) {
    let client = begun().and_then(negotiated).and_then(|client| logged_in(client, false));
    let key =
        SessionKey::new(&KEY).signing_key(KeyContext::Smb30, SigningAlgorithm::HmacSha256, Role::Server);
    let (Ok(mut client), Ok(key)) = (client, key) else { return };
    let mut message = bytes.to_vec();
    if key.sign(&mut message).is_ok() {
        let events = received(&mut client, &message);
        assert!(events.len() <= bytes.len(), "{events:?}");
    }
}

/// A client that has sent its offer and waits to log in.
fn begun() -> Result<Client, Error> {
    let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
    let mut client = Client::new(Config::new("stage"), entropy)?;
    let nt_hash = NtHash::new([9; 16]);
    let credentials = Credentials { user: "alice".into(), domain: String::new(), nt_hash };
    let mechanism = ntlm::Client::new(credentials, "cifs/stage", "")?;
    client.log_in(vec![Box::new(mechanism)])?;
    while client.transmit().is_some() {}
    Ok(client)
}

/// A client that has agreed on 3.1.1 and sent its first token.
fn negotiated(mut client: Client) -> Result<Client, Error> {
    let preauth = NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: vec![1] };
    let response = NegotiateResponse {
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialect: Dialect::SMB_3_1_1,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        max_transact_size: 1 << 20,
        max_read_size: 1 << 20,
        max_write_size: 1 << 20,
        system_time: FileTime(0),
        server_start_time: FileTime(0),
        security_buffer: Vec::new(),
        contexts: vec![preauth],
    };
    let header = Header::request(Command::NEGOTIATE, MessageId(0));
    let header = Header { flags: HeaderFlags::SERVER_TO_REDIR, credits: 8, ..header };
    let message = encode(&header, &response)?;
    let events = received(&mut client, &message);
    assert!(matches!(events.as_slice(), [Event::Negotiated]), "{events:?}");
    while client.transmit().is_some() {}
    Ok(client)
}

/// A client with a session, as if its login had succeeded, and three requests under way.
fn logged_in(mut client: Client, encrypt: bool) -> Result<Client, Error> {
    let key = SessionKey::new(&KEY);
    let context = KeyContext::Smb30;
    let signing = key.signing_key(context, SigningAlgorithm::HmacSha256, Role::Client)?;
    let cipher = key.cipher_keys(context, Cipher::Aes128Gcm, Role::Client, NonceSeed([3; 12]))?;
    let cipher = Some(cipher);
    let encrypted_trees = Vec::new();
    client.session =
        Some(Session { id: SESSION, signing, cipher, encrypt, encrypted_trees, validated: true });
    let path = r"\\stage\IPC$".to_owned();
    let tree = TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None };
    let read = ReadRequest::new(FileId::NONE, 0, 100);
    client.send(Chain::new(TreeId::NONE, &tree)?.then(&read)?.then(&read)?)?;
    while client.transmit().is_some() {}
    Ok(client)
}

/// Runs the steps of the login, with random bytes that no server guesses by chance.
fn run_steps(client: &mut Client) -> Result<(), Error> {
    let mut random = |bytes: &mut [u8]| {
        bytes.fill(0x5a);
        Ok(())
    };
    client.run_login_steps(&mut Inputs::new(0, &mut random))
}

/// Gives the client one message in two pieces, and returns the result.
fn received(client: &mut Client, message: &[u8]) -> Vec<Event> {
    let Ok(prefix) = frame_header(message.len()) else { return Vec::new() };
    let (one, other) = message.split_at(message.len() / 2);
    let begun = client.receive(&prefix).and_then(|()| client.receive(one));
    let done = begun.and_then(|()| client.receive(other)).and_then(|()| run_steps(client));
    assert_eq!(done.err().as_ref(), client.failure(), "a failure is not kept");
    std::iter::from_fn(|| client.next_event()).collect()
}
