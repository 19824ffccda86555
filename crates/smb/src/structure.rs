use netsession_wire::{DecodeError, Reader, Writer};

use crate::msg::EncodeError;

/// A structure that travels inside a message: information about a file, the input or output of a control
/// code, a create context. Its offsets count from its own start.
pub trait Structure: Sized {
    /// Writes it.
    ///
    /// # Errors
    /// [`EncodeError`] where a value is longer than its length field can say.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Reads it. What follows it is left alone.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are not such a structure.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Its bytes.
    ///
    /// # Errors
    /// [`EncodeError`] where a value is longer than its length field can say.
    fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new();
        self.encode(&mut writer)?;
        Ok(writer.finish())
    }

    /// Reads it from the start of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are not such a structure.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(&mut Reader::new(bytes))
    }
}
