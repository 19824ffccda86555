use std::fmt;

use zeroize::Zeroizing;

use super::response::ResponseKey;
use super::session_security::{SessionSecurity, message_mic, rc4_key};
use super::{
    Authenticate, AvFlags, AvId, Challenge, Negotiate, NegotiateFlags, NtHash, NtlmV2ClientChallenge, OID,
    Version,
};
use crate::auth::oid::Oid;
use crate::auth::{AuthError, Inputs, Mechanism, ServerIdentity, Step};
use crate::crypto::{Role, SessionKey};

/// The user who logs on, and the hash of the password.
#[derive(Clone)]
pub struct Credentials {
    /// The user's name, without a domain.
    pub user: String,
    /// The user's domain; empty to select one of the server's own users.
    pub domain: String,
    /// The hash of the password.
    pub nt_hash: NtHash,
}

impl Credentials {
    /// Returns the credentials of a user with this password. They keep only its hash.
    #[must_use]
    pub fn with_password(user: &str, domain: &str, password: &str) -> Self {
        Self { user: user.to_owned(), domain: domain.to_owned(), nt_hash: NtHash::of_password(password) }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// The flags that the client requests.
const FLAGS: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::REQUEST_TARGET)
    .union(NegotiateFlags::SIGN)
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::TARGET_INFO)
    .union(NegotiateFlags::VERSION)
    .union(NegotiateFlags::KEY_128)
    .union(NegotiateFlags::KEY_EXCH);

/// The flags that the client requires.
const REQUIRED: [(NegotiateFlags, &str); 4] = [
    (NegotiateFlags::UNICODE, "Unicode"),
    (NegotiateFlags::EXTENDED_SESSIONSECURITY, "extended session security"),
    (NegotiateFlags::TARGET_INFO, "target information, which NTLMv2 needs"),
    (NegotiateFlags::KEY_128, "128-bit keys"),
];

/// The client's side of an NTLMv2 exchange ([MS-NLMP] 3.1.5.1).
pub struct Client {
    credentials: Credentials,
    target_name: String,
    workstation: String,
    state: State,
    server: Option<ServerIdentity>,
}

enum State {
    Start,
    Negotiated { negotiate: Vec<u8> },
    Done(Box<SessionSecurity>),
    Failed,
}

impl Client {
    /// `service` is the service principal name of the server as the user named it, `cifs/fs1.example.com`;
    /// `workstation` this computer's name, or empty.
    ///
    /// # Errors
    /// [`AuthError::Anonymous`] for an empty user name.
    pub fn new(credentials: Credentials, service: &str, workstation: &str) -> Result<Self, AuthError> {
        if credentials.user.is_empty() {
            return Err(AuthError::Anonymous);
        }
        Ok(Self {
            credentials,
            target_name: service.to_owned(),
            workstation: workstation.to_owned(),
            state: State::Start,
            server: None,
        })
    }

    fn start(&mut self) -> Result<Vec<u8>, AuthError> {
        let negotiate = Negotiate { flags: FLAGS, version: Version::OURS }.encode()?;
        self.state = State::Negotiated { negotiate: negotiate.clone() };
        Ok(negotiate)
    }

    fn respond(
        &mut self,
        negotiate: &[u8],
        token: &[u8],
        inputs: &mut Inputs<'_>,
    ) -> Result<Vec<u8>, AuthError> {
        let challenge = Challenge::decode(token)?;
        if let Some((_, what)) = REQUIRED.iter().find(|(flag, _)| !challenge.flags.contains(*flag)) {
            return Err(AuthError::WeakChallenge(what));
        }
        self.server = Some(challenge.server());
        let client_challenge = inputs.random()?;
        let mut exported = Zeroizing::new([0; 16]);
        inputs.fill(exported.as_mut())?;
        self.authenticate(negotiate, token, &challenge, inputs.filetime(), &client_challenge, exported)
    }

