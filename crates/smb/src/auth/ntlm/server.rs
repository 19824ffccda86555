use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::response::ResponseKey;
use super::session_security::{SessionSecurity, message_mic, rc4_key};
use super::{
    Authenticate, AvFlags, AvId, AvPairs, Challenge, Negotiate, NegotiateFlags, NtHash,
    NtlmV2ClientChallenge, OID, SIGNATURE, Version,
};
use crate::auth::oid::Oid;
use crate::auth::{Accepted, Acceptor, AcceptorStep, AuthError, Claim, Inputs, Proof, Verifier};
use crate::crypto::Role;

/// The names that the acceptor gives itself, and what it requires of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// NetBIOS name of this computer.
    pub netbios_computer: String,
    /// NetBIOS name of its domain, or of itself outside of a domain.
    pub netbios_domain: String,
    /// DNS name of this computer.
    pub dns_computer: String,
    /// DNS name of its domain; may be empty.
    pub dns_domain: String,
    /// Whether the server refuses a client that sends no message integrity code although the challenge has the
    /// time, in which case [MS-NLMP] 3.1.5.1.2 has clients send one. Without the code a man in the middle can
    /// change the flags that such a client sees. impacket sends none.
    pub require_mic: bool,
}

/// The flags that the server sets if the client requests them.
const MIRRORED: NegotiateFlags = NegotiateFlags::SIGN
    .union(NegotiateFlags::SEAL)
    .union(NegotiateFlags::VERSION)
    .union(NegotiateFlags::KEY_128)
    .union(NegotiateFlags::KEY_EXCH)
    .union(NegotiateFlags::KEY_56);

/// The flags that the server always sets.
const ALWAYS: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::REQUEST_TARGET)
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::TARGET_TYPE_SERVER)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::TARGET_INFO);

/// The longest NEGOTIATE message, in bytes: the server keeps it until its sender has proved an identity. Those of
/// known clients have 32 bytes and two names.
const LONGEST_NEGOTIATE: usize = 2048;

/// The longest name, in UTF-16 units: on Windows, names of users have at most 256, those of computers and domains 255.
const LONGEST_NAME: usize = 256;

/// The server's side of one NTLMv2 exchange ([MS-NLMP] 3.2.5.1). It serves one attempt: a wrong answer ends
/// it, and the next attempt gets another challenge.
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    state: State,
}

enum State {
    Start,
    Challenged(Challenged),
    /// The AUTHENTICATE message claims an identity, which nobody has verified.
    Claimed(Challenged, Vec<u8>),
    Verified(Box<SessionSecurity>),
    Over,
}

/// Shows no key.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "Start",
            Self::Challenged(_) => "Challenged",
            Self::Claimed(..) => "Claimed",
            Self::Verified(_) => "Verified",
            Self::Over => "Over",
        })
    }
}

/// The exchange up to the challenge.
struct Challenged {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    flags: NegotiateFlags,
    server_challenge: [u8; 8],
}

impl Server {
    /// Waits for a NEGOTIATE message.
    #[must_use]
    pub const fn new(config: ServerConfig) -> Self {
        Self { config, state: State::Start }
    }

    /// Answers the NEGOTIATE message by a CHALLENGE message.
    fn challenge(&mut self, negotiate: &[u8], inputs: &mut Inputs<'_>) -> Result<Vec<u8>, AuthError> {
        if negotiate.len() > LONGEST_NEGOTIATE {
            return Err(AuthError::TooLong("the NTLM NEGOTIATE message"));
        }
        let requested = Negotiate::decode(negotiate)?.flags;
        let flags = ALWAYS | (requested & MIRRORED);
        let server_challenge = inputs.random()?;
        let challenge = Challenge {
            flags,
            target_name: self.config.netbios_domain.clone(),
            server_challenge,
            target_info: self.target_info(inputs.filetime()),
            version: if flags.contains(NegotiateFlags::VERSION) { Version::OURS } else { Version::default() },
        }
        .encode()?;
        let (negotiate, returned) = (negotiate.to_vec(), challenge.clone());
        self.state = State::Challenged(Challenged { negotiate, challenge, flags, server_challenge });
        Ok(returned)
    }

