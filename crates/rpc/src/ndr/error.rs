use netsession_wire::DecodeError;

/// Why a message could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NdrError {
    /// The octets are not what the interface's definition says.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A text holds a NUL, and would arrive as another, shorter text.
    #[error("{what} contains a NUL character, which would cut it off: remove it")]
    Nul {
        /// The parameter or member.
        what: &'static str,
    },
    /// More elements than a 32-bit count can say.
    #[error("{what} is too long to be sent")]
    TooLong {
        /// The parameter or member.
        what: &'static str,
    },
}
