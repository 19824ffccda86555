//! The part of BER ([X.690]) that the LDAP ping needs: definite lengths, which a server may write longer than necessary.
//!
//! The crate `lber` recurses as deep as a datagram says, and a DER decoder refuses the lengths of Windows.

use netsession_wire::{DecodeError, Reader};

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Returns a value: its tag, its length and its content, of which a ping has less than 64 KiB.
pub(crate) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut value = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => value.push(short),
        _ => {
            value.push(0x82);
            value.extend(u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    value.extend(content);
    value
}

/// Reads the value at the beginning, which must have this tag, and returns its content.
pub(crate) fn expect<'a>(
    reader: &mut Reader<'a>,
    tag: u8,
    what: &'static str,
) -> Result<Reader<'a>, DecodeError> {
    if reader.u8(what)? != tag {
        return Err(DecodeError::invalid(what));
    }
    let length = match reader.u8(what)? {
        short @ 0..=0x7f => short.into(),
        long @ 0x81..=0x84 => {
            let octets = reader.bytes((long & 0x7f).into(), what)?;
            octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet))
        }
        _ => return Err(DecodeError::invalid(what)),
    };
    Ok(Reader::new(reader.bytes(length, what)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would ignore the response of a domain controller that writes lengths as Windows does, or read past
    /// the end of a datagram.
    #[test]
    fn lengths_of_every_form_are_read() {
        for octets in [&[4, 1, 7][..], &[4, 0x81, 1, 7], &[4, 0x84, 0, 0, 0, 1, 7]] {
            let mut reader = Reader::new(octets);
            assert_eq!(expect(&mut reader, OCTETS, "x").unwrap().rest(), [7], "{octets:?}");
            assert!(reader.rest().is_empty());
        }
        for octets in
            [&[5, 1, 7][..], &[4, 2, 7], &[4, 0x80, 7, 0, 0], &[4, 0x84, 255, 255, 255, 255], &[4], &[]]
        {
            assert!(expect(&mut Reader::new(octets), OCTETS, "x").is_err(), "{octets:?}");
        }
        assert_eq!(value(OCTETS, b"ab"), [4, 2, b'a', b'b']);
        let long = value(OCTETS, &[7; 0x123]);
        assert_eq!(long.get(..4), Some(&[4, 0x82, 1, 0x23][..]));
        assert_eq!(expect(&mut Reader::new(&long), OCTETS, "x").unwrap().rest(), [7; 0x123]);
    }
}
