use netsession_wire::DecodeError;

/// Why a connection must be closed without another word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fatal {
    /// This is not SMB2 or SMB3.
    #[error("this is not SMB2 or SMB3")]
    NotSmb,
    /// A message that cannot be taken apart.
    #[error("a message cannot be read: {0}")]
    Malformed(DecodeError),
    /// A message number that was used before, or was never granted.
    #[error("a message number was used twice or never granted")]
    MessageId,
    /// A message that has no place at this point, such as a second negotiation.
    #[error("a message came out of turn")]
    OutOfTurn,
    /// An encrypted message that does not decrypt, or belongs to no session.
    #[error("an encrypted message does not decrypt")]
    Decryption,
    /// The keys of a session failed, or their numbers are used up.
    #[error("the keys of a session failed")]
    Keys,
    /// An answer that no frame can carry.
    #[error("an answer is longer than a frame")]
    TooLong,
    /// What the client offered and what this server insists on do not meet.
    #[error("client and server have no dialect or algorithm in common")]
    NothingInCommon,
}

impl From<DecodeError> for Fatal {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}
