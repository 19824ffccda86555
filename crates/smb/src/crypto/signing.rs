use std::fmt;

use aws_lc_rs::{cmac, hmac};
use subtle::ConstantTimeEq;

use super::gmac::GmacKey;
use super::{CryptoError, Role, SigningAlgorithm};

/// The length of the SMB2 header, with which every signed message begins ([MS-SMB2] 2.2.1).
pub const HEADER_SIZE: usize = 64;

/// The position of a signature in the header.
const SIGNATURE: std::ops::Range<usize> = 48..64;

const FLAGS_SERVER_TO_REDIR: u32 = 1;
const FLAGS_SIGNED: u32 = 8;
const COMMAND_CANCEL: u16 = 12;
const STATUS_PENDING: u32 = 0x103;

/// The key that signs the messages of one side and verifies those of the other side (Session.SigningKey,
/// Channel.SigningKey; [MS-SMB2] 3.1.4.1, 3.1.5.1).
///
/// A message is one request or response with its padding: sign a compound message by message.
pub struct SigningKey {
    mac: Mac,
    role: Role,
}

/// The three algorithms with their expanded keys.
enum Mac {
    HmacSha256(Box<hmac::Key>),
    AesCmac(cmac::Key),
    AesGmac(Box<GmacKey>),
}

impl SigningKey {
    pub(super) fn new(algorithm: SigningAlgorithm, key: &[u8; 16], role: Role) -> Result<Self, CryptoError> {
        let mac = match algorithm {
            SigningAlgorithm::HmacSha256 => Mac::HmacSha256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, key))),
            SigningAlgorithm::AesCmac => Mac::AesCmac(cmac::Key::new(cmac::AES_128, key)?),
            SigningAlgorithm::AesGmac => Mac::AesGmac(Box::new(GmacKey::new(key)?)),
        };
        Ok(Self { mac, role })
    }

    /// Signs one whole message: sets SMB2_FLAGS_SIGNED and the signature in its header.
    ///
    /// Everything else in the header must be final, above all the message identifier.
    ///
    /// # Errors
    /// [`CryptoError::Malformed`] for less than a header; otherwise as [`Self::sign_parts`].
    pub fn sign(&self, message: &mut [u8]) -> Result<(), CryptoError> {
        let (header, _) = message.split_first_chunk_mut().ok_or(CryptoError::Malformed("SMB2 header"))?;
        let nonce = self.prepare(header)?;
        let signature = self.mac.compute(nonce, &[message])?;
        fill(message, &signature)
    }

    /// Signs one message whose payload is apart from its header, in any number of pieces.
    ///
    /// # Errors
    /// [`CryptoError::NonceExhausted`] if AES-GMAC would use a nonce a second time: for an interim response, whose
    /// final response has the same message identifier, and for a message without an identifier of its own. Do not sign
    /// either of them. [`CryptoError::Library`].
    pub fn sign_parts(&self, header: &mut [u8; HEADER_SIZE], payload: &[&[u8]]) -> Result<(), CryptoError> {
        let nonce = self.prepare(header)?;
        let signature = {
            let parts: Vec<&[u8]> = std::iter::once(&header[..]).chain(payload.iter().copied()).collect();
            self.mac.compute(nonce, &parts)?
        };
        fill(header, &signature)
    }

    /// Verifies the signature of one whole message of the other side, in constant time.
    ///
    /// # Errors
    /// [`CryptoError::NotSigned`], [`CryptoError::Reflected`], [`CryptoError::WrongSignature`]; or
    /// [`CryptoError::Malformed`] for less than a header.
    pub fn verify(&self, message: &[u8]) -> Result<(), CryptoError> {
        let (header, payload) = message.split_first_chunk().ok_or(CryptoError::Malformed("SMB2 header"))?;
        self.verify_parts(header, &[payload])
    }

    /// Verifies the signature of one message whose payload is apart from its header.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_parts(&self, header: &[u8; HEADER_SIZE], payload: &[&[u8]]) -> Result<(), CryptoError> {
        let fields = Fields::of(header);
        if fields.flags & FLAGS_SIGNED == 0 {
            return Err(CryptoError::NotSigned);
        }
        if fields.sender() == self.role {
            return Err(CryptoError::Reflected);
        }
        let mut unsigned = *header;
        fill(&mut unsigned, &[0; 16])?;
        let parts: Vec<&[u8]> = std::iter::once(&unsigned[..]).chain(payload.iter().copied()).collect();
        let expected = self.mac.compute(fields.nonce(), &parts)?;
        let found = header.get(SIGNATURE).unwrap_or_default();
        if bool::from(expected.as_slice().ct_eq(found)) { Ok(()) } else { Err(CryptoError::WrongSignature) }
    }

    /// Prepares the header for signing, and returns the nonce for AES-GMAC.
    fn prepare(&self, header: &mut [u8; HEADER_SIZE]) -> Result<[u8; 12], CryptoError> {
        let fields = Fields::of(header);
        if fields.sender() != self.role {
            return Err(CryptoError::Malformed("SMB2_FLAGS_SERVER_TO_REDIR"));
        }
        let interim = self.role == Role::Server && fields.status == STATUS_PENDING;
        if matches!(self.mac, Mac::AesGmac(_)) && (interim || fields.message_id == u64::MAX) {
            return Err(CryptoError::NonceExhausted);
        }
        if let Some(place) = header.get_mut(16..20) {
            place.copy_from_slice(&(fields.flags | FLAGS_SIGNED).to_le_bytes());
        }
        fill(header, &[0; 16])?;
        Ok(fields.nonce())
    }
}

