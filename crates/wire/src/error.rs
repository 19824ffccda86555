/// Why bytes from the wire could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The message ends before the field does.
    #[error("{what} ends early: {need} bytes needed, {have} there")]
    Truncated {
        /// The field or structure that was being read.
        what: &'static str,
        /// Bytes that it needs.
        need: usize,
        /// Bytes that were left.
        have: usize,
    },
    /// A field has a value that its specification does not allow.
    #[error("{what} is not valid")]
    Invalid {
        /// The field.
        what: &'static str,
    },
    /// A count or length is larger than this program is willing to hold.
    #[error("{what} is {value}, more than the limit of {limit}")]
    TooLarge {
        /// The field.
        what: &'static str,
        /// What the wire said.
        value: u64,
        /// What is accepted.
        limit: u64,
    },
}

impl DecodeError {
    /// Shorthand for [`DecodeError::Invalid`].
    #[must_use]
    pub const fn invalid(what: &'static str) -> Self {
        Self::Invalid { what }
    }
}
