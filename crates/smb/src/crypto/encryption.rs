use std::fmt;

use aes::{Aes128, Aes256};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use netsession_wire::{Reader, Writer};

use super::ccm::Ccm;
use super::nonce::NonceSequence;
use super::{Cipher, CryptoError, NonceSeed};
use crate::msg::{Protocol, SessionId, TRANSFORM_HEADER_LEN, TransformHeader};

/// Bytes of the SMB2 TRANSFORM_HEADER ([MS-SMB2] 2.2.41).
pub const TRANSFORM_HEADER_SIZE: usize = TRANSFORM_HEADER_LEN;

/// Flags (3.1.1) or EncryptionAlgorithm (3.0): the same number for every cipher.
const ENCRYPTED: u16 = 1;

/// Encrypts the messages that one side of a session sends (Session.EncryptionKey; [MS-SMB2] 3.1.4.3).
///
/// It counts the nonces itself, so that it uses none twice. Therefore it cannot be cloned: channels and threads share
/// it by reference.
pub struct EncryptionKey {
    aead: Aead,
    nonces: NonceSequence,
}

impl EncryptionKey {
    pub(super) fn new(cipher: Cipher, key: &[u8], seed: NonceSeed) -> Result<Self, CryptoError> {
        Ok(Self { aead: Aead::new(cipher, key)?, nonces: NonceSequence::new(seed) })
    }

    /// Encrypts a packet (one message, or a compound) in place, and returns the transform header to send before it.
    ///
    /// # Errors
    /// [`CryptoError::NonceExhausted`], [`CryptoError::Malformed`] for a packet of 4 GiB or more,
    /// [`CryptoError::Library`].
    pub fn encrypt(
        &self,
        session_id: u64,
        packet: &mut [u8],
    ) -> Result<[u8; TRANSFORM_HEADER_SIZE], CryptoError> {
        let size = u32::try_from(packet.len()).map_err(|_| CryptoError::Malformed("packet size"))?;
        let nonce = self.nonces.next()?;
        let mut header = TransformHeader {
            signature: [0; 16],
            nonce: self.aead.cipher().nonce_field(nonce),
            original_message_size: size,
            flags: ENCRYPTED,
            session_id: SessionId(session_id),
        };
        header.signature = self.aead.seal(&nonce, authenticated(&encode(&header)), packet)?;
        Ok(encode(&header))
    }
}

/// Decrypts the messages that the other side of a session sends (Session.DecryptionKey; [MS-SMB2] 3.2.5.1.1.1,
/// 3.3.5.2.1.1).
pub struct DecryptionKey {
    aead: Aead,
}

impl DecryptionKey {
    pub(super) fn new(cipher: Cipher, key: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self { aead: Aead::new(cipher, key)? })
    }

    /// Decrypts the bytes after the transform header in place, and returns them.
    ///
    /// The caller has found this key by the header's session identifier, and must compare that with the one in each
    /// message inside. After an error, do not use the bytes.
    ///
    /// # Errors
    /// [`CryptoError::WrongTag`]; [`CryptoError::Malformed`] for a header that contradicts the packet, and
    /// for a second transform header inside, which is forbidden.
    pub fn decrypt<'a>(&self, packet: &'a mut [u8]) -> Result<&'a mut [u8], CryptoError> {
        let (encoded, message) = packet
            .split_first_chunk_mut::<TRANSFORM_HEADER_SIZE>()
            .ok_or(CryptoError::Malformed("transform header"))?;
        let header = TransformHeader::decode(&mut Reader::new(encoded))
            .map_err(|_| CryptoError::Malformed("transform header"))?;
        if u32::try_from(message.len()) != Ok(header.original_message_size) {
            return Err(CryptoError::Malformed("OriginalMessageSize"));
        }
        if header.flags != ENCRYPTED {
            return Err(CryptoError::Malformed("transform flags"));
        }
        let [nonce @ .., _, _, _, _] = header.nonce;
        self.aead.open(&nonce, authenticated(encoded), &header.signature, message)?;
        if Protocol::of(message) == Some(Protocol::Encrypted) {
            return Err(CryptoError::Malformed("encrypted message inside an encrypted one"));
        }
        Ok(message)
    }
}

macro_rules! debug_without_key {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("cipher", &self.aead.cipher()).finish_non_exhaustive()
            }
        }
    )+};
}

debug_without_key!(EncryptionKey, DecryptionKey);

fn encode(header: &TransformHeader) -> [u8; TRANSFORM_HEADER_SIZE] {
    let mut writer = Writer::new();
    header.encode(&mut writer);
    writer.as_slice().first_chunk().copied().unwrap_or([0; TRANSFORM_HEADER_SIZE])
}

