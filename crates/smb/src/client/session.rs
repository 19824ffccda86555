//! The session: its keys, and which of its messages are encrypted ([MS-SMB2] 3.2.1.3, 3.2.1.4).

use super::{Error, Violation};
use crate::crypto::{CryptoError, DecryptionKey, EncryptionKey, SigningKey, TRANSFORM_HEADER_SIZE};
use crate::msg::{SessionId, TreeId};

/// A session that is set up.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) signing: SigningKey,
    /// The keys of encryption, where client and server are able to.
    pub(super) cipher: Option<(EncryptionKey, DecryptionKey)>,
    /// Every request is encrypted (`Session.EncryptData`).
    pub(super) encrypt: bool,
    /// The tree connections whose requests are encrypted (`TreeConnect.EncryptData`).
    pub(super) encrypted_trees: Vec<TreeId>,
    /// The negotiation was checked, or needs no check.
    pub(super) validated: bool,
}

impl Session {
    /// Whether requests to this tree connection are encrypted.
    pub(super) fn encrypts(&self, tree_id: TreeId) -> bool {
        self.encrypt || self.encrypted_trees.contains(&tree_id)
    }

    /// Encrypts a packet, and puts it behind its transform header.
    pub(super) fn encrypt(&self, packet: &mut [u8]) -> Result<[u8; TRANSFORM_HEADER_SIZE], Error> {
        let (key, _) = self.cipher.as_ref().ok_or(CryptoError::NoEncryption)?;
        Ok(key.encrypt(self.id.0, packet)?)
    }

    /// Decrypts what was received in place.
    pub(super) fn decrypt<'a>(&self, packet: &'a mut [u8]) -> Result<&'a mut [u8], Error> {
        let (_, key) = self.cipher.as_ref().ok_or(Violation::Undecryptable)?;
        key.decrypt(packet).map_err(|_| Violation::Undecryptable.into())
    }

    /// Checks the signature of one message.
    pub(super) fn verify(&self, message: &[u8]) -> Result<(), Violation> {
        self.signing.verify(message).map_err(|error| match error {
            CryptoError::NotSigned => Violation::Unsigned,
            _ => Violation::BadSignature,
        })
    }
}
