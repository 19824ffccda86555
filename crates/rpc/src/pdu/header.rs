use netsession_wire::{DecodeError, Reader, Writer};

use super::PduType;
use crate::RpcError;

/// The bytes of the header with which every PDU starts.
pub const HEADER_LENGTH: usize = 16;

/// The fragment size that every implementation receives (C706 12.6.3.1, `MustRecvFragSize`).
pub const MUST_RECEIVE: u16 = 1432;

/// Major and minor version of the connection-oriented protocol ([MS-RPCE] 3.3.1.5.1).
pub const VERSION: (u8, u8) = (5, 0);

/// Data representation: little-endian integers, ASCII, IEEE floats (C706 14.1).
const LITTLE_ENDIAN: [u8; 4] = [0x10, 0, 0, 0];

bitflags::bitflags! {
    /// `pfc_flags` of the header (C706 12.6.3.1). This crate keeps unknown bits.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct PduFlags: u8 {
        /// First fragment.
        const FIRST = 0x01;
        /// Last fragment.
        const LAST = 0x02;
        /// A cancel was pending when the peer sent this; in bind and alter_context PDUs and their answers: the sender
        /// supports header signing ([MS-RPCE] 2.2.2.3).
        const PENDING_CANCEL = 0x04;
        /// The peer supports several calls at once on one connection.
        const CONC_MPX = 0x10;
        /// In a fault: the server has certainly not carried out the call.
        const DID_NOT_EXECUTE = 0x20;
        /// The caller wants no answer.
        const MAYBE = 0x40;
        /// An object UUID follows the request's header.
        const OBJECT_UUID = 0x80;
        const _ = !0;
    }
}

impl PduFlags {
    /// A PDU in one fragment.
    pub const WHOLE: Self = Self::FIRST.union(Self::LAST);
}

/// The header with which every PDU starts (C706 12.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The type of the PDU.
    pub pdu_type: PduType,
    /// Fragment and other flags.
    pub flags: PduFlags,
    /// Length of the whole PDU in bytes, this header and the authentication token included.
    pub frag_length: u16,
    /// Length of the authentication token in bytes; 0 without a token.
    pub auth_length: u16,
    /// The call that the PDU belongs to.
    pub call_id: u32,
}

impl Header {
    /// Reads and checks a header: version, data representation and the two lengths.
    ///
    /// # Errors
    /// [`RpcError::Version`], [`RpcError::DataRepresentation`] and [`RpcError::Decode`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, RpcError> {
        let [major, minor] = reader.array("RPC version")?;
        if (major, minor) != VERSION {
            return Err(RpcError::Version { major, minor });
        }
        let pdu_type = PduType(reader.u8("PTYPE")?);
        let flags = PduFlags::from_bits_retain(reader.u8("pfc_flags")?);
        let representation: [u8; 4] = reader.array("packed_drep")?;
        if representation.first() != LITTLE_ENDIAN.first() {
            return Err(RpcError::DataRepresentation { representation });
        }
        let frag_length = reader.u16("frag_length")?;
        let auth_length = reader.u16("auth_length")?;
        let call_id = reader.u32("call_id")?;
        let trailer =
            if auth_length == 0 { 0 } else { super::auth::TRAILER_LENGTH + usize::from(auth_length) };
        if usize::from(frag_length) < HEADER_LENGTH + trailer {
            return Err(DecodeError::invalid("frag_length").into());
        }
        Ok(Self { pdu_type, flags, frag_length, auth_length, call_id })
    }

    /// Writes the header.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&[VERSION.0, VERSION.1, self.pdu_type.0, self.flags.bits()]);
        writer.bytes(&LITTLE_ENDIAN);
        writer.u16(self.frag_length);
        writer.u16(self.auth_length);
        writer.u32(self.call_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<Header, RpcError> {
        Header::decode(&mut Reader::new(bytes))
    }

    /// A failure here would read the numbers of a big-endian peer as other numbers, or accept a false length.
    #[test]
    fn impossible_headers_are_refused() {
        let good = *b"\x05\x00\x02\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00";
        assert_eq!(decode(&good).unwrap().frag_length, 24);
        let with = |at: usize, value: u8| {
            let mut bytes = good;
            bytes[at] = value;
            decode(&bytes)
        };
        assert_eq!(with(0, 4), Err(RpcError::Version { major: 4, minor: 0 }));
        assert_eq!(with(1, 1), Err(RpcError::Version { major: 5, minor: 1 }));
        assert_eq!(with(4, 0), Err(RpcError::DataRepresentation { representation: [0; 4] }));
        assert!(with(8, 15).is_err(), "shorter than its own header");
        assert!(with(10, 1).is_err(), "an authentication token without room for it");
        assert!(decode(&good[..15]).is_err());
    }
}
