//! The chain of rows: each hash covers the row and the hash before it. The key of the journal signs each hash, and the head.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// What the hash of each row begins with, so that no other data has the same hash.
const ROW_DOMAIN: &[u8] = b"netsession-journal-row-1\0";
/// What the signature of a row covers before its hash.
const ROW_MAC_DOMAIN: &[u8] = b"netsession-journal-row-mac-1\0";
/// What the signature of the head covers before its number and hash.
const HEAD_MAC_DOMAIN: &[u8] = b"netsession-journal-head-1\0";
/// What the signature of a hold covers before its content.
const HOLD_MAC_DOMAIN: &[u8] = b"netsession-journal-hold-1\0";

/// The SHA-256 hash of a row, or the signature of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RowHash(pub(crate) [u8; 32]);

impl RowHash {
    /// Returns the hash of a row: SHA-256 over the domain, the hash of the row before it, the number of the row in eight
    /// bytes (big-endian), and the row's JSON as the database stores it. The first row follows a hash of zeros.
    pub(crate) fn of_row(before: Self, seq: u64, body: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(ROW_DOMAIN);
        digest.update(before.0);
        digest.update(seq.to_be_bytes());
        digest.update(body.as_bytes());
        Self(digest.finalize().into())
    }

    /// Reads the bytes of a hash.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for RowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is not the hash of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct ParseHashError;

impl std::str::FromStr for RowHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(ParseHashError);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(at * 2..at * 2 + 2).ok_or(ParseHashError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ParseHashError)?;
        }
        Ok(Self(bytes))
    }
}

/// The last row: its number and its hash. A journal without rows has the number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the last row.
    pub seq: u64,
    /// The hash of the last row.
    pub hash: RowHash,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl std::str::FromStr for Head {
    type Err = ParseHashError;

    /// Reads `NUMBER:HASH`.
    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let (seq, hash) = text.split_once(':').ok_or(ParseHashError)?;
        Ok(Self { seq: seq.parse().map_err(|_| ParseHashError)?, hash: hash.parse()? })
    }
}

/// The secret key of a journal.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 32]>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Signs the hash of a row.
    pub(crate) fn sign_row(&self, hash: RowHash) -> RowHash {
        self.mac(&[ROW_MAC_DOMAIN, &hash.0])
    }

    /// Signs the head.
    /// Signs the content of a hold.
    pub(crate) fn sign_hold(&self, content: &[u8]) -> RowHash {
        self.mac(&[HOLD_MAC_DOMAIN, content])
    }

    pub(crate) fn sign_head(&self, head: Head) -> RowHash {
        self.mac(&[HEAD_MAC_DOMAIN, &head.seq.to_be_bytes(), &head.hash.0])
    }

    fn mac(&self, parts: &[&[u8]]) -> RowHash {
        // A key of 32 bytes is never refused.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes()) else { return RowHash::default() };
        parts.iter().for_each(|part| mac.update(part));
        RowHash(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, Key, RowHash};

    /// A failure here would let an older version, or the description in docs/journal.md, disagree about a chain.
    #[test]
    fn the_encoding_is_the_documented_one() {
        let first = RowHash::of_row(RowHash::default(), 1, r#"{"kind":"intent"}"#);
        assert_eq!(first.to_string(), "1f86d59a0996bd87ed510c1e89e4a482c80ac7abcc9c5987d120af6302e6be6c");
        let head = Head { seq: 1, hash: first };
        assert_eq!(head.to_string().parse(), Ok(head));
        assert!("1:abc".parse::<Head>().is_err() && "x".parse::<Head>().is_err());
    }

    /// A failure here would let somebody without the key sign a row or a head, or print the key.
    #[test]
    fn a_signature_needs_the_key() {
        let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let hash = RowHash::of_row(RowHash::default(), 1, "{}");
        assert_ne!(one.sign_row(hash), other.sign_row(hash));
        assert_ne!(one.sign_row(hash).0, one.sign_head(Head { seq: 1, hash }).0);
        assert_eq!(format!("{one:?}"), "Key(..)");
    }
}
