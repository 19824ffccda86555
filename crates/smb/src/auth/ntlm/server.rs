use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::response::ResponseKey;
use super::session_security::{SessionSecurity, message_mic, rc4_key};
use super::{
    Authenticate, AvFlags, AvId, AvPairs, Challenge, Negotiate, NegotiateFlags, NtHash,
    NtlmV2ClientChallenge, Version,
};
use crate::auth::{AuthError, Inputs};
use crate::crypto::{Role, SessionKey};

/// What the acceptor says of itself, and what it insists on.
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
    /// Refuse a client that sends no message integrity code although the challenge has the time, which is
    /// when [MS-NLMP] 3.1.5.1.2 has clients send one. Without it a man in the middle can change the flags
    /// that such a client sees. Known clients without it: impacket.
    pub require_mic: bool,
}

/// Who a client says it is, in the spelling of the wire. Names compare without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The user's name; never empty.
    pub user: String,
    /// The user's domain; may be empty.
    pub domain: String,
    /// The client's name for itself; may be empty, and nothing vouches for it.
    pub workstation: String,
}

/// A proven identity and the keys that come with it.
pub struct Accepted {
    /// Who it is.
    pub claim: Claim,
    /// The service principal name that the client meant to log in to, where it said so and trusts it.
    pub target_name: Option<String>,
    security: SessionSecurity,
}

impl Accepted {
    /// ExportedSessionKey.
    #[must_use]
    pub fn session_key(&self) -> &SessionKey {
        self.security.session_key()
    }

    /// The server's integrity code of `message`, where signing was negotiated.
    #[must_use]
    pub fn mic(&self, message: &[u8]) -> Option<[u8; 16]> {
        self.security.mic(Role::Server, message)
    }

