use std::ops::RangeInclusive;

use netsession_wire::Guid;

use crate::auth::ntlm;
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::Dialect;

/// When the server encrypts messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never: the server does not offer encryption.
    Off,
    /// If the client supports encryption.
    Offered,
    /// Always: the server refuses a client without encryption.
    Required,
}

/// What a server offers and requires.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the server.
    pub server_guid: Guid,
    /// The range of dialects that the server speaks, within 2.0.2 to 3.1.1.
    pub dialects: RangeInclusive<Dialect>,
    /// Whether the server refuses unsigned requests.
    pub signing_required: bool,
    /// When the server encrypts messages.
    pub encryption: Encryption,
    /// Ciphers, the preferred one first (3.1.1).
    pub ciphers: Vec<Cipher>,
    /// Signing algorithms, the preferred one first (3.1.1).
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Whether a client may use one session over several connections (3.x).
    ///
    /// A client that supports this does not get AES-GMAC: its nonce is the number of the message, which each connection
    /// counts for itself, but one key of the session signs all bindings.
    pub multi_channel: bool,
    /// The longest read, write and transaction in bytes, if the dialect has requests of several credits; at least 64
    /// KiB.
    pub max_size: u32,
    /// The most credits that a client can have.
    pub max_credits: u16,
    /// The most sessions of one connection, with unfinished logons.
    pub max_sessions: usize,
    /// The most unfinished logons of new sessions on one connection. A further logon replaces the oldest one.
    pub max_logons: usize,
    /// The most messages of one compound.
    pub max_compound: usize,
    /// The names that the server gives itself in a logon.
    pub names: ntlm::ServerConfig,
}

impl Settings {
    /// Returns the ordinary settings of a server with these names.
    #[must_use]
    pub fn new(server_guid: Guid, names: ntlm::ServerConfig) -> Self {
        Self {
            server_guid,
            dialects: Dialect::SMB_2_1..=Dialect::SMB_3_1_1,
            signing_required: true,
            encryption: Encryption::Offered,
            ciphers: vec![Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::Aes128Ccm, Cipher::Aes256Ccm],
            signing_algorithms: vec![
                SigningAlgorithm::AesGmac,
                SigningAlgorithm::AesCmac,
                SigningAlgorithm::HmacSha256,
            ],
            multi_channel: false,
            // A larger buffer leaves the processor's cache between two steps, and is slower.
            max_size: 1 << 20,
            max_credits: 8192,
            max_sessions: 10_000,
            max_logons: 64,
            max_compound: 256,
            names,
        }
    }
}
