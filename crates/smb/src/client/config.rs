//! The configuration of a connection: what it offers and requires, and its random bytes.

use netsession_wire::Guid;

use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::Dialect;

/// When the client encrypts requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// If the server supports encryption.
    #[default]
    IfOffered,
    /// Always: a server without encryption is an error.
    Required,
}

/// What a client offers to a server, in the order of preference, and what it requires.
///
/// There is no choice about signing: the client always requires it.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's name as the user knows it, for SMB2_NETNAME_NEGOTIATE_CONTEXT_ID.
    pub server_name: String,
    /// Dialects, lowest first. The client supports only those of [`Config::DIALECTS`].
    pub dialects: Vec<Dialect>,
    /// Ciphers for 3.1.1. 3.0 and 3.0.2 have only AES-128-CCM, and encrypt only if it is among them.
    pub ciphers: Vec<Cipher>,
    /// Signing algorithms for 3.1.1. The other dialects have no choice.
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Whether encryption is required.
    pub encryption: Encryption,
}

impl Config {
    /// The dialects that this crate speaks.
    pub const DIALECTS: [Dialect; 4] =
        [Dialect::SMB_2_1, Dialect::SMB_3_0, Dialect::SMB_3_0_2, Dialect::SMB_3_1_1];

    /// Returns everything that this crate supports, for the server of that name.
    #[must_use]
    pub fn new(server_name: impl Into<String>) -> Self {
        Self {
            server_name: server_name.into(),
            dialects: Self::DIALECTS.to_vec(),
            ciphers: vec![Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::Aes128Ccm, Cipher::Aes256Ccm],
            signing_algorithms: vec![
                SigningAlgorithm::AesGmac,
                SigningAlgorithm::AesCmac,
                SigningAlgorithm::HmacSha256,
            ],
            encryption: Encryption::IfOffered,
        }
    }
}

/// The random bytes that one connection uses, fresh for each.
#[derive(Debug)]
pub struct Entropy {
    /// `ClientGuid`. A server identifies the client's leases by it; this crate works with a new one for each
    /// connection.
    pub client_guid: Guid,
    /// The salt of SMB2_PREAUTH_INTEGRITY_CAPABILITIES.
    pub salt: [u8; 32],
    /// Where the nonces of encryption start.
    pub nonce_seed: [u8; 12],
}
