/// Why a reader cannot decode bytes from the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The message ends before the field does.
    #[error("{what} ends early: {need} bytes needed, {have} there")]
    Truncated {
        /// The field or structure.
        what: &'static str,
        /// The bytes that it needs.
        need: usize,
        /// The bytes that are left.
        have: usize,
    },
    /// A field has a value that its specification does not allow.
    #[error("{what} is not valid")]
    Invalid {
        /// The field.
        what: &'static str,
    },
    /// A count or length is larger than this program accepts.
    #[error("{what} is {value}, more than the limit of {limit}")]
    TooLarge {
        /// The field.
        what: &'static str,
        /// The value on the wire.
        value: u64,
        /// The largest accepted value.
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
