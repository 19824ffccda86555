use std::ops::RangeInclusive;

use netsession_wire::Guid;

use crate::auth::ntlm;
use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::Dialect;

/// Whether messages are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never, and not offered.
    Off,
    /// Where the client does it.
    Offered,
    /// Always: a client that cannot is refused.
    Required,
}

/// What a server offers and insists on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the server.
    pub server_guid: Guid,
    /// Dialects that are spoken: 2.0.2 to 3.1.1, each known one in between included.
    pub dialects: RangeInclusive<Dialect>,
    /// Whether unsigned requests are refused.
    pub signing_required: bool,
    /// Whether messages are encrypted.
    pub encryption: Encryption,
    /// Ciphers, the preferred one first (3.1.1).
    pub ciphers: Vec<Cipher>,
    /// Signing algorithms, the preferred one first (3.1.1).
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Whether one session may be used over several connections (3.x), with clients that know of it.
    ///
    /// They do not get AES-GMAC then: its nonce is the number of the message, which each connection counts for
    /// itself, while all bindings of a session are signed with the session's one key.
    pub multi_channel: bool,
    /// The longest read, write and transaction in bytes, where the dialect knows requests of several credits;
    /// at least 64 KiB.
    pub max_size: u32,
    /// Credits that a client can have at once.
    pub max_credits: u16,
    /// Sessions that one connection can carry, logons half done included.
    pub max_sessions: usize,
    /// Logons half done that one connection can carry, first ones only: the oldest gives way to a further one.
    pub max_logons: usize,
    /// Messages that one compound can have.
    pub max_compound: usize,
    /// What the server says of itself when somebody logs on.
    pub names: ntlm::ServerConfig,
}

impl Settings {
    /// The ordinary settings of a server with these names.
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
            // More than this leaves the processor's cache between two steps, and is slower.
            max_size: 1 << 20,
            max_credits: 8192,
            max_sessions: 10_000,
            max_logons: 64,
            max_compound: 256,
            names,
        }
    }
}