fn fill(message: &mut [u8], signature: &[u8; 16]) -> Result<(), CryptoError> {
    message.get_mut(SIGNATURE).ok_or(CryptoError::Malformed("SMB2 header"))?.copy_from_slice(signature);
    Ok(())
}

impl Mac {
    fn compute(&self, nonce: [u8; 12], parts: &[&[u8]]) -> Result<[u8; 16], CryptoError> {
        match self {
            Self::HmacSha256(key) => {
                let mut context = hmac::Context::with_key(key);
                parts.iter().for_each(|part| context.update(part));
                context.sign().as_ref().first_chunk().copied().ok_or(CryptoError::Library)
            }
            Self::AesCmac(key) => {
                let mut context = cmac::Context::with_key(key);
                parts.iter().try_for_each(|part| context.update(part))?;
                context.sign()?.as_ref().first_chunk().copied().ok_or(CryptoError::Library)
            }
            Self::AesGmac(key) => key.tag(nonce, parts),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = match self.mac {
            Mac::HmacSha256(_) => SigningAlgorithm::HmacSha256,
            Mac::AesCmac(_) => SigningAlgorithm::AesCmac,
            Mac::AesGmac(_) => SigningAlgorithm::AesGmac,
        };
        f.debug_struct("SigningKey").field("algorithm", &algorithm).field("role", &self.role).finish()
    }
}

/// The parts of a header that signing reads.
struct Fields {
    status: u32,
    command: u16,
    flags: u32,
    message_id: u64,
}

impl Fields {
    fn of(header: &[u8; HEADER_SIZE]) -> Self {
        Self {
            status: u32::from_le_bytes(bytes(header, 8)),
            command: u16::from_le_bytes(bytes(header, 12)),
            flags: u32::from_le_bytes(bytes(header, 16)),
            message_id: u64::from_le_bytes(bytes(header, 24)),
        }
    }

    fn sender(&self) -> Role {
        if self.flags & FLAGS_SERVER_TO_REDIR == 0 { Role::Client } else { Role::Server }
    }

