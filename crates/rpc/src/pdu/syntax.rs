use netsession_wire::{DecodeError, Guid, Reader, Writer};

use crate::ndr::Syntax;

/// An interface or a transfer syntax with its version (`p_syntax_id_t`, C706 12.6.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SyntaxId {
    /// The interface or the transfer syntax.
    pub uuid: Guid,
    /// Major version: must be equal on both sides.
    pub major: u16,
    /// Minor version: the server's must be at least the client's.
    pub minor: u16,
}

/// First eight bytes, on the wire, of the "transfer syntax" that carries the features that a client supports ([MS-RPCE]
/// 3.3.1.5.3); the other eight are a bit mask.
const BIND_TIME_FEATURES: [u8; 8] = [0x2c, 0x1c, 0xb7, 0x6c, 0x12, 0x98, 0x40, 0x45];

impl SyntaxId {
    /// No syntax, for the result of a refused context.
    pub const NONE: Self = Self::new(0, 0);
    /// NDR, 32 bits (C706 14, [MS-RPCE] 2.2.4.12).
    pub const NDR32: Self = Self::new(0x8a885d04_1ceb_11c9_9fe8_08002b104860, 2);
    /// NDR64 ([MS-RPCE] 2.2.5.1).
    pub const NDR64: Self = Self::new(0x71710533_beba_4937_8319_b5dbef9ccc36, 1);

    /// Returns the syntax with this UUID and major version; the minor version is 0.
    #[must_use]
    pub const fn new(uuid: u128, major: u16) -> Self {
        Self { uuid: Guid::from_u128(uuid), major, minor: 0 }
    }

    /// Returns the encoding that this identifies; `None` if it is not one of NDR's.
    #[must_use]
    pub fn ndr(&self) -> Option<Syntax> {
        Syntax::ALL.into_iter().find(|syntax| Self::from(*syntax) == *self)
    }

    /// Returns the "transfer syntax" with the features that a client supports.
    #[must_use]
    pub const fn bind_time_features(features: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = BIND_TIME_FEATURES;
        let [i, j, k, l, m, n, o, p] = features.to_le_bytes();
        Self { uuid: Guid([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), major: 1, minor: 0 }
    }

    /// Returns the features that a client supports, if this is bind-time feature negotiation and not a real syntax
    /// ([MS-RPCE] 2.2.2.14).
    #[must_use]
    pub fn features(&self) -> Option<u64> {
        let mask = self.uuid.0.strip_prefix(&BIND_TIME_FEATURES)?.first_chunk()?;
        (self.major == 1).then_some(u64::from_le_bytes(*mask))
    }

    /// Returns whether a server that has this interface can serve a client that asks for `wanted`.
    #[must_use]
    pub fn serves(&self, wanted: &Self) -> bool {
        self.uuid == wanted.uuid && self.major == wanted.major && self.minor >= wanted.minor
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let uuid = Guid::decode(reader)?;
        Ok(Self { uuid, major: reader.u16("syntax version")?, minor: reader.u16("syntax version")? })
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        self.uuid.encode(writer);
        writer.u16(self.major);
        writer.u16(self.minor);
    }
}

impl From<Syntax> for SyntaxId {
    fn from(syntax: Syntax) -> Self {
        match syntax {
            Syntax::Ndr32 => Self::NDR32,
            Syntax::Ndr64 => Self::NDR64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would take the feature negotiation of a Windows client for an unknown transfer syntax, or an
    /// unknown syntax for the negotiation.
    #[test]
    fn feature_negotiation_is_recognised() {
        let windows = SyntaxId::new(0x6cb71c2c_9812_4540_0300_000000000000, 1);
        assert_eq!(windows.features(), Some(3));
        assert_eq!(SyntaxId::bind_time_features(3), windows);
        assert_eq!(SyntaxId::NDR32.features(), None);
    }

    /// A failure here would let an old server accept a client of a newer interface.
    #[test]
    fn versions_are_compared_as_the_specification_says() {
        let at = |major, minor| SyntaxId { uuid: Guid::ZERO, major, minor };
        assert!(at(3, 1).serves(&at(3, 0)) && at(3, 1).serves(&at(3, 1)));
        assert!(!at(3, 0).serves(&at(3, 1)) && !at(3, 0).serves(&at(2, 0)));
    }

    /// A failure here would write stub data in a different encoding from the one that the bind negotiated.
    #[test]
    fn encodings_have_their_names() {
        assert_eq!(SyntaxId::NDR32.ndr(), Some(Syntax::Ndr32));
        assert_eq!(SyntaxId::NDR64.ndr(), Some(Syntax::Ndr64));
        assert_eq!(SyntaxId::NONE.ndr(), None);
        assert_eq!(SyntaxId::from(Syntax::Ndr64), SyntaxId::NDR64);
    }
}
