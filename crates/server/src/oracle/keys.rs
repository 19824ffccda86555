//! [`Keys`]: the keys of a session that a client has logged on.

use netsession_smb::crypto::{
    DecryptionKey, EncryptionKey, KeyContext, NonceSeed, PreauthHash, Role, SessionKey, SigningAlgorithm,
    SigningKey,
};
use netsession_smb::msg::Dialect;

/// The key of a session, and what the other keys derive from.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    session: SessionKey,
    dialect: Dialect,
    /// The hash over the logon; unused before 3.1.1.
    preauth: PreauthHash,
}

impl Keys {
    pub(super) const fn new(session: SessionKey, dialect: Dialect, preauth: PreauthHash) -> Self {
        Self { session, dialect, preauth }
    }

    fn context(&self) -> KeyContext<'_> {
        match self.dialect {
            Dialect::SMB_3_1_1 => KeyContext::Smb311(&self.preauth),
            dialect if dialect >= Dialect::SMB_3_0 => KeyContext::Smb30,
            _ => KeyContext::Smb2,
        }
    }

    /// Returns the key that signs a client's messages.
    pub(super) fn signing(&self) -> Option<SigningKey> {
        let algorithm = match self.dialect >= Dialect::SMB_3_0 {
            true => SigningAlgorithm::AesCmac,
            false => SigningAlgorithm::HmacSha256,
        };
        self.session.signing_key(self.context(), algorithm, Role::Client).ok()
    }

    /// Returns the keys that encrypt a client's messages and decrypt the server's.
    pub(super) fn cipher(&self) -> Option<(EncryptionKey, DecryptionKey)> {
        let seed = NonceSeed([1; 12]);
        self.session
            .cipher_keys(self.context(), netsession_smb::crypto::Cipher::Aes128Gcm, Role::Client, seed)
            .ok()
    }
}
