use netsession_wire::{DecodeError, Win32Error};

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

impl NdrError {
    /// The code that stands for this error where only a number can be returned.
    #[must_use]
    pub const fn win32(&self) -> Win32Error {
        match self {
            Self::Malformed(_) => Win32Error::RPC_X_BAD_STUB_DATA,
            Self::Nul { .. } | Self::TooLong { .. } => Win32Error::ERROR_INVALID_PARAMETER,
        }
    }
}
