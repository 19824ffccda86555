//! The headers before an encrypted ([MS-SMB2] 2.2.41) or compressed ([MS-SMB2] 2.2.42) message.

use netsession_wire::{DecodeError, Reader, Writer};

use super::{CompressionAlgorithm, SessionId};

/// The kind of a message, by its first four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// 0xff "SMB": only the negotiation of an old client is of interest ([`super::Smb1Negotiate`]).
    Smb1,
    /// 0xfe "SMB": a message or a compound.
    Smb2,
    /// 0xfd "SMB": a [`TransformHeader`] and an encrypted message.
    Encrypted,
    /// 0xfc "SMB": a [`CompressionHeader`] and a compressed message.
    Compressed,
}

impl Protocol {
    /// Returns the kind; `None` for other bytes.
    #[must_use]
    pub const fn of(message: &[u8]) -> Option<Self> {
        match message {
            [0xff, b'S', b'M', b'B', ..] => Some(Self::Smb1),
            [0xfe, b'S', b'M', b'B', ..] => Some(Self::Smb2),
            [0xfd, b'S', b'M', b'B', ..] => Some(Self::Encrypted),
            [0xfc, b'S', b'M', b'B', ..] => Some(Self::Compressed),
            _ => None,
        }
    }
}

/// Bytes of a [`TransformHeader`].
pub const TRANSFORM_HEADER_LEN: usize = 52;

/// The header before an encrypted message ([MS-SMB2] 2.2.41).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformHeader {
    /// The signature of the rest of this header and the message.
    pub signature: [u8; 16],
    /// The nonce, never used twice with the same key: 11 bytes with CCM, 12 with GCM, and zeros.
    pub nonce: [u8; 16],
    /// The bytes of the message.
    pub original_message_size: u32,
    /// 1 for encrypted; before 3.1.1 the algorithm, AES-128-CCM, which is also 1.
    pub flags: u16,
    /// The session whose keys encrypt the message.
    pub session_id: SessionId,
}

impl TransformHeader {
    /// The part of the header that the signature covers: from the nonce to its end.
    pub const AUTHENTICATED_RANGE: std::ops::Range<usize> = 20..TRANSFORM_HEADER_LEN;

    /// Writes 52 bytes.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&[0xfd, b'S', b'M', b'B']);
        writer.bytes(&self.signature);
        writer.bytes(&self.nonce);
        writer.u32(self.original_message_size);
        writer.u16(0);
        writer.u16(self.flags);
        writer.u64(self.session_id.0);
    }

    /// Reads 52 bytes.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a header.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "transform header";
        if reader.array(WHAT)? != [0xfd, b'S', b'M', b'B'] {
            return Err(DecodeError::invalid(WHAT));
        }
        let signature = reader.array(WHAT)?;
        let nonce = reader.array(WHAT)?;
        let original_message_size = reader.u32(WHAT)?;
        reader.skip(2, WHAT)?;
        let flags = reader.u16(WHAT)?;
        Ok(Self { signature, nonce, original_message_size, flags, session_id: SessionId(reader.u64(WHAT)?) })
    }
}

/// The header before a compressed message (3.1.1, [MS-SMB2] 2.2.42). netsession never offers compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionHeader {
    /// 2.2.42.1: the whole message in one way.
    Unchained {
        /// The bytes of the segment before its compression.
        original_segment_size: u32,
        /// The algorithm.
        algorithm: CompressionAlgorithm,
        /// Bytes from the end of this header to the compressed segment.
        offset: u32,
    },
    /// 2.2.42.2: in parts, whose headers follow.
    Chained {
        /// The bytes of the message before its compression.
        original_segment_size: u32,
    },
}

