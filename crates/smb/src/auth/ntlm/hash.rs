use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use netsession_wire::utf16;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The NT hash of a password: MD4 of its UTF-16 form. Whoever has it can log in; treat it as the password.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NtHash(pub(super) [u8; 16]);

impl NtHash {
    /// From the hash itself.
    #[must_use]
    pub const fn new(hash: [u8; 16]) -> Self {
        Self(hash)
    }

    /// The hash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        Self(Md4::digest(Zeroizing::new(utf16::encode(password)).as_slice()).into())
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(..)")
    }
}

/// HMAC-MD5 over parts.
pub(super) fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    // A key of one MD5 block (64 bytes) padded with zeros is what HMAC makes of a shorter one ([RFC 2104]).
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Md5>::new(&block.into());
    block.zeroize();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// MD5 over parts.
pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}