    fn authenticate(
        &mut self,
        negotiate: &[u8],
        challenge_bytes: &[u8],
        challenge: &Challenge,
        now: u64,
        client_challenge: &[u8; 8],
        mut exported: Zeroizing<[u8; 16]>,
    ) -> Result<Vec<u8>, AuthError> {
        let Credentials { user, domain, nt_hash } = &self.credentials;
        let flags = challenge.flags & FLAGS;
        let key = ResponseKey::new(nt_hash, user, domain);
        let server_time = challenge.target_info.timestamp();
        let covered = NtlmV2ClientChallenge {
            filetime: server_time.unwrap_or(now),
            client_challenge: *client_challenge,
            av_pairs: self.av_pairs(challenge),
        }
        .encode()?;
        let proof = key.proof(&challenge.server_challenge, &covered);
        let key_exchange_key = key.session_base_key(&proof);
        let encrypted_session_key = if flags.contains(NegotiateFlags::KEY_EXCH) {
            rc4_key(&key_exchange_key, &exported).to_vec()
        } else {
            exported = key_exchange_key;
            Vec::new()
        };
        let mut message = Authenticate {
            flags,
            lm_response: match server_time {
                Some(_) => vec![0; 24],
                None => key.lm_response(&challenge.server_challenge, client_challenge),
            },
            nt_response: [&proof[..], &covered].concat(),
            domain: domain.clone(),
            user: user.clone(),
            workstation: self.workstation.clone(),
            encrypted_session_key,
            version: Version::OURS,
        }
        .encode()?;
        let mic = message_mic(&exported, [negotiate, challenge_bytes, &message]);
        Authenticate::set_mic(&mut message, &mic);
        self.state = State::Done(Box::new(SessionSecurity::new(&exported, flags)));
        Ok(message)
    }

    /// Returns the server's pairs with ours. They always announce the integrity code, so that nobody can remove it by
    /// removing the time from the challenge.
    fn av_pairs(&self, challenge: &Challenge) -> super::AvPairs {
        let mut pairs = challenge.target_info.clone();
        pairs.set(AvId::FLAGS, (pairs.flags() | AvFlags::MIC).bits().to_le_bytes().to_vec());
        pairs.set(AvId::CHANNEL_BINDINGS, vec![0; 16]);
        pairs.set_text(AvId::TARGET_NAME, &self.target_name);
        pairs
    }

    fn security(&self) -> Option<&SessionSecurity> {
        match &self.state {
            State::Done(security) => Some(security),
            _ => None,
        }
    }
}

