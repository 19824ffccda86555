use netsession_wire::DecodeError;

use super::block::OutOfMemory;

/// Why the program must close a connection without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fatal {
    /// The frame is neither SMB2 nor SMB3.
    #[error("this is not SMB2 or SMB3")]
    NotSmb,
    /// A message that the server cannot decode.
    #[error("a message cannot be read: {0}")]
    Malformed(DecodeError),
    /// A message number that the client has used before, or that the server never granted.
    #[error("a message number was used twice or never granted")]
    MessageId,
    /// A message that has no place at this point, such as a second negotiation.
    #[error("a message came out of turn")]
    OutOfTurn,
    /// An encrypted message that the server cannot decrypt, or that belongs to no session.
    #[error("an encrypted message does not decrypt")]
    Decryption,
    /// The keys of a session failed, or no nonce is left for them.
    #[error("the keys of a session failed")]
    Keys,
    /// An answer that is too large for a frame.
    #[error("an answer is longer than a frame")]
    TooLong,
    /// The client does not offer what this server requires.
    #[error("client and server have no dialect or algorithm in common")]
    NothingInCommon,
    /// The system has no memory for a frame or an answer.
    #[error("{0}")]
    OutOfMemory(OutOfMemory),
}

impl From<OutOfMemory> for Fatal {
    fn from(error: OutOfMemory) -> Self {
        Self::OutOfMemory(error)
    }
}

impl From<DecodeError> for Fatal {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}
