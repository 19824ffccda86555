use std::fmt;

use crate::{DecodeError, Reader, Writer};

/// A GUID in its 16-byte wire form ([MS-DTYP] 2.3.4.2: the first three fields little-endian).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// All zeros.
    pub const ZERO: Self = Self([0; 16]);

    /// Returns the GUID with this number: `Guid::from_u128(0x4b324fc8_1670_01d3_1278_5a47bf6ee188)`.
    #[must_use]
    pub const fn from_u128(value: u128) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = value.to_be_bytes();
        let [i, j, k, l, m, n, o, p] = rest;
        Self([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p])
    }

    /// Reads 16 bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array("GUID").map(Self)
    }

    /// Writes 16 bytes.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [d, c, b, a, y, x, h, g, i, j, rest @ ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}-{x:02x}{y:02x}-{g:02x}{h:02x}-{i:02x}{j:02x}-")?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would write identifiers that servers do not know.
    #[test]
    fn srvsvc_interface_has_its_wire_form() {
        let guid = Guid::from_u128(0x4b324fc8_1670_01d3_1278_5a47bf6ee188);
        assert_eq!(guid.0, *b"\xc8\x4f\x32\x4b\x70\x16\xd3\x01\x12\x78\x5a\x47\xbf\x6e\xe1\x88");
        assert_eq!(guid.to_string(), "4b324fc8-1670-01d3-1278-5a47bf6ee188");
    }
}
