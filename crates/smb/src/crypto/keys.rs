use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::kdf::derive;
use super::{
    Cipher, CryptoError, DecryptionKey, EncryptionKey, NonceSeed, PreauthHash, Role, SigningAlgorithm,
    SigningKey,
};

/// The context for deriving keys, which depends on the dialect.
#[derive(Debug, Clone, Copy)]
pub enum KeyContext<'a> {
    /// 2.0.2 and 2.1: the session key itself signs, and there is no encryption.
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
    /// Takes the key in its full length, as the mechanism returned it.
    #[must_use]
    pub fn new(full: &[u8]) -> Self {
        let mut first = [0; 16];
        first.iter_mut().zip(full).for_each(|(to, from)| *to = *from);
        Self { full: full.to_vec(), first }
    }

    /// Returns the key as the mechanism returned it. It decrypts every message of the session: never log it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.full
    }

    /// Returns the key that signs the messages that `role` sends, and verifies those of the other side; it has 128 bits
    /// with every cipher ([MS-SMB2] 3.2.5.3.1, 3.3.5.5.3).
    ///
    /// With [`KeyContext::Smb2`] pass [`SigningAlgorithm::HmacSha256`], with [`KeyContext::Smb30`]
    /// [`SigningAlgorithm::AesCmac`]: these dialects have no other.
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

    /// Returns the key for protocols above SMB (Session.ApplicationKey).
    ///
    /// # Errors
    /// [`CryptoError::Library`].
    pub fn application_key(&self, context: KeyContext<'_>) -> Result<ApplicationKey, CryptoError> {
        self.derive_or_self(context, b"SMB2APP\0", b"SmbRpc\0", b"SMBAppKey\0").map(ApplicationKey)
    }

    /// Returns the keys with which `role` encrypts and decrypts ([MS-SMB2] 3.2.5.3.1, 3.3.5.5.3).
    ///
    /// Derive them once for a session and share them among its channels: an [`EncryptionKey`] counts the nonces it has
    /// used, and a second one with the same key would use them again. `seed` is random: it separates two sessions that
    /// have the same key, as with Kerberos.
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

/// Session.ApplicationKey: the key that protocols above SMB get as the session's key.
#[derive(Clone)]
pub struct ApplicationKey(Zeroizing<[u8; 16]>);

impl ApplicationKey {
    /// Returns the bytes of the key.
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

#[cfg(test)]
mod tests {
    use super::super::testing::hex;
    use super::*;

    fn derived(key: &SessionKey, context: KeyContext<'_>) -> [[u8; 16]; 4] {
        let cipher = |context_30, label_311| {
            let key = key.cipher_key(context, Cipher::Aes128Ccm, context_30, label_311).unwrap();
            key.as_slice().try_into().unwrap()
        };
        [
            *key.derive_or_self(context, b"SMB2AESCMAC\0", b"SmbSign\0", b"SMBSigningKey\0").unwrap(),
            cipher(b"ServerIn \0", b"SMBC2SCipherKey\0"),
            cipher(b"ServerOut\0", b"SMBS2CCipherKey\0"),
            *key.application_key(context).unwrap().as_bytes(),
        ]
    }

    /// A failure here would make our signatures and ciphertexts unreadable to every other implementation. Microsoft
    /// published the values ("SMB 2 and SMB 3 security in Windows 10", Open Specifications blog, 2017).
    #[test]
    fn published_examples() {
        let key = SessionKey::new(&hex::<16>("7CD451825D0450D235424E44BA6E78CC"));
        let expected = [
            "0B7E9C5CAC36C0F6EA9AB275298CEDCE",
            "FAD27796665B313EBB578F388632B4F7",
            "B0F0427F7CEB416D1D9DCC0CD4F99447",
            "BB23A4575AA26C721AF525AF15A87B4F",
        ];
        assert_eq!(derived(&key, KeyContext::Smb30), expected.map(hex));

        let hash = PreauthHash::of(hex(concat!(
            "0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79",
            "28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01",
        )));
        let key = SessionKey::new(&hex::<16>("270E1BA896585EEB7AF3472D3B4C75A7"));
        let expected = [
            "73FE7A9A77BEF0BDE49C650D8CCB5F76",
            "629BCBC54422A0F572B97F45989B6073",
            "E2AF0DCEFAC68DA71A0DFBD0D1350D74",
            "6D7AD7954E9EC61E907B4D473DC178FF",
        ];
        assert_eq!(derived(&key, KeyContext::Smb311(&hash)), expected.map(hex));
    }

    /// A failure here would break AES-256 with a key of 32 bytes, such as Kerberos gives: the cipher's keys derive
    /// from all of it, and the others only from its first half. Values by the KBKDF of OpenSSL.
    #[test]
    fn long_keys() {
        let whole: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let hash = PreauthHash::of(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let (context, key) = (KeyContext::Smb311(&hash), SessionKey::new(&whole));
        let cipher = key.cipher_key(context, Cipher::Aes256Gcm, b"ServerIn \0", b"SMBC2SCipherKey\0");
        let expected = "e568de865ae188f20138931c5423898fc0d5e94fa094b72d474fc56cf5703db6";
        assert_eq!(cipher.unwrap().as_slice(), hex::<32>(expected));
        let application = key.application_key(context).unwrap();
        assert_eq!(*application.as_bytes(), hex("3b37360639dd593424d252bd73a0c0ff"));
        assert_eq!(derived(&key, context), derived(&SessionKey::new(&whole[..16]), context));
    }

    /// A failure here would pad a short key otherwise than the specification says, or show a key.
    #[test]
    fn short_keys_are_padded_and_none_is_shown() {
        let key = SessionKey::new(&[7; 8]);
        let application = key.application_key(KeyContext::Smb2).unwrap();
        assert_eq!(*application.as_bytes(), [7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(format!("{key:?} {application:?}"), "SessionKey(..) ApplicationKey(..)");
        let none = key.cipher_keys(KeyContext::Smb2, Cipher::Aes128Ccm, Role::Client, NonceSeed([0; 12]));
        assert_eq!(none.unwrap_err(), CryptoError::NoEncryption);
    }
}