impl CompressionHeader {
    /// Reads the header; of a chain, up to the header of its first part.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a header.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "compression transform header";
        if reader.array(WHAT)? != [0xfc, b'S', b'M', b'B'] {
            return Err(DecodeError::invalid(WHAT));
        }
        let original_segment_size = reader.u32(WHAT)?;
        let mut ahead = reader.clone();
        let algorithm = CompressionAlgorithm(ahead.u16(WHAT)?);
        match ahead.u16(WHAT)? {
            0 => {
                let offset = ahead.u32(WHAT)?;
                *reader = ahead;
                Ok(Self::Unchained { original_segment_size, algorithm, offset })
            }
            1 => Ok(Self::Chained { original_segment_size }),
            _ => Err(DecodeError::invalid(WHAT)),
        }
    }

    /// Writes the header; of a chain, up to the header of its first part.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&[0xfc, b'S', b'M', b'B']);
        match *self {
            Self::Unchained { original_segment_size, algorithm, offset } => {
                writer.u32(original_segment_size);
                writer.u16(algorithm.0);
                writer.u16(0);
                writer.u32(offset);
            }
            Self::Chained { original_segment_size } => writer.u32(original_segment_size),
        }
    }
}

/// The header of one part of a chain ([MS-SMB2] 2.2.42.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompressionPayloadHeader {
    /// The algorithm.
    pub algorithm: CompressionAlgorithm,
    /// Whether it is the first part.
    pub first: bool,
    /// The bytes of the part, with the next field if it exists.
    pub length: u32,
    /// The bytes before the compression, with an algorithm that compresses.
    pub original_payload_size: Option<u32>,
}

impl CompressionPayloadHeader {
    fn has_original_size(algorithm: CompressionAlgorithm) -> bool {
        !matches!(algorithm, CompressionAlgorithm::NONE | CompressionAlgorithm::PATTERN_V1)
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(self.algorithm.0);
        writer.u16(u16::from(self.first));
        writer.u32(self.length);
        if Self::has_original_size(self.algorithm) {
            writer.u32(self.original_payload_size.unwrap_or_default());
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a header.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "compression payload header";
        let algorithm = CompressionAlgorithm(reader.u16(WHAT)?);
        let first = reader.u16(WHAT)? & 1 != 0;
        let length = reader.u32(WHAT)?;
        let original_payload_size = match Self::has_original_size(algorithm) {
            true => Some(reader.u32(WHAT)?),
            false => None,
        };
        Ok(Self { algorithm, first, length, original_payload_size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::withstands;

    fn bytes(encode: impl Fn(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new();
        encode(&mut writer);
        writer.finish()
    }

    /// A failure here would make every encrypted message unreadable.
    #[test]
    fn transform_header_survives() {
        let header = TransformHeader {
            signature: [1; 16],
            nonce: [2; 16],
            original_message_size: 3,
            flags: 1,
            session_id: SessionId(4),
        };
        let written = bytes(|writer| header.encode(writer));
        assert_eq!(written.len(), TRANSFORM_HEADER_LEN);
        assert_eq!(written[TransformHeader::AUTHENTICATED_RANGE][..16], [2; 16]);
        assert_eq!(Protocol::of(&written), Some(Protocol::Encrypted));
        assert_eq!(TransformHeader::decode(&mut Reader::new(&written)), Ok(header));
        let rewrite = |input: &[u8]| {
            let header = TransformHeader::decode(&mut Reader::new(input)).ok()?;
            Some(bytes(|writer| header.encode(writer)))
        };
        withstands(&written, rewrite);
    }

    /// A failure here would take a compressed message for garbage, or one kind of compression for the other.
    #[test]
    fn compression_headers_survive() {
        let algorithm = CompressionAlgorithm::LZ77;
        let part = |algorithm, original_payload_size| CompressionPayloadHeader {
            algorithm,
            first: true,
            length: 7,
            original_payload_size,
        };
        let parts = [part(algorithm, Some(8)), part(CompressionAlgorithm::PATTERN_V1, None)];
        for part in parts {
            let written = bytes(|writer| part.encode(writer));
            assert_eq!(CompressionPayloadHeader::decode(&mut Reader::new(&written)), Ok(part));
        }
        let unchained = CompressionHeader::Unchained { original_segment_size: 5, algorithm, offset: 6 };
        for header in [unchained, CompressionHeader::Chained { original_segment_size: 5 }] {
            let written = bytes(|writer| {
                header.encode(writer);
                parts[0].encode(writer);
            });
            assert_eq!(Protocol::of(&written), Some(Protocol::Compressed));
            assert_eq!(CompressionHeader::decode(&mut Reader::new(&written)), Ok(header));
        }
    }
}
