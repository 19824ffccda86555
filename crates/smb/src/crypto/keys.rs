use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::kdf::derive;
use super::{
    Cipher, CryptoError, DecryptionKey, EncryptionKey, NonceSeed, PreauthHash, Role, SigningAlgorithm,
    SigningKey,
};

/// What keys are derived with: it depends on the dialect only.
#[derive(Debug, Clone, Copy)]
pub enum KeyContext<'a> {
    /// 2.0.2 and 2.1: nothing is derived, the session key itself signs, and there is no encryption.
    Smb2,
    /// 3.0 and 3.0.2: fixed strings.
    Smb30,
    /// 3.1.1: the session's preauthentication integrity hash, up to the last SESSION_SETUP request.
    Smb311(&'a PreauthHash),
}

/// The cryptographic key that the security mechanism returned (Session.SessionKey and Session.FullSessionKey,
/// [MS-SMB2] 3.2.1.3): 16 bytes with NTLM, up to 32 with Kerberos.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionKey {
    full: Vec<u8>,
    first: [u8; 16],
}

impl SessionKey {
    /// Takes the key as the mechanism returned it, uncut.
    #[must_use]
    pub fn new(full: &[u8]) -> Self {
        let mut first = [0; 16];
        first.iter_mut().zip(full).for_each(|(to, from)| *to = *from);
        Self { full: full.to_vec(), first }
    }

    /// The key as the mechanism returned it. It opens every message of the session: not for logs.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.full
    }

    /// The key that signs what `role` sends, and verifies what the other side sends; 128 bits whatever the
    /// cipher ([MS-SMB2] 3.2.5.3.1, 3.3.5.5.3).
    ///
    /// With [`KeyContext::Smb2`] pass [`SigningAlgorithm::HmacSha256`], with [`KeyContext::Smb30`]
    /// [`SigningAlgorithm::AesCmac`]: these dialects know no other.
    ///
    /// # Errors
    /// [`CryptoError::Library`].
    pub fn signing_key(
        &self,
        context: KeyContext<'_>,
        algorithm: SigningAlgorithm,
        role: Role,
    ) -> Result<SigningKey, CryptoError> {
        let key = self.derive_or_self(context, b"SMB2AESCMAC\0", b"SmbSign\0", b"SMBSigningKey\0")?;
        SigningKey::new(algorithm, &key, role)
    }

    /// The key that protocols above SMB may ask for (Session.ApplicationKey).
    ///
    /// # Errors
    /// [`CryptoError::Library`].
    pub fn application_key(&self, context: KeyContext<'_>) -> Result<ApplicationKey, CryptoError> {
        self.derive_or_self(context, b"SMB2APP\0", b"SmbRpc\0", b"SMBAppKey\0").map(ApplicationKey)
    }

    /// The keys with which `role` encrypts and decrypts ([MS-SMB2] 3.2.5.3.1, 3.3.5.5.3).
    ///
    /// Derive them once for a session and share them among its channels: an [`EncryptionKey`] counts the
    /// nonces it has used, and a second one with the same key would use them again. `seed` is random; it
    /// keeps two sessions apart that were given the same key, which Kerberos can do.
    ///
    /// # Errors
    /// [`CryptoError::NoEncryption`] with [`KeyContext::Smb2`], [`CryptoError::Library`].
    pub fn cipher_keys(
        &self,
        context: KeyContext<'_>,
        cipher: Cipher,
        role: Role,
        seed: NonceSeed,
    ) -> Result<(EncryptionKey, DecryptionKey), CryptoError> {
        let client_to_server = self.cipher_key(context, cipher, b"ServerIn \0", b"SMBC2SCipherKey\0")?;
        let server_to_client = self.cipher_key(context, cipher, b"ServerOut\0", b"SMBS2CCipherKey\0")?;
        let (out, back) = match role {
            Role::Client => (client_to_server, server_to_client),
            Role::Server => (server_to_client, client_to_server),
        };
        Ok((EncryptionKey::new(cipher, &out, seed)?, DecryptionKey::new(cipher, &back)?))
    }

    fn derive_or_self(
        &self,
        context: KeyContext<'_>,
        label_30: &[u8],
        context_30: &[u8],
        label_311: &[u8],
    ) -> Result<Zeroizing<[u8; 16]>, CryptoError> {
        match context {
            KeyContext::Smb2 => Ok(Zeroizing::new(self.first)),
            KeyContext::Smb30 => derive(&self.first, label_30, context_30),
            KeyContext::Smb311(hash) => derive(&self.first, label_311, hash.as_bytes()),
        }
    }

    fn cipher_key(
        &self,
        context: KeyContext<'_>,
        cipher: Cipher,
        context_30: &[u8],
        label_311: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (label, context) = match context {
            KeyContext::Smb2 => return Err(CryptoError::NoEncryption),
            KeyContext::Smb30 => (&b"SMB2AESCCM\0"[..], context_30),
            KeyContext::Smb311(hash) => (label_311, &hash.as_bytes()[..]),
        };
        let key = match cipher {
            Cipher::Aes128Ccm | Cipher::Aes128Gcm => derive::<16>(&self.first, label, context)?.to_vec(),
            Cipher::Aes256Ccm | Cipher::Aes256Gcm => derive::<32>(&self.full, label, context)?.to_vec(),
        };
        Ok(Zeroizing::new(key))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// Session.ApplicationKey: what protocols above SMB get when they ask for the session's key.
#[derive(Clone)]
pub struct ApplicationKey(Zeroizing<[u8; 16]>);

impl ApplicationKey {
    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ApplicationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationKey(..)")
    }
}