    /// The nonce of AES-GMAC ([MS-SMB2] 3.1.4.1).
    fn nonce(&self) -> [u8; 12] {
        let sender = u32::from(self.sender() == Role::Server);
        let cancel = u32::from(self.sender() == Role::Client && self.command == COMMAND_CANCEL) << 1;
        let [a, b, c, d, e, f, g, h] = self.message_id.to_le_bytes();
        let [i, j, k, l] = (sender | cancel).to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }
}

/// Returns `N` bytes at `offset`, which is a constant within the header.
fn bytes<const N: usize>(header: &[u8; HEADER_SIZE], offset: usize) -> [u8; N] {
    header.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::super::testing::hex;
    use super::*;

    const ALGORITHMS: [SigningAlgorithm; 3] =
        [SigningAlgorithm::HmacSha256, SigningAlgorithm::AesCmac, SigningAlgorithm::AesGmac];

    fn key(algorithm: SigningAlgorithm, role: Role) -> SigningKey {
        SigningKey::new(algorithm, b"sixteen byte key", role).unwrap()
    }

    fn request(message_id: u64, payload: usize) -> Vec<u8> {
        let mut message = vec![0; HEADER_SIZE];
        message[..4].copy_from_slice(b"\xfeSMB");
        message[24..32].copy_from_slice(&message_id.to_le_bytes());
        message.extend((0..payload).map(|i| u8::try_from(i % 251).unwrap()));
        message
    }

    /// A failure here would make signatures that the other side cannot verify, or sign a message in several pieces
    /// differently from the same message in one piece.
    #[test]
    fn the_other_side_verifies_whole_and_in_parts() {
        for algorithm in ALGORITHMS {
            let (client, server) = (key(algorithm, Role::Client), key(algorithm, Role::Server));
            for payload in [0, 1, 9, 16, 100, 5000, 70_000] {
                let mut message = request(5, payload);
                let mut header: [u8; HEADER_SIZE] = *message.first_chunk().unwrap();
                client.sign(&mut message).unwrap();
                assert_eq!(server.verify(&message), Ok(()), "{algorithm:?}, {payload}");
                for cut in [0, payload / 3, payload] {
                    let (first, second) = message[HEADER_SIZE..].split_at(cut);
                    client.sign_parts(&mut header, &[first, second]).unwrap();
                    assert_eq!(header[..], message[..HEADER_SIZE], "{algorithm:?}, {payload} cut at {cut}");
                    assert_eq!(server.verify_parts(&header, &[first, second]), Ok(()));
                }
            }
        }
    }

    /// A failure here would mean that an algorithm computes other values than its specification: [RFC 4231] 4.3 (cut
    /// to 16 bytes), [RFC 4493] 4, and AES-GCM's test case 1 of McGrew and Viega, which is GMAC over nothing.
    #[test]
    fn known_answers() {
        let compute = |algorithm, key: &str, parts: &[&[u8]]| {
            SigningKey::new(algorithm, &hex(key), Role::Client).unwrap().mac.compute([0; 12], parts).unwrap()
        };
        let key = "2b7e151628aed2a6abf7158809cf4f3c";
        let message = hex::<40>(concat!(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
            "30c81c46a35ce411",
        ));
        let expected = hex("dfa66747de9ae63030ca32611497c827");
        for cut in 0..40 {
            let (first, second) = message.split_at(cut);
            assert_eq!(compute(SigningAlgorithm::AesCmac, key, &[first, second]), expected);
        }
        let zeros = "00000000000000000000000000000000";
        let tag = compute(SigningAlgorithm::AesGmac, zeros, &[]);
        assert_eq!(tag, hex("58e2fccefa7e3061367f1d57a4e7455a"));
        // "Jefe", padded: HMAC pads a short key with zeros itself.
        let tag = compute(
            SigningAlgorithm::HmacSha256,
            "4a656665000000000000000000000000",
            &[b"what do ya want ", b"for nothing?"],
        );
        assert_eq!(tag, hex("5bdcc146bf60754e6a042426089575c7"));
    }

    /// A failure here would let a flipped bit anywhere in a signed message go unnoticed.
    #[test]
    fn every_flipped_bit_is_noticed() {
        for algorithm in ALGORITHMS {
            let (client, server) = (key(algorithm, Role::Client), key(algorithm, Role::Server));
            let mut message = request(5, 20);
            client.sign(&mut message).unwrap();
            for bit in 0..message.len() * 8 {
                let mut altered = message.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                assert!(server.verify(&altered).is_err(), "{algorithm:?}: bit {bit}");
            }
        }
    }

    /// A failure here would let a man in the middle answer a request with the request itself.
    #[test]
    fn a_reflected_message_is_refused() {
        for algorithm in ALGORITHMS {
            let client = key(algorithm, Role::Client);
            let mut message = request(5, 20);
            client.sign(&mut message).unwrap();
            assert_eq!(client.verify(&message), Err(CryptoError::Reflected));
        }
    }

    /// A failure here would make AES-GMAC sign two messages with one nonce, which reveals its hash key.
    #[test]
    fn gmac_nonces_are_not_used_twice() {
        let server = key(SigningAlgorithm::AesGmac, Role::Server);
        let mut interim = request(5, 9);
        interim[8..12].copy_from_slice(&STATUS_PENDING.to_le_bytes());
        interim[16] = 1;
        assert_eq!(server.sign(&mut interim), Err(CryptoError::NonceExhausted));
        let client = key(SigningAlgorithm::AesGmac, Role::Client);
        assert_eq!(client.sign(&mut request(u64::MAX, 9)), Err(CryptoError::NonceExhausted));
        let mut cancel = request(5, 4);
        cancel[12] = 12;
        assert_eq!(Fields::of(cancel.first_chunk().unwrap()).nonce(), [5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(Fields::of(interim.first_chunk().unwrap()).nonce(), [5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    }
}
