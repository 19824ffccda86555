//! NDR: parameters as octets, in the 32-bit and the 64-bit transfer syntax, in both directions.
//!
//! A message says once, in [`Message::parameters`], what it consists of, in the order of its definition; the
//! same lines write it and read it. [`Ndr`] knows the syntax, the alignment, the referent ids and, above
//! all, where the referents of pointers go. For the last it walks every construct twice: once for what stands
//! in place, where a pointer is only an id, and once for the referents, which follow the whole construct
//! in the order of their pointers (C706 14.3.12.3). At the second walk plain members do nothing.
//!
//! Pointers are unique pointers: each non-null one has its own referent, so that nothing can be a loop.

mod counted;
mod error;
pub mod oracle;
mod stream;
mod syntax;

pub use counted::Counted;
pub use error::NdrError;
pub use stream::{MAX_ELEMENTS, Ndr};
pub use syntax::{Alignment, Syntax};

/// The parameters of a request or of a response.
pub trait Message: Default {
    /// Writes or reads each parameter, in the order of the definition.
    ///
    /// # Errors
    /// [`NdrError`]: while writing, a text that cannot be sent; while reading, anything that is malformed.
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError>;
}

/// The octets of `message`: the stub data of a request or response PDU.
///
/// # Errors
/// [`NdrError::Nul`] and [`NdrError::TooLong`].
pub fn encode<M: Message>(mut message: M, syntax: Syntax) -> Result<Vec<u8>, NdrError> {
    let mut ndr = Ndr::writing(syntax);
    message.parameters(&mut ndr)?;
    Ok(ndr.finish())
}

/// The message in `stub`. What follows the last parameter is passed over: it can be padding or a
/// verification trailer ([MS-RPCE] 2.2.2.13).
///
/// # Errors
/// [`NdrError::Malformed`].
pub fn decode<M: Message>(stub: &[u8], syntax: Syntax) -> Result<M, NdrError> {
    let mut message = M::default();
    message.parameters(&mut Ndr::reading(stub, syntax))?;
    Ok(message)
}
