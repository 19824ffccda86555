//! The configuration of a connection: what it offers and requires, and its random bytes.

use netsession_wire::Guid;

use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::Dialect;

/// When requests are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Whenever the server is able to.
    #[default]
    IfOffered,
    /// Always: a server that is not able to is an error.
    Required,
}

/// What a client offers to a server, in the order of preference, and what it requires of it.
///
/// Signing is not among the choices: it is always required.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's name as the user knows it: it stands in SMB2_NETNAME_NEGOTIATE_CONTEXT_ID.
    pub server_name: String,
    /// Dialects, lowest first. Only those of [`Config::DIALECTS`] are of use.
    pub dialects: Vec<Dialect>,
    /// Ciphers for 3.1.1. 3.0 and 3.0.2 know AES-128-CCM only, and encrypt only where it is among them.
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

    /// Everything that this crate is able to, for the server of that name.
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
    /// `ClientGuid`. Servers break the leases of a client by it; nothing here depends on its staying the same.
    pub client_guid: Guid,
    /// The salt of SMB2_PREAUTH_INTEGRITY_CAPABILITIES.
    pub salt: [u8; 32],
    /// Where the nonces of encryption start.
    pub nonce_seed: [u8; 12],
}
