//! NDR: parameters as octets, in the 32-bit and the 64-bit transfer syntax, in both directions.
//!
//! A message lists its parameters once, in [`Message::parameters`], in the order of its definition, and the same lines
//! write it and read it. [`Ndr`] knows the syntax, the alignment, the referent ids and the places of referents. It
//! walks every construct twice: first for the members in place, where a pointer is only an id, and then for the
//! referents, which follow the whole construct in the order of their pointers (C706 14.3.12.3). In the second walk,
//! plain members do nothing.
//!
//! Pointers are unique pointers: each non-null one has its own referent, so that there are no loops.

mod arrays;
mod counted;
mod error;
pub mod oracle;
mod stream;
mod syntax;
mod text;

pub use counted::Counted;
pub use error::NdrError;
pub use stream::{MAX_ELEMENTS, Ndr};
pub use syntax::{Alignment, Syntax};
pub use text::CountedText;

/// The parameters of a request or of a response.
pub trait Message: Default {
    /// Writes or reads each parameter, in the order of the definition.
    ///
    /// # Errors
    /// Returns [`NdrError::Nul`] or [`NdrError::TooLong`] for a parameter that cannot be written, and
    /// [`NdrError::Malformed`] for octets that cannot be read.
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError>;
}

/// Writes `message` and returns its octets: the stub data of a request or response PDU.
///
/// # Errors
/// Returns [`NdrError::Nul`] for a text with a NUL character, and [`NdrError::TooLong`] for more elements than a count
/// can hold.
pub fn encode<M: Message>(mut message: M, syntax: Syntax) -> Result<Vec<u8>, NdrError> {
    let mut ndr = Ndr::writing(syntax);
    message.parameters(&mut ndr)?;
    Ok(ndr.finish())
}

/// Reads the message in `stub`. Octets after the last parameter do not count: they can be padding or a verification
/// trailer ([MS-RPCE] 2.2.2.13).
///
/// # Errors
/// Returns [`NdrError::Malformed`] for octets that do not follow the definition.
pub fn decode<M: Message>(stub: &[u8], syntax: Syntax) -> Result<M, NdrError> {
    let mut message = M::default();
    message.parameters(&mut Ndr::reading(stub, syntax))?;
    Ok(message)
}
