use rc4::{KeyInit, Rc4, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::NegotiateFlags;
use super::hash::{hmac_md5, md5};
use crate::auth::AuthError;
use crate::crypto::{Role, SessionKey};

/// The keys of a finished exchange: the session key, and the keys of integrity codes with extended session security
/// ([MS-NLMP] 3.4.4.2, 3.4.5).
pub(super) struct SessionSecurity {
    session_key: SessionKey,
    client: Keys,
    server: Keys,
    key_exchange: bool,
    signing: bool,
}

/// SIGNKEY and SEALKEY of one direction.
struct Keys {
    sign: Zeroizing<[u8; 16]>,
    seal: Zeroizing<[u8; 16]>,
}

/// What both sides must have negotiated for integrity codes of this kind.
const SIGNING: NegotiateFlags = NegotiateFlags::SIGN.union(NegotiateFlags::EXTENDED_SESSIONSECURITY);

impl SessionSecurity {
    pub(super) fn new(exported: &[u8; 16], flags: NegotiateFlags) -> Self {
        let key = |purpose: &[u8]| Zeroizing::new(md5(&[exported, purpose]));
        Self {
            session_key: SessionKey::new(exported),
            client: Keys {
                sign: key(b"session key to client-to-server signing key magic constant\0"),
                seal: key(b"session key to client-to-server sealing key magic constant\0"),
            },
            server: Keys {
                sign: key(b"session key to server-to-client signing key magic constant\0"),
                seal: key(b"session key to server-to-client sealing key magic constant\0"),
            },
            key_exchange: flags.contains(NegotiateFlags::KEY_EXCH),
            signing: flags.contains(SIGNING),
        }
    }

    pub(super) fn session_key(&self) -> &SessionKey {
        &self.session_key
    }

    /// The integrity code with sequence number 0 and a fresh RC4 state; SPNEGO resets both after the one code that it
    /// needs ([MS-SPNG] 3.2.5.1, 3.3.5.1). `None` if the two sides have not negotiated signing.
    pub(super) fn mic(&self, sender: Role, message: &[u8]) -> Option<[u8; 16]> {
        if !self.signing {
            return None;
        }
        let keys = match sender {
            Role::Client => &self.client,
            Role::Server => &self.server,
        };
        let sequence = [0; 4];
        let [a, b, c, d, e, f, g, h, ..] = hmac_md5(&keys.sign, &[&sequence, message]);
        let mut checksum = [a, b, c, d, e, f, g, h];
        if self.key_exchange {
            rc4(&keys.seal, &mut checksum);
        }
        let [a, b, c, d, e, f, g, h] = checksum;
        Some([1, 0, 0, 0, a, b, c, d, e, f, g, h, 0, 0, 0, 0])
    }

    pub(super) fn verify_mic(&self, sender: Role, message: &[u8], mic: &[u8]) -> Result<(), AuthError> {
        let expected = self.mic(sender, message).ok_or(AuthError::WrongMechListMic)?;
        if bool::from(expected.as_slice().ct_eq(mic)) { Ok(()) } else { Err(AuthError::WrongMechListMic) }
    }
}

/// RC4 with a 16-byte key, from the start of its stream.
pub(super) fn rc4(key: &[u8; 16], data: &mut [u8]) {
    if let Ok(mut cipher) = Rc4::new_from_slice(key) {
        cipher.apply_keystream(data);
    }
}

/// RC4K with one key: the same call encrypts and decrypts the exported session key.
pub(super) fn rc4_key(key: &[u8; 16], exchanged: &[u8; 16]) -> Zeroizing<[u8; 16]> {
    let mut result = Zeroizing::new(*exchanged);
    rc4(key, result.as_mut());
    result
}

/// Returns the message integrity code over the three messages, with zeros in its place in the last one (3.1.5.1.2).
pub(super) fn message_mic(exported: &[u8; 16], messages: [&[u8]; 3]) -> [u8; 16] {
    hmac_md5(exported, &messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(digits: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
    }

    /// A failure here would compute other codes over the mechanism list than peers do ([MS-NLMP] 4.2.4.4; its code
    /// continues an RC4 stream where SPNEGO's begins one, so the test compares the parts).
    #[test]
    fn specified_example() {
        let security = SessionSecurity::new(&[0x55; 16], SIGNING | NegotiateFlags::KEY_EXCH);
        assert_eq!(*security.client.sign, hex("4788dc861b4782f35d43fd98fe1a2d39"));
        assert_eq!(*security.client.seal, hex("59f600973cc4960a25480a7c196e4c58"));
        let plain = netsession_wire::utf16::encode("Plaintext");
        let without = SessionSecurity::new(&[0x55; 16], SIGNING);
        let mic = without.mic(Role::Client, &plain).unwrap();
        assert_eq!(mic, hex("0100000070352851f256430900000000"));
        let mut stream = [&plain[..], &mic[4..12]].concat();
        rc4(&security.client.seal, &mut stream);
        assert_eq!(stream, hex::<26>("54e50165bf1936dc996020c1811b0f06fb5f7fb38ec5c55d4976"));
        // Key exchange encrypts the checksum, from the start of the stream.
        let mut checksum: [u8; 8] = mic[4..12].try_into().unwrap();
        rc4(&security.client.seal, &mut checksum);
        assert_eq!(security.mic(Role::Client, &plain).unwrap()[4..12], checksum);
        let unsigned = SessionSecurity::new(&[0x55; 16], NegotiateFlags::KEY_EXCH);
        assert_eq!(unsigned.mic(Role::Client, &plain), None);
    }

    /// A failure here would give each side a different exported session key ([MS-NLMP] 4.2.4.2.3).
    #[test]
    fn key_exchange() {
        let key_exchange_key = hex("8de40ccadbc14a82f15cb0ad0de95ca3");
        let encrypted = hex("c5dad2544fc9799094ce1ce90bc9d03e");
        assert_eq!(*rc4_key(&key_exchange_key, &[0x55; 16]), encrypted);
        assert_eq!(*rc4_key(&key_exchange_key, &encrypted), [0x55; 16]);
    }
}