    /// Continues a recorded exchange.
    #[cfg(test)]
    pub(crate) fn resume(config: ServerConfig, negotiate: &[u8], challenge: &[u8]) -> Self {
        let (negotiate, challenge) = (negotiate.to_vec(), challenge.to_vec());
        let Challenge { flags, server_challenge, .. } = Challenge::decode(&challenge).unwrap();
        let state = State::Challenged(Challenged { negotiate, challenge, flags, server_challenge });
        Self { config, state }
    }

    fn target_info(&self, filetime: u64) -> AvPairs {
        let mut pairs = AvPairs::default();
        for (id, text) in [
            (AvId::NB_DOMAIN_NAME, &self.config.netbios_domain),
            (AvId::NB_COMPUTER_NAME, &self.config.netbios_computer),
            (AvId::DNS_DOMAIN_NAME, &self.config.dns_domain),
            (AvId::DNS_COMPUTER_NAME, &self.config.dns_computer),
        ] {
            pairs.set_text(id, text);
        }
        pairs.set(AvId::TIMESTAMP, filetime.to_le_bytes().to_vec());
        pairs
    }

    /// Processes the part of the AUTHENTICATE message that needs no secret.
    fn claim(&mut self, challenged: Challenged, token: &[u8]) -> Result<Claim, AuthError> {
        let message = Authenticate::decode(token)?;
        let claim = claim(&message)?;
        let (_, covered) = ntlmv2(&message)?;
        NtlmV2ClientChallenge::decode(covered)?;
        self.state = State::Claimed(challenged, token.to_vec());
        Ok(claim)
    }

    /// Verifies the AUTHENTICATE message. An unknown user takes the same time as a wrong password.
    fn verify_message(
        &mut self,
        challenged: &Challenged,
        token: &[u8],
        nt_hash: Option<&NtHash>,
    ) -> Result<Accepted, AuthError> {
        let message = Authenticate::decode(token)?;
        let claim = claim(&message)?;
        let (proof, covered) = ntlmv2(&message)?;
        let client = NtlmV2ClientChallenge::decode(covered)?;
        let key_exchange_key = proven_key(challenged, &claim, nt_hash, &proof, covered)?;
        let flags = challenged.flags & message.flags;
        let exported = exported_session_key(&message, flags, &key_exchange_key)?;
        self.check_mic(challenged, token, client.av_pairs.flags(), &exported)?;
        let is_trusted = !client.av_pairs.flags().contains(AvFlags::UNTRUSTED_SPN);
        let target_name = client.av_pairs.text(AvId::TARGET_NAME);
        let target_name = target_name.filter(|name| is_trusted && !name.is_empty());
        let security = SessionSecurity::new(&exported, flags);
        let session_key = security.session_key().clone();
        self.state = State::Verified(Box::new(security));
        Ok(Accepted { claim, target_name, session_key, token: None })
    }

    const fn security(&self) -> Option<&SessionSecurity> {
        match &self.state {
            State::Verified(security) => Some(security),
            _ => None,
        }
    }

    fn check_mic(
        &self,
        challenged: &Challenged,
        token: &[u8],
        flags: AvFlags,
        exported: &[u8; 16],
    ) -> Result<(), AuthError> {
        if !flags.contains(AvFlags::MIC) {
            return if self.config.require_mic { Err(AuthError::WrongMic) } else { Ok(()) };
        }
        let found = Authenticate::mic(token).ok_or(AuthError::WrongMic)?;
        let mut without = token.to_vec();
        Authenticate::set_mic(&mut without, &[0; 16]);
        let expected = message_mic(exported, [&challenged.negotiate, &challenged.challenge, &without]);
        if bool::from(expected.ct_eq(&found)) { Ok(()) } else { Err(AuthError::WrongMic) }
    }
}

