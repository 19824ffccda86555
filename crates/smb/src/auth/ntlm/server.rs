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
    /// [`AuthError::WeakResponse`] for a client that does not ask for what NTLMv2 needs.
    pub fn challenge(&mut self, negotiate: &[u8], inputs: &Inputs) -> Result<Vec<u8>, AuthError> {
        let asked = Negotiate::decode(negotiate)?.flags;
        if !asked.contains(REQUIRED) {
            return Err(AuthError::WeakResponse("Unicode, extended session security or 128 bits missing"));
        }
        let flags = ALWAYS | (asked & MIRRORED);
        let server_challenge = inputs.random.first_chunk().copied().unwrap_or_default();
        let challenge = Challenge {
            flags,
            target_name: self.config.netbios_domain.clone(),
            server_challenge,
            target_info: self.target_info(inputs.filetime),
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
    /// [`AuthError::Anonymous`], [`AuthError::WeakResponse`], [`AuthError::LogonFailure`],
    /// [`AuthError::WrongMic`]; [`AuthError::OutOfTurn`] without a challenge before.
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
