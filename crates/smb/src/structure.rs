use netsession_wire::{DecodeError, Reader, Writer};

use crate::msg::EncodeError;

/// A structure inside a message: information about a file, the input or output of a control code, or a create context.
/// Its offsets count from its own start.
pub trait Structure: Sized {
    /// Writes the structure.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Reads the structure, and ignores the bytes after it.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a structure.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Returns the bytes of the structure.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new();
        self.encode(&mut writer)?;
        Ok(writer.finish())
    }

    /// Reads the structure from the start of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a structure.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(&mut Reader::new(bytes))
    }
}