impl Acceptor for Server {
    fn oids(&self) -> &'static [Oid<'static>] {
        &[OID]
    }

    fn is_own_token(&self, token: &[u8]) -> bool {
        token.starts_with(&SIGNATURE)
    }

    fn step(&mut self, token: &[u8], inputs: &mut Inputs<'_>) -> Result<AcceptorStep, AuthError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.challenge(token, inputs).map(AcceptorStep::Continue),
            State::Challenged(challenged) => self.claim(challenged, token).map(AcceptorStep::Claimed),
            _ => Err(AuthError::OutOfTurn("NTLM")),
        }
    }

    fn verify(&mut self, verifier: &Verifier) -> Result<Accepted, AuthError> {
        let State::Claimed(challenged, token) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(AuthError::OutOfTurn("nobody claims to be a user"));
        };
        let nt_hash = match verifier {
            Verifier::NtHash(nt_hash) => Some(nt_hash),
            Verifier::UnknownUser | Verifier::Ticket => None,
        };
        self.verify_message(&challenged, &token, nt_hash)
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(self.security()?.mic(Role::Server, message)?.to_vec())
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        self.security().ok_or(AuthError::WrongMechListMic)?.verify_mic(Role::Client, message, mic)
    }
}

fn claim(message: &Authenticate) -> Result<Claim, AuthError> {
    if message.user.is_empty() || message.flags.contains(NegotiateFlags::ANONYMOUS) {
        return Err(AuthError::Anonymous);
    }
    let names = [&message.user, &message.domain, &message.workstation];
    if names.into_iter().any(|name| name.encode_utf16().count() > LONGEST_NAME) {
        return Err(AuthError::TooLong("a name"));
    }
    Ok(Claim {
        user: message.user.clone(),
        domain: message.domain.clone(),
        workstation: message.workstation.clone(),
        proof: Proof::Password,
    })
}

/// Returns the proof and what it covers. An NT response of 24 bytes is NTLMv1; an empty one leaves the LM response,
/// which this server never verifies.
fn ntlmv2(message: &Authenticate) -> Result<([u8; 16], &[u8]), AuthError> {
    if message.nt_response.len() <= 24 {
        return Err(AuthError::WeakResponse("only NTLMv2 is"));
    }
    NtlmV2ClientChallenge::split(&message.nt_response).ok_or(AuthError::LogonFailure)
}

/// Compares the proof with one from the user's hash, and returns SessionBaseKey.
///
/// Some clients omit the domain from the calculation although they send it (3.2.5.1.2).
fn proven_key(
    challenged: &Challenged,
    claim: &Claim,
    nt_hash: Option<&NtHash>,
    proof: &[u8; 16],
    covered: &[u8],
) -> Result<Zeroizing<[u8; 16]>, AuthError> {
    let exists = nt_hash.is_some();
    let nobodys = NtHash::new([0; 16]);
    let nt_hash = nt_hash.unwrap_or(&nobodys);
    let mut proven = None;
    for domain in [claim.domain.as_str(), ""] {
        let key = ResponseKey::new(nt_hash, &claim.user, domain);
        let expected = key.proof(&challenged.server_challenge, covered);
        if bool::from(expected.ct_eq(proof)) && exists {
            proven = Some(key.session_base_key(proof));
        }
    }
    proven.ok_or(AuthError::LogonFailure)
}