impl Mechanism for Client {
    fn oids(&self) -> &'static [Oid<'static>] {
        &[OID]
    }

    fn step(&mut self, token: Option<&[u8]>, inputs: &mut Inputs<'_>) -> Result<Step, AuthError> {
        match (std::mem::replace(&mut self.state, State::Failed), token) {
            (State::Start, None) => Ok(Step { token: Some(self.start()?), is_complete: false }),
            (State::Negotiated { negotiate }, Some(token)) => {
                Ok(Step { token: Some(self.respond(&negotiate, token, inputs)?), is_complete: true })
            }
            _ => Err(AuthError::OutOfTurn("NTLM")),
        }
    }

    fn session_key(&self) -> Option<&SessionKey> {
        self.security().map(SessionSecurity::session_key)
    }

    fn mic(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(self.security()?.mic(Role::Client, message)?.to_vec())
    }

    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        self.security().ok_or(AuthError::WrongMechListMic)?.verify_mic(Role::Server, message, mic)
    }

    fn server(&self) -> Option<&ServerIdentity> {
        self.server.as_ref()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ntlm::AvPairs;

    /// Takes a step at the time 1000 with random bytes that count from 0.
    fn step(client: &mut Client, token: Option<&[u8]>) -> Result<Step, AuthError> {
        let mut bytes = 0..;
        let mut random = |buffer: &mut [u8]| {
            buffer.iter_mut().zip(&mut bytes).for_each(|(to, from): (_, u8)| *to = from);
            Ok(())
        };
        client.step(token, &mut Inputs::new(1000, &mut random))
    }

    fn challenge(flags: NegotiateFlags, filetime: Option<u64>) -> Vec<u8> {
        let mut target_info = AvPairs::default();
        target_info.set_text(AvId::NB_COMPUTER_NAME, "FS1");
        if let Some(filetime) = filetime {
            target_info.set(AvId::TIMESTAMP, filetime.to_le_bytes().to_vec());
        }
        let target_name = "LAB".to_owned();
        Challenge { flags, target_name, server_challenge: [9; 8], target_info, version: Version::OURS }
            .encode()
            .unwrap()
    }

    fn answer(flags: NegotiateFlags, filetime: Option<u64>) -> Result<Authenticate, AuthError> {
        let credentials = Credentials::with_password("alice", "LAB", "Passw0rd!");
        let mut client = Client::new(credentials, "cifs/fs1.lab.test", "").unwrap();
        step(&mut client, None).unwrap();
        let answer = step(&mut client, Some(&challenge(flags, filetime)))?;
        assert!(answer.is_complete && client.session_key().is_some());
        let second = step(&mut client, Some(&[]));
        assert_eq!(second, Err(AuthError::OutOfTurn("NTLM")), "no second answer");
        Ok(Authenticate::decode(&answer.token.unwrap()).unwrap())
    }

    /// A failure here would let a man in the middle make the client log on with less protection than it supports.
    #[test]
    fn weak_challenges_are_refused() {
        assert!(answer(FLAGS, Some(1)).is_ok());
        for (flag, what) in REQUIRED {
            assert_eq!(answer(FLAGS - flag, Some(1)).unwrap_err(), AuthError::WeakChallenge(what));
        }
    }

    /// A failure here would make the response differ from [MS-NLMP] 3.1.5.1.2, with or without the server's time.
    #[test]
    fn the_response_covers_time_target_and_flags() {
        for (server_time, expected_time) in [(Some(77), 77), (None, 1000)] {
            let message = answer(FLAGS | NegotiateFlags::TARGET_TYPE_SERVER, server_time).unwrap();
            let (_, covered) = NtlmV2ClientChallenge::split(&message.nt_response).unwrap();
            let covered = NtlmV2ClientChallenge::decode(covered).unwrap();
            assert_eq!(covered.filetime, expected_time);
            assert_eq!(covered.client_challenge, [0, 1, 2, 3, 4, 5, 6, 7]);
            assert_eq!(covered.av_pairs.text(AvId::TARGET_NAME).as_deref(), Some("cifs/fs1.lab.test"));
            assert_eq!(covered.av_pairs.text(AvId::NB_COMPUTER_NAME).as_deref(), Some("FS1"));
            assert_eq!(covered.av_pairs.get(AvId::CHANNEL_BINDINGS), Some(&[0; 16][..]));
            assert!(covered.av_pairs.flags().contains(AvFlags::MIC));
            assert_eq!(message.flags, FLAGS, "what both sides set");
            let lm_is_zeros = message.lm_response == [0; 24];
            assert_eq!((message.lm_response.len(), lm_is_zeros), (24, server_time.is_some()));
        }
    }

    /// A failure here would make a client without a key exchange use a key that the server does not have.
    #[test]
    fn without_key_exchange_nothing_is_sent() {
        let message = answer(FLAGS - NegotiateFlags::KEY_EXCH, Some(1)).unwrap();
        assert_eq!(message.encrypted_session_key, []);
        assert!(!message.flags.contains(NegotiateFlags::KEY_EXCH));
    }

    /// A failure here would let the client log on without a user, or reveal the hash of a password.
    #[test]
    fn an_empty_user_is_refused_and_no_hash_is_shown() {
        let nobody = Client::new(Credentials::with_password("", "", ""), "cifs/fs1", "");
        assert_eq!(nobody.unwrap_err(), AuthError::Anonymous);
        let shown = format!("{:?}", Credentials::with_password("alice", "LAB", "Passw0rd!"));
        assert_eq!(shown, r#"Credentials { user: "alice", domain: "LAB", .. }"#);
    }
}
