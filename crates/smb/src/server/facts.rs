use netsession_wire::Guid;

use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::{Capabilities, Dialect};

/// What was negotiated on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The dialect.
    pub dialect: Dialect,
    /// Names the client.
    pub client_guid: Guid,
    /// What the client says it is able to do.
    pub client_capabilities: Capabilities,
    /// The cipher, where there is one.
    pub cipher: Option<Cipher>,
    /// How messages are signed.
    pub signing: SigningAlgorithm,
}
