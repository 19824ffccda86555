use netsession_wire::DecodeError;

/// Why a message cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NdrError {
    /// The octets do not follow the interface's definition.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A text contains a NUL, and would arrive as a shorter text.
    #[error("{what} contains a NUL character, which would cut it off: remove it")]
    Nul {
        /// The parameter or member.
        what: &'static str,
    },
    /// There are more elements than a 32-bit count allows.
    #[error("{what} is too long to be sent")]
    TooLong {
        /// The parameter or member.
        what: &'static str,
    },
}
