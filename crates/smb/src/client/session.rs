//! The session: its keys, and which of its messages are encrypted ([MS-SMB2] 3.2.1.3, 3.2.1.4).

use super::{Error, Violation};
use crate::crypto::{CryptoError, DecryptionKey, EncryptionKey, SigningKey, TRANSFORM_HEADER_SIZE};
use crate::msg::{SessionId, TreeId};

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) signing: SigningKey,
    /// The keys for encryption, if both sides support it.
    pub(super) cipher: Option<(EncryptionKey, DecryptionKey)>,
    /// Whether the client encrypts every request (`Session.EncryptData`).
    pub(super) encrypt: bool,
    /// The tree connections whose requests the client encrypts (`TreeConnect.EncryptData`).
    pub(super) encrypted_trees: Vec<TreeId>,
    /// Whether the client has checked the negotiation, or need not check it.
    pub(super) validated: bool,
}

impl Session {
    /// Returns whether the client encrypts requests to this tree connection.
    pub(super) fn encrypts(&self, tree_id: TreeId) -> bool {
        self.encrypt || self.encrypted_trees.contains(&tree_id)
    }

    /// Encrypts a packet, and puts the transform header before it.
    pub(super) fn encrypt(&self, packet: &mut [u8]) -> Result<[u8; TRANSFORM_HEADER_SIZE], Error> {
        let (key, _) = self.cipher.as_ref().ok_or(CryptoError::NoEncryption)?;
        Ok(key.encrypt(self.id.0, packet)?)
    }

    /// Decrypts a received message in place.
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