    /// Checks the client's integrity code of `message`.
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`].
    pub fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        self.security.verify_mic(Role::Client, message, mic)
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("claim", &self.claim).finish_non_exhaustive()
    }
}

/// What is returned to the client of what it asked for.
const MIRRORED: NegotiateFlags = NegotiateFlags::SIGN
    .union(NegotiateFlags::SEAL)
    .union(NegotiateFlags::VERSION)
    .union(NegotiateFlags::KEY_128)
    .union(NegotiateFlags::KEY_EXCH)
    .union(NegotiateFlags::KEY_56);

/// What is always set.
const ALWAYS: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::REQUEST_TARGET)
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::TARGET_TYPE_SERVER)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::TARGET_INFO);

/// What a client has to ask for.
const REQUIRED: NegotiateFlags =
    NegotiateFlags::UNICODE.union(NegotiateFlags::EXTENDED_SESSIONSECURITY).union(NegotiateFlags::KEY_128);

/// The longest NEGOTIATE message: it is kept until its sender has proved who it is. Those of known clients have 32
/// bytes and two names.
const LONGEST_NEGOTIATE: usize = 2048;

/// The longest name, in UTF-16 units: Windows' users have 256 at most, its computers and domains 255.
const LONGEST_NAME: usize = 256;

/// The server's side of one NTLMv2 exchange ([MS-NLMP] 3.2.5.1). It serves one attempt: a wrong answer ends
/// it, and the next attempt gets another challenge.
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    flags: NegotiateFlags,
    server_challenge: [u8; 8],
}

impl Server {
    /// Waits for a NEGOTIATE message.
    #[must_use]
    pub const fn new(config: ServerConfig) -> Self {
        Self { config, pending: None }
    }

    /// Takes the NEGOTIATE message and returns the CHALLENGE message.
    ///
    /// # Errors
    /// [`AuthError::WeakResponse`] for a client that does not ask for what NTLMv2 needs; [`AuthError::TooLong`].
    pub fn challenge(&mut self, negotiate: &[u8], inputs: &mut Inputs<'_>) -> Result<Vec<u8>, AuthError> {
        if negotiate.len() > LONGEST_NEGOTIATE {
            return Err(AuthError::TooLong("the NTLM NEGOTIATE message"));
        }
        let asked = Negotiate::decode(negotiate)?.flags;
        if !asked.contains(REQUIRED) {
            return Err(AuthError::WeakResponse("Unicode, extended session security or 128 bits missing"));
        }
        let flags = ALWAYS | (asked & MIRRORED);
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
        self.pending = Some(Pending { negotiate, challenge, flags, server_challenge });
        Ok(returned)
    }

    /// Goes on where a recorded exchange stood.
    #[cfg(test)]
    pub(crate) fn resume(config: ServerConfig, negotiate: &[u8], challenge: &[u8]) -> Self {
        let (negotiate, challenge) = (negotiate.to_vec(), challenge.to_vec());
        let Challenge { flags, server_challenge, .. } = Challenge::decode(&challenge).unwrap();
        Self { config, pending: Some(Pending { negotiate, challenge, flags, server_challenge }) }
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

    /// Takes the AUTHENTICATE message. `lookup` knows the NT hash of the user that the message names; for a
    /// user it does not know the answer takes the same time and is the same.
    ///
    /// # Errors
    /// [`AuthError::Anonymous`], [`AuthError::TooLong`], [`AuthError::WeakResponse`],
    /// [`AuthError::LogonFailure`], [`AuthError::WrongMic`]; [`AuthError::OutOfTurn`] without a challenge before.
    pub fn authenticate(
        &mut self,
        token: &[u8],
        lookup: &mut dyn FnMut(&Claim) -> Option<NtHash>,
    ) -> Result<Accepted, AuthError> {
        let pending = self.pending.take().ok_or(AuthError::OutOfTurn("NTLM AUTHENTICATE"))?;
        let message = Authenticate::decode(token)?;
        let claim = claim(&message)?;
        let (proof, covered) = ntlmv2(&message)?;
        let client = NtlmV2ClientChallenge::decode(covered)?;
        let known = lookup(&claim);
        let key_exchange_key = proven_key(&pending, &claim, known, &proof, covered)?;
        let flags = pending.flags & message.flags;
        let exported = exported_session_key(&message, flags, &key_exchange_key)?;
        self.check_mic(&pending, token, client.av_pairs.flags(), &exported)?;
        let trusted = !client.av_pairs.flags().contains(AvFlags::UNTRUSTED_SPN);
        let target_name = client.av_pairs.text(AvId::TARGET_NAME).filter(|name| trusted && !name.is_empty());
        Ok(Accepted { claim, target_name, security: SessionSecurity::new(&exported, flags) })
    }

    fn check_mic(
        &self,
        pending: &Pending,
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
        let expected = message_mic(exported, [&pending.negotiate, &pending.challenge, &without]);
        if bool::from(expected.ct_eq(&found)) { Ok(()) } else { Err(AuthError::WrongMic) }
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
    })
}

/// An NT response of 24 bytes is NTLMv1, one of none leaves the LM response, which is never looked at.
fn ntlmv2(message: &Authenticate) -> Result<([u8; 16], &[u8]), AuthError> {
    if message.nt_response.len() <= 24 {
        return Err(AuthError::WeakResponse("only NTLMv2 is"));
    }
    NtlmV2ClientChallenge::split(&message.nt_response).ok_or(AuthError::LogonFailure)
}

/// Compares the proof with what the user's hash gives, and returns SessionBaseKey.
///
/// Some clients leave the domain out of the calculation though they send it (3.2.5.1.2).
fn proven_key(
    pending: &Pending,
    claim: &Claim,
    known: Option<NtHash>,
    proof: &[u8; 16],
    covered: &[u8],
) -> Result<Zeroizing<[u8; 16]>, AuthError> {
    let exists = known.is_some();
    let nt_hash = known.unwrap_or(NtHash::new([0; 16]));
    let mut proven = None;
    for domain in [claim.domain.as_str(), ""] {
        let key = ResponseKey::new(&nt_hash, &claim.user, domain);
        let expected = key.proof(&pending.server_challenge, covered);
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
        with_inputs(seed, |inputs| server.challenge(negotiate, inputs))
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

    /// alice and bob, each with a password.
    fn lookup(claim: &Claim) -> Option<NtHash> {
        match claim.user.to_lowercase().as_str() {
            "alice" => Some(NtHash::of_password("alice's")),
            "bob" => Some(NtHash::of_password("bob's")),
            _ => None,
        }
    }

    /// An exchange up to the AUTHENTICATE message, which `change` may then alter.
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
        server.authenticate(&token, &mut lookup).unwrap_err()
    }

    /// If this fails, nobody could log in, or only in the spelling of the user database.
    #[test]
    fn the_right_password_is_accepted() {
        for user in ["alice", "Alice"] {
            let (mut server, token) = exchange(user, "alice's", |_| {});
            let accepted = server.authenticate(&token, &mut lookup).unwrap();
            assert_eq!(accepted.claim.user, user);
            assert!(!format!("{accepted:?}").contains("session_key"));
        }
    }

    /// If this fails, one could log in without the password of the user that one names.
    #[test]
    fn other_passwords_and_users_are_refused() {
        assert_eq!(refusal(exchange("alice", "bob's", |_| {})), AuthError::LogonFailure);
        assert_eq!(refusal(exchange("carol", "carol's", |_| {})), AuthError::LogonFailure);
        let under_another_name = |message: &mut Authenticate| message.user = "bob".into();
        assert_eq!(refusal(exchange("alice", "alice's", under_another_name)), AuthError::LogonFailure);
        // The hash that stands in for an unknown user's must not open the door either.
        let (mut server, _) = exchange("carol", "x", |_| {});
        let zero = Credentials { user: "carol".into(), domain: "LAB".into(), nt_hash: NtHash::new([0; 16]) };
        let mut client = Client::new(zero, "cifs/fs1", "WS").unwrap();
        let negotiate = token(&mut client, None);
        let challenge = challenge(&mut server, &negotiate, 2).unwrap();
        let token = token(&mut client, Some(&challenge));
        assert_eq!(refusal((server, token)), AuthError::LogonFailure);
    }

    /// If this fails, a response that is forged, cut or altered would let somebody in.
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

    /// If this fails, a response to one challenge would do for another, or twice for the same.
    #[test]
    fn replayed_responses_are_refused() {
        let (mut server, token) = exchange("alice", "alice's", |_| {});
        let negotiate = server.pending.as_ref().unwrap().negotiate.clone();
        let mut other = Server::new(config(true));
        challenge(&mut other, &negotiate, 9).unwrap();
        assert_eq!(refusal((other, token.clone())), AuthError::LogonFailure);
        assert!(server.authenticate(&token, &mut lookup).is_ok());
        assert_eq!(refusal((server, token)), AuthError::OutOfTurn("NTLM AUTHENTICATE"));
    }

    /// If this fails, the messages could be altered on the way, the flags above all.
    #[test]
    fn the_integrity_code_is_insisted_on() {
        let (server, mut token) = exchange("alice", "alice's", |_| {});
        token[Authenticate::MIC.start] ^= 1;
        assert_eq!(refusal((server, token)), AuthError::WrongMic);
        let workstation = |message: &mut Authenticate| message.workstation = "XX".into();
        assert_eq!(refusal(exchange("alice", "alice's", workstation)), AuthError::WrongMic);
        let flags = |message: &mut Authenticate| message.flags.remove(NegotiateFlags::SIGN);
        assert_eq!(refusal(exchange("alice", "alice's", flags)), AuthError::WrongMic);
        let (mut server, token) = exchange("alice", "alice's", |_| {});
        *server.pending.as_mut().unwrap().negotiate.last_mut().unwrap() ^= 1;
        assert_eq!(refusal((server, token)), AuthError::WrongMic, "the first message was altered");

        // A client that announces none, with a proof that fits: due, since the challenge has the time.
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
        assert!(server.authenticate(&token, &mut lookup).is_ok());
    }

    /// If this fails, anonymous logons, LM or NTLMv1 would be let in.
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
        let mut server = Server::new(config(true));
        let flags = NegotiateFlags::UNICODE | NegotiateFlags::NTLM | NegotiateFlags::KEY_128;
        let weak = Negotiate { flags, version: Version::default() }.encode().unwrap();
        assert!(matches!(challenge(&mut server, &weak, 2), Err(AuthError::WeakResponse(_))));
        let no_key = exchange("alice", "alice's", |message| message.encrypted_session_key.clear());
        assert!(matches!(refusal(no_key), AuthError::WeakResponse(_)));
    }

    /// If this fails, somebody unknown can have the server keep, log and compare names of any length.
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

    /// If this fails, a message that was cut anywhere would be accepted, or break the server.
    #[test]
    fn truncated_messages_are_refused() {
        let (_, token) = exchange("alice", "alice's", |_| {});
        for length in 0..token.len() {
            let (mut server, _) = exchange("alice", "alice's", |_| {});
            assert!(server.authenticate(&token[..length], &mut lookup).is_err(), "{length} bytes");
        }
        let negotiate = Negotiate { flags: REQUIRED, version: Version::default() }.encode().unwrap();
        for length in 0..16 {
            assert!(challenge(&mut Server::new(config(true)), &negotiate[..length], 1).is_err());
        }
    }

    /// If this fails, the acceptor would not agree with the specification's messages ([MS-NLMP] 4.2.4.3).
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
        let known = &mut |claim: &Claim| (claim.user == "User").then(|| NtHash::of_password("Password"));
        let accepted = server.authenticate(&token, known).unwrap();
        assert_eq!(
            (accepted.claim.domain.as_str(), accepted.claim.workstation.as_str()),
            ("Domain", "COMPUTER")
        );
        assert_eq!(accepted.session_key().as_bytes(), [0x55; 16]);
    }
}