fn exported_session_key(
    message: &Authenticate,
    flags: NegotiateFlags,
    key_exchange_key: &Zeroizing<[u8; 16]>,
) -> Result<Zeroizing<[u8; 16]>, AuthError> {
    if !flags.contains(NegotiateFlags::KEY_EXCH) {
        return Ok(key_exchange_key.clone());
    }
    let encrypted = message.encrypted_session_key.as_slice().try_into();
    let encrypted: [u8; 16] = encrypted.map_err(|_| AuthError::WeakResponse("no session key"))?;
    Ok(rc4_key(key_exchange_key, &encrypted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Mechanism;
    use crate::auth::ntlm::{Client, Credentials};
    use crate::auth::testing::with_inputs;

    fn token(client: &mut Client, challenge: Option<&[u8]>) -> Vec<u8> {
        let seed = if challenge.is_some() { 3 } else { 1 };
        with_inputs(seed, |inputs| client.step(challenge, inputs)).unwrap().token.unwrap()
    }

    fn challenge(server: &mut Server, negotiate: &[u8], seed: u8) -> Result<Vec<u8>, AuthError> {
        match with_inputs(seed, |inputs| server.step(negotiate, inputs))? {
            AcceptorStep::Continue(challenge) => Ok(challenge),
            AcceptorStep::Claimed(claim) => panic!("{claim:?}"),
        }
    }

    fn config(require_mic: bool) -> ServerConfig {
        ServerConfig {
            netbios_computer: "FS1".into(),
            netbios_domain: "LAB".into(),
            dns_computer: "fs1.lab.test".into(),
            dns_domain: "lab.test".into(),
            require_mic,
        }
    }

    /// Returns a server that knows alice and bob, each by a password.
    fn verifier(claim: &Claim) -> Verifier {
        match claim.user.to_lowercase().as_str() {
            "alice" => Verifier::NtHash(NtHash::of_password("alice's")),
            "bob" => Verifier::NtHash(NtHash::of_password("bob's")),
            _ => Verifier::UnknownUser,
        }
    }

    /// Takes an AUTHENTICATE message, and verifies it with the user's hash.
    fn authenticate(server: &mut Server, token: &[u8]) -> Result<Accepted, AuthError> {
        match with_inputs(4, |inputs| server.step(token, inputs))? {
            AcceptorStep::Claimed(claim) => server.verify(&verifier(&claim)),
            AcceptorStep::Continue(_) => panic!("a second challenge"),
        }
    }

    fn challenged(server: &mut Server) -> &mut Challenged {
        match &mut server.state {
            State::Challenged(challenged) => challenged,
            state => panic!("{state:?}"),
        }
    }

    /// Runs an exchange up to the AUTHENTICATE message, which `change` may then alter.
    fn exchange(user: &str, password: &str, change: impl FnOnce(&mut Authenticate)) -> (Server, Vec<u8>) {
        let mut client = Client::new(Credentials::with_password(user, "LAB", password), "cifs/fs1", "WS");
        let client = client.as_mut().unwrap();
        let negotiate = token(client, None);
        let mut server = Server::new(config(true));
        let challenge = challenge(&mut server, &negotiate, 2).unwrap();
        let token = token(client, Some(&challenge));
        let mut message = Authenticate::decode(&token).unwrap();
        let before = message.clone();
        change(&mut message);
        if message == before {
            return (server, token);
        }
        let mut changed = message.encode().unwrap();
        Authenticate::set_mic(&mut changed, &Authenticate::mic(&token).unwrap());
        (server, changed)
    }

    fn refusal((mut server, token): (Server, Vec<u8>)) -> AuthError {
        authenticate(&mut server, &token).unwrap_err()
    }

    /// A failure here would stop every user from logging on, or accept a name only in the spelling of the user
    /// database.
    #[test]
    fn the_right_password_is_accepted() {
        for user in ["alice", "Alice"] {
            let (mut server, token) = exchange(user, "alice's", |_| {});
            let accepted = authenticate(&mut server, &token).unwrap();
            assert_eq!(accepted.claim.user, user);
            assert!(format!("{accepted:?} {server:?}").contains("session_key: SessionKey(..)"));
        }
    }

    /// A failure here would let a client log on without the password of the user that it names.
    #[test]
    fn other_passwords_and_users_are_refused() {
        assert_eq!(refusal(exchange("alice", "bob's", |_| {})), AuthError::LogonFailure);
        assert_eq!(refusal(exchange("carol", "carol's", |_| {})), AuthError::LogonFailure);
        let under_another_name = |message: &mut Authenticate| message.user = "bob".into();
        assert_eq!(refusal(exchange("alice", "alice's", under_another_name)), AuthError::LogonFailure);
        // The hash that replaces an unknown user's must not log anybody on.
        let mut server = Server::new(config(true));
        let zero = Credentials { user: "carol".into(), domain: "LAB".into(), nt_hash: NtHash::new([0; 16]) };
        let mut client = Client::new(zero, "cifs/fs1", "WS").unwrap();
        let negotiate = token(&mut client, None);
        let challenge = challenge(&mut server, &negotiate, 2).unwrap();
        let token = token(&mut client, Some(&challenge));
        assert_eq!(refusal((server, token)), AuthError::LogonFailure);
    }

    /// A failure here would log a client on with a forged, cut or altered response.
    #[test]
    fn forged_responses_are_refused() {
        for byte in 0..16 {
            let forged = exchange("alice", "alice's", |message| message.nt_response[byte] ^= 1);
            assert_eq!(refusal(forged), AuthError::LogonFailure, "proof, byte {byte}");
        }
        let random = |message: &mut Authenticate| {
            message.nt_response = [&[0x77; 16], &message.nt_response[16..]].concat();
        };
        assert_eq!(refusal(exchange("alice", "alice's", random)), AuthError::LogonFailure);
        let time = |message: &mut Authenticate| message.nt_response[16 + 8] ^= 1;
        assert_eq!(refusal(exchange("alice", "alice's", time)), AuthError::LogonFailure);
    }

    /// A failure here would accept a response to one challenge for another challenge, or twice for the same one.
    #[test]
    fn replayed_responses_are_refused() {
        let (mut server, token) = exchange("alice", "alice's", |_| {});
        let negotiate = challenged(&mut server).negotiate.clone();
        let mut other = Server::new(config(true));
        challenge(&mut other, &negotiate, 9).unwrap();
        assert_eq!(refusal((other, token.clone())), AuthError::LogonFailure);
        assert!(authenticate(&mut server, &token).is_ok());
        assert_eq!(refusal((server, token)), AuthError::OutOfTurn("NTLM"));
    }

    /// A failure here would let an attacker alter the messages on the way, above all the flags.
    #[test]
    fn a_required_integrity_code_must_be_valid() {
        let (server, mut token) = exchange("alice", "alice's", |_| {});
        token[Authenticate::MIC.start] ^= 1;
        assert_eq!(refusal((server, token)), AuthError::WrongMic);
        let workstation = |message: &mut Authenticate| message.workstation = "XX".into();
        assert_eq!(refusal(exchange("alice", "alice's", workstation)), AuthError::WrongMic);
        let flags = |message: &mut Authenticate| message.flags.remove(NegotiateFlags::SIGN);
        assert_eq!(refusal(exchange("alice", "alice's", flags)), AuthError::WrongMic);
        let (mut server, token) = exchange("alice", "alice's", |_| {});
        *challenged(&mut server).negotiate.last_mut().unwrap() ^= 1;
        assert_eq!(refusal((server, token)), AuthError::WrongMic, "the first message was altered");

        // A client that announces no code, with a valid proof: the server requires the code, because the challenge has
        // the time.
        let without = |require_mic| {
            let (server, token) = exchange("alice", "alice's", |message| {
                let (_, covered) = NtlmV2ClientChallenge::split(&message.nt_response).unwrap();
                let mut client = NtlmV2ClientChallenge::decode(covered).unwrap();
                client.av_pairs.set(AvId::FLAGS, vec![0; 4]);
                let covered = client.encode().unwrap();
                let key = ResponseKey::new(&NtHash::of_password("alice's"), "alice", "LAB");
                let proof = key.proof(&[2; 8], &covered);
                message.nt_response = [&proof[..], &covered].concat();
            });
            (Server { config: config(require_mic), ..server }, token)
        };
        assert_eq!(refusal(without(true)), AuthError::WrongMic);
        let (mut server, token) = without(false);
        assert!(authenticate(&mut server, &token).is_ok());
    }

    /// A failure here would accept anonymous logons, LM or NTLMv1.
    #[test]
    fn weak_and_anonymous_logons_are_refused() {
        let anonymous = |message: &mut Authenticate| {
            (message.user, message.nt_response, message.lm_response) = (String::new(), vec![], vec![0]);
        };
        assert_eq!(refusal(exchange("alice", "alice's", anonymous)), AuthError::Anonymous);
        let empty = |message: &mut Authenticate| message.user = String::new();
        assert_eq!(refusal(exchange("alice", "alice's", empty)), AuthError::Anonymous);
        let flag = |message: &mut Authenticate| message.flags |= NegotiateFlags::ANONYMOUS;
        assert_eq!(refusal(exchange("alice", "alice's", flag)), AuthError::Anonymous);
        for length in [0, 16, 24] {
            let short = exchange("alice", "alice's", |message| message.nt_response.truncate(length));
            assert!(matches!(refusal(short), AuthError::WeakResponse(_)), "{length} bytes");
        }
        let no_key = exchange("alice", "alice's", |message| message.encrypted_session_key.clear());
        assert!(matches!(refusal(no_key), AuthError::WeakResponse(_)));
    }

    /// A failure here would refuse clients that request little in their first message and prove the password all the same.
    #[test]
    fn the_response_decides_and_not_the_requested_flags() {
        let few = Negotiate { flags: NegotiateFlags::NTLM, version: Version::default() }.encode().unwrap();
        let mut asked = Server::new(config(false));
        challenge(&mut asked, &few, 2).unwrap();
        let flags = challenged(&mut asked).flags;
        assert!(!flags.intersects(NegotiateFlags::KEY_128 | NegotiateFlags::KEY_EXCH | NegotiateFlags::SIGN));
        for sent_flags in [NegotiateFlags::UNICODE | NegotiateFlags::NTLM, NegotiateFlags::empty()] {
            let (server, sent) = exchange("alice", "alice's", |message| {
                message.flags = sent_flags;
                message.encrypted_session_key.clear();
                let (_, covered) = NtlmV2ClientChallenge::split(&message.nt_response).unwrap();
                let mut client = NtlmV2ClientChallenge::decode(covered).unwrap();
                client.av_pairs.set(AvId::FLAGS, vec![0; 4]);
                let covered = client.encode().unwrap();
                let proof = ResponseKey::new(&NtHash::of_password("alice's"), "alice", "LAB")
                    .proof(&[2; 8], &covered);
                message.nt_response = [&proof[..], &covered].concat();
            });
            let mut server = Server { config: config(false), ..server };
            challenged(&mut server).flags = flags;
            assert_eq!(authenticate(&mut server, &sent).unwrap().claim.user, "alice");
            assert!(server.mic(b"list").is_none(), "without extended session security there is no code");
            assert!(server.verify_mic(b"list", &[0; 16]).is_err());
        }
    }

    /// A failure here would let an unknown client make the server keep, log and compare names of any length.
    #[test]
    fn names_of_any_length_are_refused() {
        let changes: [fn(&mut Authenticate, String); 3] = [
            |message, name| message.user = name,
            |message, name| message.domain = name,
            |message, name| message.workstation = name,
        ];
        for change in changes {
            let long = exchange("alice", "alice's", |message| change(message, "x".repeat(257)));
            assert_eq!(refusal(long), AuthError::TooLong("a name"));
        }
        let longest = exchange("alice", "alice's", |message| message.user = "x".repeat(256));
        assert_eq!(refusal(longest), AuthError::LogonFailure);
    }

    /// A failure here would accept a message that was cut anywhere, or crash the server with it.
    #[test]
    fn truncated_messages_are_refused() {
        let (_, token) = exchange("alice", "alice's", |_| {});
        for length in 0..token.len() {
            let (mut server, _) = exchange("alice", "alice's", |_| {});
            assert!(authenticate(&mut server, &token[..length]).is_err(), "{length} bytes");
        }
        let negotiate =
            Negotiate { flags: NegotiateFlags::UNICODE, version: Version::default() }.encode().unwrap();
        for length in 0..16 {
            assert!(challenge(&mut Server::new(config(true)), &negotiate[..length], 1).is_err());
        }
    }

    /// A failure here would make the acceptor disagree with the specification's messages ([MS-NLMP] 4.2.4.3).
    #[test]
    fn specified_messages() {
        let hex = |digits: &str| {
            let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            digits.chunks(2).map(byte).collect::<Vec<_>>()
        };
        let challenge =
            hex("4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000
             2400240044000000 060070170000000f 530065007200760065007200
             02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000");
        let token = hex(
            "4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000 0800080054000000
             100010005c000000 10001000d8000000 358288e2 0501280a0000000f
             44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
             86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa 68cd0ab851e51c96aabc927bebef6a1c
             0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000
             02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000
             c5dad2544fc9799094ce1ce90bc9d03e",
        );
        let decoded = Challenge::decode(&challenge).unwrap();
        assert_eq!(decoded.encode().unwrap(), challenge);
        assert_eq!(decoded.server().version, Some((6, 0, 6000)));
        let mut server = Server::resume(config(false), &[], &challenge);
        let claimed = with_inputs(4, |inputs| server.step(&token, inputs));
        assert!(matches!(claimed, Ok(AcceptorStep::Claimed(claim)) if claim.user == "User"));
        let accepted = server.verify(&Verifier::NtHash(NtHash::of_password("Password"))).unwrap();
        assert_eq!(
            (accepted.claim.domain.as_str(), accepted.claim.workstation.as_str()),
            ("Domain", "COMPUTER")
        );
        assert_eq!(accepted.session_key.as_bytes(), [0x55; 16]);
    }
}
