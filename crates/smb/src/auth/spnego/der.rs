//! The subset of DER ([X.690]) that SPNEGO needs: one-byte tags, definite lengths in their shortest form.

use netsession_wire::{DecodeError, Reader};

pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const APPLICATION_0: u8 = 0x60;

/// The tag of a constructed context-specific element.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element: its tag, its contents, and all of it.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
}

/// Reads the next element.
pub(super) fn read<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<Element<'a>, DecodeError> {
    let tag = reader.u8(what)?;
    if tag & 0x1f == 0x1f {
        return Err(DecodeError::invalid("DER tag"));
    }
    let length = read_length(reader, what)?;
    Ok(Element { tag, contents: reader.bytes(length, what)? })
}

fn read_length(reader: &mut Reader<'_>, what: &'static str) -> Result<usize, DecodeError> {
    let first = reader.u8(what)?;
    let (length, shortest) = match first {
        0..=0x7f => return Ok(usize::from(first)),
        0x81 => (usize::from(reader.u8(what)?), 0x80),
        0x82 => (usize::from(u16::from_be_bytes(reader.array(what)?)), 0x100),
        0x83 => {
            let [high, middle, low] = reader.array(what)?;
            (u32::from_be_bytes([0, high, middle, low]).try_into().unwrap_or(usize::MAX), 0x1_0000)
        }
        _ => return Err(DecodeError::invalid("DER length")),
    };
    if length < shortest { Err(DecodeError::invalid("DER length")) } else { Ok(length) }
}

/// Reads an element, which must have this tag.
pub(super) fn expect<'a>(
    reader: &mut Reader<'a>,
    tag: u8,
    what: &'static str,
) -> Result<&'a [u8], DecodeError> {
    let element = read(reader, what)?;
    if element.tag == tag { Ok(element.contents) } else { Err(DecodeError::invalid(what)) }
}

/// Returns the contents of the only element in `bytes`.
pub(super) fn only<'a>(bytes: &'a [u8], tag: u8, what: &'static str) -> Result<&'a [u8], DecodeError> {
    let mut reader = Reader::new(bytes);
    let contents = expect(&mut reader, tag, what)?;
    if reader.remaining() == 0 { Ok(contents) } else { Err(DecodeError::invalid(what)) }
}

/// Writes an element.
pub(super) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let leading = length.iter().take_while(|byte| **byte == 0).count();
    let significant = length.get(leading..).unwrap_or_default();
    let mut bytes = vec![tag];
    match significant {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(contents);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would make tokens of some length unreadable to peers or to this codec.
    #[test]
    fn lengths_have_their_shortest_form() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let bytes = element(OCTET_STRING, &vec![1; length]);
            assert_eq!(only(&bytes, OCTET_STRING, "test").unwrap().len(), length);
        }
        assert_eq!(element(OCTET_STRING, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(OCTET_STRING, &[0; 0x100])[..4], [4, 0x82, 1, 0]);
    }

    /// A failure here would let two peers read one token differently, or read past its end.
    #[test]
    fn other_forms_are_refused() {
        for bytes in [
            &b"\x04\x80\x00\x00"[..],
            b"\x04\x81\x01\x00",
            b"\x04\x82\x00\x01\x00",
            b"\x04\x84\x00\x00\x00\x01\x00",
            b"\x04\x02\x00",
            b"\x04",
            b"",
            b"\x1f\x01\x00",
            b"\x04\x01\x00\x00",
        ] {
            assert!(only(bytes, OCTET_STRING, "test").is_err(), "{bytes:02x?}");
        }
    }
}
