//! Passwords, hashes and keys in the memory of a program that uses the library.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod stage;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use netsession_smb::auth::ntlm::{Authenticate, Challenge, SIGNATURE};
use rc4::{Rc4, StreamCipher as _};
use stage::{ADMIN, Drive, PASSWORD, Stage, library, secrets};

/// What one side has sent.
type Sent = Arc<Mutex<Vec<u8>>>;

/// Forwards one connection, and keeps what each side sends.
struct Recorder {
    address: SocketAddr,
    of_client: Sent,
    of_server: Sent,
}

/// Forwards one direction until its end.
fn forward(mut from: TcpStream, mut to: TcpStream, kept: &Sent) {
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        kept.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Either side may have closed the connection first.
    let _ = to.shutdown(Shutdown::Both);
}

impl Recorder {
    fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (of_client, of_server): (Sent, Sent) = Default::default();
        let (from_client, from_server) = (Arc::clone(&of_client), Arc::clone(&of_server));
        thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let server = TcpStream::connect(target).unwrap();
            let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || forward(from, to, &from_server));
            forward(client, server, &from_client);
        });
        Self { address, of_client, of_server }
    }

    /// Returns the secrets of the recorded logon by their names, the keys in the order of their derivation ([MS-NLMP] 3.3.2,
    /// 3.1.5.1.2).
    fn secrets(&self) -> Vec<(&'static str, Vec<u8>)> {
        let challenge = Challenge::decode(&message(&self.of_server, 2)).unwrap();
        let answer = Authenticate::decode(&message(&self.of_client, 3)).unwrap();
        let end = &PASSWORD[PASSWORD.len() - 20..];
        let hash = Md4::digest(utf16(PASSWORD)).to_vec();
        let response_key = hmac_md5(&hash, &utf16(&(answer.user.to_uppercase() + &answer.domain)));
        let (proof, covered) = answer.nt_response.split_at(16);
        let proven = [&challenge.server_challenge[..], covered].concat();
        assert_eq!(hmac_md5(&response_key, &proven), proof, "these are the secrets of this logon");
        let base_key = hmac_md5(&response_key, proof);
        let mut session_key = answer.encrypted_session_key.clone();
        Rc4::new_from_slice(&base_key).unwrap().apply_keystream(&mut session_key);
        vec![
            ("UTF-8", end.as_bytes().to_vec()),
            ("UTF-16", utf16(end)),
            ("NT-hash", hash),
            ("response-key", response_key),
            ("base-key", base_key),
            ("session-key", session_key),
        ]
    }
}

/// Returns what a side sent from its NTLM message of this type on.
fn message(sent: &Sent, number: u8) -> Vec<u8> {
    let sent = sent.lock().unwrap();
    let beginning = [&SIGNATURE[..], &[number, 0, 0, 0]].concat();
    let at = sent.windows(beginning.len()).position(|bytes| bytes == beginning).unwrap();
    sent[at..].to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// Returns hexadecimal digits of bytes in the form that the program does not mistake for the secret.
fn hidden(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{:02x}", byte ^ 0x5a)).collect()
}

/// Runs the program, and returns the lines that it prints after its call.
fn run(child: &mut Child, recorder: &Recorder) -> Vec<String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.by_ref().take(2).collect::<Vec<_>>(), ["login 0", "call 0 1"]);
    let mut input = child.stdin.take().unwrap();
    for (name, secret) in recorder.secrets() {
        writeln!(input, "{name} {}", hidden(&secret)).unwrap();
    }
    drop(input);
    lines.collect()
}

/// A failure here would leave a password, or what is as good as one, in the memory of a program that has removed its login:
/// a core dump or a fault of the program shows it there.
#[test]
fn a_removed_login_leaves_no_secret_in_memory() {
    let stage = Stage::start();
    let recorder = Recorder::start(stage.address());
    let arguments = [&recorder.address.to_string(), ADMIN, &hidden(PASSWORD.as_bytes())];
    let mut drive = Drive::with(&secrets(), &library(), &arguments);
    let mut child = drive.command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = run(&mut child, &recorder);
    assert!(child.wait().unwrap().success());
    let keys = ["UTF-16", "NT-hash", "response-key", "base-key", "session-key"];
    let counts = |when: &str, utf_8: u32| {
        let keys = keys.map(|key| format!("{when} {key} 0"));
        [vec![format!("{when} UTF-8 {utf_8}")], keys.to_vec()].concat()
    };
    // The library keeps the password for new connections, once.
    assert_eq!(lines, [counts("set", 1), vec!["login 0".to_owned()], counts("removed", 0)].concat());
}
