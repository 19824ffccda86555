use netsession_wire::name::upper_case;
use netsession_wire::{DecodeError, Reader, Writer, utf16};
use zeroize::Zeroizing;

use super::hash::hmac_md5;
use super::{AvPairs, NtHash};
use crate::auth::AuthError;

/// The key of a user's responses: NTOWFv2, which is LMOWFv2 too ([MS-NLMP] 3.3.2).
pub(super) struct ResponseKey(Zeroizing<[u8; 16]>);

impl ResponseKey {
    /// It uses the domain as sent, and the user in upper case.
    pub(super) fn new(nt_hash: &NtHash, user: &str, domain: &str) -> Self {
        let (user, domain) = (utf16::encode(&upper_case(user)), utf16::encode(domain));
        Self(Zeroizing::new(hmac_md5(nt_hash.bytes(), &[&user, &domain])))
    }

    /// NTProofStr: the proof that the client knows the password.
    pub(super) fn proof(&self, server_challenge: &[u8; 8], client_challenge: &[u8]) -> [u8; 16] {
        hmac_md5(&self.0, &[server_challenge, client_challenge])
    }

    /// SessionBaseKey, which is also KeyExchangeKey with NTLMv2 (3.4.5.1).
    pub(super) fn session_base_key(&self, proof: &[u8; 16]) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(hmac_md5(&self.0, &[proof]))
    }

    /// LMv2_RESPONSE, for servers whose challenge has no time.
    pub(super) fn lm_response(&self, server_challenge: &[u8; 8], client_challenge: &[u8; 8]) -> Vec<u8> {
        let response = hmac_md5(&self.0, &[server_challenge, client_challenge]);
        [&response[..], client_challenge].concat()
    }
}

/// NTLMv2_CLIENT_CHALLENGE, the part of the response that the client chose ([MS-NLMP] 2.2.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NtlmV2ClientChallenge {
    /// The time as FILETIME.
    pub filetime: u64,
    /// The client's nonce.
    pub client_challenge: [u8; 8],
    /// The server's pairs, with the client's additions.
    pub av_pairs: AvPairs,
}

impl NtlmV2ClientChallenge {
    /// Splits an NtChallengeResponse into its proof and the bytes that the proof covers.
    pub(super) fn split(response: &[u8]) -> Option<([u8; 16], &[u8])> {
        let (proof, covered) = response.split_first_chunk()?;
        Some((*proof, covered))
    }

    /// Reads the structure.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.array("RespType")? != [1, 1] {
            return Err(DecodeError::invalid("RespType"));
        }
        reader.skip(6, "Reserved")?;
        let filetime = reader.u64("TimeStamp")?;
        let client_challenge = reader.array("ChallengeFromClient")?;
        reader.skip(4, "Reserved3")?;
        Ok(Self { filetime, client_challenge, av_pairs: AvPairs::decode(reader.rest())? })
    }

    /// Writes the structure with the four zeros that follow it in a response (3.3.2).
    ///
    /// # Errors
    /// [`AuthError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = Writer::new();
        writer.bytes(&[1, 1, 0, 0, 0, 0, 0, 0]);
        writer.u64(self.filetime);
        writer.bytes(&self.client_challenge);
        writer.zeros(4);
        writer.bytes(&self.av_pairs.encode()?);
        writer.zeros(4);
        Ok(writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ntlm::AvId;

    fn hex<const N: usize>(digits: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
    }

    /// A failure here would make every password wrong ([MS-NLMP] 4.2.4).
    #[test]
    fn specified_example() {
        let key = ResponseKey::new(&NtHash::of_password("Password"), "User", "Domain");
        assert_eq!(*key.0, hex("0c868a403bfd7a93a3001ef22ef02e3f"));
        let server_challenge = hex("0123456789abcdef");
        let mut av_pairs = AvPairs::default();
        av_pairs.set_text(AvId::NB_DOMAIN_NAME, "Domain");
        av_pairs.set_text(AvId::NB_COMPUTER_NAME, "Server");
        let covered = NtlmV2ClientChallenge { filetime: 0, client_challenge: [0xaa; 8], av_pairs };
        let proof = key.proof(&server_challenge, &covered.encode().unwrap());
        assert_eq!(proof, hex("68cd0ab851e51c96aabc927bebef6a1c"));
        assert_eq!(*key.session_base_key(&proof), hex("8de40ccadbc14a82f15cb0ad0de95ca3"));
        let lm = key.lm_response(&server_challenge, &[0xaa; 8]);
        assert_eq!(lm, hex::<24>("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));
    }
}
