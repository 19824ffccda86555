//! The common parts of the three messages: signature, type, and fields that point into a payload.

use netsession_wire::{DecodeError, Reader, Writer, utf16};

use super::{NegotiateFlags, SIGNATURE};
use crate::auth::AuthError;

/// Starts reading a message of the given type.
pub(super) fn start(bytes: &[u8], message_type: u32) -> Result<Reader<'_>, DecodeError> {
    let mut reader = Reader::new(bytes);
    if reader.array("NTLM signature")? != SIGNATURE {
        return Err(DecodeError::invalid("NTLM signature"));
    }
    if reader.u32("NTLM message type")? != message_type {
        return Err(DecodeError::invalid("NTLM message type"));
    }
    Ok(reader)
}

/// Reads a length, maximum length and offset, and returns the bytes they point to.
///
/// An empty field may have any offset.
pub(super) fn field<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], DecodeError> {
    let length = usize::from(reader.u16(what)?);
    reader.skip(2, what)?;
    let offset = usize::try_from(reader.u32(what)?).map_err(|_| DecodeError::invalid(what))?;
    if length == 0 { Ok(&[]) } else { reader.at(offset, length, what) }
}

/// Returns text in the negotiated character set. Of the OEM character sets it accepts only ASCII, which all of them
/// share.
pub(super) fn text(bytes: &[u8], flags: NegotiateFlags, what: &'static str) -> Result<String, DecodeError> {
    if flags.contains(NegotiateFlags::UNICODE) {
        return utf16::decode(bytes, what);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(DecodeError::invalid(what)),
    }
}

/// Writes a message: fixed fields first, the payload of each field after them.
pub(super) struct MessageWriter {
    fixed: Writer,
    payload: Vec<u8>,
    fixed_size: usize,
}

impl MessageWriter {
    /// `fixed_size` is the size of everything before the payload.
    pub(super) fn new(message_type: u32, fixed_size: usize) -> Self {
        let mut fixed = Writer::new();
        fixed.bytes(&SIGNATURE);
        fixed.u32(message_type);
        Self { fixed, payload: Vec::new(), fixed_size }
    }

    /// Returns the fixed part, for fields that are not payload.
    pub(super) fn fixed(&mut self) -> &mut Writer {
        &mut self.fixed
    }

    /// Adds `bytes` to the payload, and the field that points to them to the fixed part.
    pub(super) fn field(&mut self, bytes: &[u8], what: &'static str) -> Result<(), AuthError> {
        let too_long = |_| AuthError::TooLong(what);
        let length = u16::try_from(bytes.len()).map_err(too_long)?;
        let offset = self.fixed_size.saturating_add(self.payload.len());
        let offset = u32::try_from(offset).map_err(too_long)?;
        self.fixed.u16(length);
        self.fixed.u16(length);
        self.fixed.u32(offset);
        self.payload.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        debug_assert_eq!(self.fixed.position(), self.fixed_size, "the size was said beforehand");
        self.fixed.bytes(&self.payload);
        self.fixed.finish()
    }
}
