use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use netsession_wire::utf16;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// The NT hash of a password: MD4 of its UTF-16 form. It is enough to log on: protect it like the password.
///
/// It lies on the heap, because a value that moves on the stack leaves copies there.
pub struct NtHash(Box<[u8; 16]>);

impl NtHash {
    /// Returns a hash from its bytes.
    #[must_use]
    pub fn new(hash: [u8; 16]) -> Self {
        Self(Box::new(hash))
    }

    /// Returns the hash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        let mut hash = Self::new([0; 16]);
        let mut digest = Md4::new();
        digest.update(Zeroizing::new(utf16::encode(password)).as_slice());
        // Not `finalize`, which moves the digest.
        digest.finalize_into_reset((&mut *hash.0).into());
        hash
    }

    pub(super) const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Clone for NtHash {
    fn clone(&self) -> Self {
        let mut hash = Self::new([0; 16]);
        hash.0.copy_from_slice(self.bytes());
        hash
    }
}

/// Compares in constant time.
impl PartialEq for NtHash {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}

impl Eq for NtHash {}

impl Drop for NtHash {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(..)")
    }
}

/// Returns HMAC-MD5 over several parts.
pub(super) fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    // HMAC pads a key that is shorter than an MD5 block (64 bytes) with zeros ([RFC 2104]).
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Md5>::new(&block.into());
    block.zeroize();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Returns MD5 over several parts.
pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}
