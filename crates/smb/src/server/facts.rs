use netsession_wire::Guid;

use crate::crypto::{Cipher, SigningAlgorithm};
use crate::msg::{Capabilities, Dialect};

/// What was negotiated on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The dialect.
    pub dialect: Dialect,
    /// The client's own identifier.
    pub client_guid: Guid,
    /// The capabilities that the client reports.
    pub client_capabilities: Capabilities,
    /// The cipher, if the two sides agreed on one.
    pub cipher: Option<Cipher>,
    /// How messages are signed.
    pub signing: SigningAlgorithm,
}
