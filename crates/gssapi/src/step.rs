//! [`Step`]: what one side of a logon produces.

/// The result of a step of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The token for the peer, if there is one to send.
    pub token: Option<Vec<u8>>,
    /// Whether this side needs no further token.
    pub is_complete: bool,
}
