//! The cryptography of SMB 2.1 to 3.1.1: key derivation, preauthentication integrity, signing, encryption.
//!
//! Nothing here does I/O or draws random numbers: session keys come from the authentication, and the seed of a nonce
//! sequence from the caller. Keys hold their expanded form. Dropping them wipes them as far as the libraries allow, and
//! `Debug` does not show them.
//!
//! A session's keys in order:
//! 1. [`PreauthHash`] runs over the negotiation and the session setup (3.1.1 only);
//! 2. [`SessionKey`] is the key that the security mechanism returned;
//! 3. [`SessionKey::signing_key`], [`SessionKey::application_key`] and [`SessionKey::cipher_keys`] derive the rest, by
//!    the [`KeyContext`].

mod algorithm;
mod ccm;
mod encryption;
mod error;
mod gmac;
mod kdf;
mod keys;
mod nonce;
mod preauth;
mod signing;
#[cfg(test)]
mod testing;

pub use algorithm::{Cipher, Role, SigningAlgorithm};
pub use encryption::{DecryptionKey, EncryptionKey, TRANSFORM_HEADER_SIZE};
pub use error::CryptoError;
pub use keys::{ApplicationKey, KeyContext, SessionKey};
pub use nonce::NonceSeed;
pub use preauth::PreauthHash;
pub use signing::{HEADER_SIZE, SigningKey};