/// Returns the part of an encoded header that the signature covers.
fn authenticated(encoded: &[u8; TRANSFORM_HEADER_SIZE]) -> &[u8] {
    encoded.get(TransformHeader::AUTHENTICATED_RANGE).unwrap_or_default()
}

impl Cipher {
    /// Returns the nonce as the transform header carries it, with zeros in the bytes that the cipher does not use.
    fn nonce_field(self, nonce: [u8; 12]) -> [u8; 16] {
        let mut field = [0; 16];
        field.iter_mut().zip(nonce).take(self.nonce_size()).for_each(|(to, from)| *to = from);
        field
    }
}

/// The four ciphers with their expanded keys.
enum Aead {
    Aes128Ccm(Box<Ccm<Aes128>>),
    Aes256Ccm(Box<Ccm<Aes256>>),
    Aes128Gcm(Box<LessSafeKey>),
    Aes256Gcm(Box<LessSafeKey>),
}

impl Aead {
    fn new(cipher: Cipher, key: &[u8]) -> Result<Self, CryptoError> {
        let gcm = |algorithm: &'static Algorithm| -> Result<_, CryptoError> {
            Ok(Box::new(LessSafeKey::new(UnboundKey::new(algorithm, key)?)))
        };
        Ok(match cipher {
            Cipher::Aes128Ccm => Self::Aes128Ccm(Box::new(Ccm::new(key)?)),
            Cipher::Aes256Ccm => Self::Aes256Ccm(Box::new(Ccm::new(key)?)),
            Cipher::Aes128Gcm => Self::Aes128Gcm(gcm(&AES_128_GCM)?),
            Cipher::Aes256Gcm => Self::Aes256Gcm(gcm(&AES_256_GCM)?),
        })
    }

    const fn cipher(&self) -> Cipher {
        match self {
            Self::Aes128Ccm(_) => Cipher::Aes128Ccm,
            Self::Aes256Ccm(_) => Cipher::Aes256Ccm,
            Self::Aes128Gcm(_) => Cipher::Aes128Gcm,
            Self::Aes256Gcm(_) => Cipher::Aes256Gcm,
        }
    }

    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        let [short @ .., _] = nonce;
        match self {
            Self::Aes128Ccm(key) => key.seal(short, aad, data),
            Self::Aes256Ccm(key) => key.seal(short, aad, data),
            Self::Aes128Gcm(key) | Self::Aes256Gcm(key) => {
                let nonce = Nonce::assume_unique_for_key(*nonce);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), data)?;
                tag.as_ref().first_chunk().copied().ok_or(CryptoError::Library)
            }
        }
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], tag: &[u8; 16], data: &mut [u8]) -> Result<(), CryptoError> {
        let [short @ .., _] = nonce;
        let opened = match self {
            Self::Aes128Ccm(key) => key.open(short, aad, tag, data),
            Self::Aes256Ccm(key) => key.open(short, aad, tag, data),
            Self::Aes128Gcm(key) | Self::Aes256Gcm(key) => {
                let nonce = Nonce::assume_unique_for_key(*nonce);
                key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, data).is_ok()
            }
        };
        if opened { Ok(()) } else { Err(CryptoError::WrongTag) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::hex;
    use super::super::{KeyContext, PreauthHash, Role, SessionKey};
    use super::*;

    const CIPHERS: [Cipher; 4] = [Cipher::Aes128Ccm, Cipher::Aes128Gcm, Cipher::Aes256Ccm, Cipher::Aes256Gcm];

    fn pair(cipher: Cipher) -> (EncryptionKey, DecryptionKey) {
        let (session_key, hash) = (SessionKey::new(&[7; 32]), PreauthHash::new());
        let keys = |role| {
            session_key.cipher_keys(KeyContext::Smb311(&hash), cipher, role, NonceSeed([0xff; 12])).unwrap()
        };
        (keys(Role::Client).0, keys(Role::Server).1)
    }

    /// A failure here would make one side unable to decrypt the messages of the other, with some cipher.
    #[test]
    fn the_other_side_decrypts() {
        for cipher in CIPHERS {
            let (encryption, decryption) = pair(cipher);
            for size in [0, 1, 15, 16, 64, 1000] {
                let mut message = vec![0x5a; size];
                let header = encryption.encrypt(0x1122, &mut message).unwrap();
                assert!(size < 15 || message != vec![0x5a; size], "{cipher:?} leaves the plain text");
                let mut packet = [&header[..], &message].concat();
                assert_eq!(decryption.decrypt(&mut packet).unwrap(), vec![0x5a; size], "{cipher:?}");
            }
        }
    }

    /// A failure here would let a flipped bit anywhere in an encrypted packet go unnoticed. (The protocol identifier
    /// and the reserved nonce bytes are authenticated or compared as well.)
    #[test]
    fn every_flipped_bit_is_noticed() {
        for cipher in CIPHERS {
            let (encryption, decryption) = pair(cipher);
            let mut message = *b"a message";
            let header = encryption.encrypt(1, &mut message).unwrap();
            let packet = [&header[..], &message].concat();
            for bit in 0..packet.len() * 8 {
                let mut altered = packet.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                assert!(decryption.decrypt(&mut altered).is_err(), "{cipher:?}: bit {bit}");
            }
            for length in 0..packet.len() {
                assert!(decryption.decrypt(&mut packet[..length].to_vec()).is_err(), "{cipher:?}: {length}");
            }
        }
    }

    /// A failure here would encrypt two messages with one nonce, which reveals both.
    #[test]
    fn nonces_differ() {
        for cipher in CIPHERS {
            let (encryption, _) = pair(cipher);
            let mut seen = std::collections::HashSet::new();
            for _ in 0..1000 {
                let header = encryption.encrypt(1, &mut []).unwrap();
                let (used, reserved) = header[20..36].split_at(cipher.nonce_size());
                assert!(seen.insert(used.to_vec()), "{cipher:?}");
                assert!(
                    reserved.iter().all(|byte| *byte == 0),
                    "{cipher:?}: reserved bytes are sent as zero"
                );
            }
        }
    }

    /// A failure here would mean that a cipher computes other values than its specification. GCM: test cases 4 and 16
    /// of McGrew and Viega's specification; CCM: values by OpenSSL with SMB's sizes of nonce and tag.
    #[test]
    fn known_answers() {
        let plain = hex::<60>(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ));
        let aad = hex::<20>("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let key = hex::<16>("feffe9928665731c6d6a8f9467308308").repeat(2);
        for (cipher, key, expected, tag) in [
            (Cipher::Aes128Gcm, &key[..16], "42831ec2217774244b7221b7", "5bc94fbc3221a5db94fae95ae7121a47"),
            (Cipher::Aes256Gcm, &key[..], "522dc1f099567d07f47f37a3", "76fc6ece0f4e1768cddf8853bb2d551b"),
        ] {
            let mut data = plain;
            let nonce = hex("cafebabefacedbaddecaf888");
            assert_eq!(Aead::new(cipher, key).unwrap().seal(&nonce, &aad, &mut data), Ok(hex(tag)));
            assert_eq!(data[..12], hex::<12>(expected), "{cipher:?}");
        }

        let counting = |from: u8, count: u8| (from..from + count).collect::<Vec<_>>();
        let nonce: [u8; 12] = counting(0, 12).try_into().unwrap();
        for (cipher, key, expected, tag) in [
            (Cipher::Aes128Ccm, 16, "5bf943ccbe215b17adf566e7", "235da41b73bf454dcffb1656462694bf"),
            (Cipher::Aes256Ccm, 32, "17a577013229d9ffd39978da", "367ff9f0b3737ce93fd6d7ba3160bb40"),
        ] {
            let mut data = counting(100, 50);
            let sealed =
                Aead::new(cipher, &counting(0, key)).unwrap().seal(&nonce, &counting(0x40, 32), &mut data);
            assert_eq!(data[..12], hex::<12>(expected), "{cipher:?}");
            assert_eq!(sealed, Ok(hex(tag)), "{cipher:?}");
        }
    }

    /// A failure here would accept a packet that is encrypted twice, which the specification forbids.
    #[test]
    fn a_nested_packet_is_refused() {
        let (encryption, decryption) = pair(Cipher::Aes128Gcm);
        let inner = encryption.encrypt(1, &mut []).unwrap();
        let mut message = inner.to_vec();
        let header = encryption.encrypt(1, &mut message).unwrap();
        let mut packet = [&header[..], &message].concat();
        assert!(matches!(decryption.decrypt(&mut packet), Err(CryptoError::Malformed(_))));
    }

    /// A failure here would show a key in a log.
    #[test]
    fn debug_shows_no_key() {
        let (encryption, decryption) = pair(Cipher::Aes256Gcm);
        assert_eq!(format!("{encryption:?}"), "EncryptionKey { cipher: Aes256Gcm, .. }");
        assert_eq!(format!("{decryption:?}"), "DecryptionKey { cipher: Aes256Gcm, .. }");
    }
}
