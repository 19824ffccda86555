//! The common parts of the codecs of this module.

use netsession_wire::{DecodeError, Reader, Writer, utf16};

/// A value is longer than its length field allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {length} bytes long, more than the {limit} that SMB2 can carry")]
pub struct EncodeError {
    /// The value.
    pub what: &'static str,
    /// The length in bytes.
    pub length: usize,
    /// The longest that fits.
    pub limit: u64,
}

/// Returns a length for a field of 1 byte.
pub(crate) fn len8(length: usize, what: &'static str) -> Result<u8, EncodeError> {
    u8::try_from(length).map_err(|_| EncodeError { what, length, limit: u8::MAX.into() })
}

/// Returns a length for a field of 2 bytes.
pub(crate) fn len16(length: usize, what: &'static str) -> Result<u16, EncodeError> {
    u16::try_from(length).map_err(|_| EncodeError { what, length, limit: u16::MAX.into() })
}

/// Returns a length for a field of 4 bytes.
pub(crate) fn len32(length: usize, what: &'static str) -> Result<u32, EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError { what, length, limit: u32::MAX.into() })
}

/// Returns a length from the wire as an index; a length that does not fit is past the end of every message.
pub(crate) fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// Reads the StructureSize at the beginning of every body.
pub(crate) fn structure_size(
    reader: &mut Reader<'_>,
    expected: u16,
    what: &'static str,
) -> Result<(), DecodeError> {
    match reader.u16(what)? == expected {
        true => Ok(()),
        false => Err(DecodeError::invalid(what)),
    }
}

/// Returns the bytes at an offset and a length. With the length zero, the offset may have any value.
pub(crate) fn buffer<'a>(
    reader: &Reader<'a>,
    offset: impl Into<u32>,
    length: impl Into<u32>,
    what: &'static str,
) -> Result<&'a [u8], DecodeError> {
    match size(length.into()) {
        0 => Ok(&[]),
        length => reader.at(size(offset.into()), length, what),
    }
}

/// Returns the text at an offset and a length.
pub(crate) fn text(
    reader: &Reader<'_>,
    offset: impl Into<u32>,
    length: impl Into<u32>,
    what: &'static str,
) -> Result<String, DecodeError> {
    utf16::decode(buffer(reader, offset, length, what)?, what)
}

/// Reads `count` 16-bit numbers.
pub(crate) fn list16<T>(
    reader: &mut Reader<'_>,
    count: u16,
    what: &'static str,
    make: impl Fn(u16) -> T,
) -> Result<Vec<T>, DecodeError> {
    let bytes = reader.bytes(usize::from(count).saturating_mul(2), what)?;
    Ok(bytes.as_chunks().0.iter().map(|pair| make(u16::from_le_bytes(*pair))).collect())
}

/// Writes an empty body: StructureSize 4 and a reserved field.
pub(crate) fn encode_empty(writer: &mut Writer) {
    writer.u16(4);
    writer.u16(0);
}

/// Reads an empty body.
pub(crate) fn decode_empty(reader: &mut Reader<'_>, what: &'static str) -> Result<(), DecodeError> {
    structure_size(reader, 4, what)?;
    reader.skip(2, what)
}

/// Writes one zero if the variable part of a body is empty, but must exist.
pub(crate) fn at_least_one_byte(writer: &mut Writer, start: usize) {
    if writer.position() == start {
        writer.u8(0);
    }
}

/// Writes the body of the responses to QUERY_DIRECTORY, CHANGE_NOTIFY and QUERY_INFO.
pub(crate) fn encode_output(
    writer: &mut Writer,
    output: &[u8],
    what: &'static str,
) -> Result<(), EncodeError> {
    writer.u16(9);
    writer.u16(len16(writer.position().saturating_add(6), what)?);
    writer.u32(len32(output.len(), what)?);
    writer.bytes(output);
    Ok(())
}

/// Reads the body of the responses to QUERY_DIRECTORY, CHANGE_NOTIFY and QUERY_INFO.
pub(crate) fn decode_output<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
) -> Result<&'a [u8], DecodeError> {
    structure_size(reader, 9, what)?;
    let offset = reader.u16(what)?;
    let length = reader.u32(what)?;
    buffer(reader, offset, length, what)
}
