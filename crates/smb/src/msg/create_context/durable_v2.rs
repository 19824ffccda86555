use netsession_wire::{DecodeError, Guid, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::msg::FileId;

bitflags::bitflags! {
    /// Flags of a durable open ([MS-SMB2] 2.2.13.2.11).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct DurableFlags: u32 {
        /// The open survives the server, too.
        const PERSISTENT = 2;
    }
}

/// Asks for an open that survives the connection (3.x, [MS-SMB2] 2.2.13.2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableRequestV2 {
    /// The time that it survives, in milliseconds; 0 lets the server choose.
    pub timeout: u32,
    /// Whether it must survive the server, too.
    pub flags: DurableFlags,
    /// Identifies the request.
    pub create_guid: Guid,
}

/// The open survives the connection (3.x, [MS-SMB2] 2.2.14.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableResponseV2 {
    /// The time that it survives, in milliseconds.
    pub timeout: u32,
    /// Whether it survives the server, too.
    pub flags: DurableFlags,
}

/// Resumes an open after the connection was lost (3.x, [MS-SMB2] 2.2.13.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableReconnectV2 {
    /// The open.
    pub file_id: FileId,
    /// Identifies the request that made it.
    pub create_guid: Guid,
    /// Whether it survives the server, too.
    pub flags: DurableFlags,
}

impl CreateContextData for DurableRequestV2 {
    const NAME: &'static [u8] = b"DH2Q";
}

impl Structure for DurableRequestV2 {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.timeout);
        writer.u32(self.flags.bits());
        writer.u64(0);
        self.create_guid.encode(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2";
        let timeout = reader.u32(WHAT)?;
        let flags = DurableFlags::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(8, WHAT)?;
        Ok(Self { timeout, flags, create_guid: Guid::decode(reader)? })
    }
}

impl CreateContextData for DurableResponseV2 {
    const NAME: &'static [u8] = b"DH2Q";
}

impl Structure for DurableResponseV2 {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.timeout);
        writer.u32(self.flags.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_DURABLE_HANDLE_RESPONSE_V2";
        Ok(Self { timeout: reader.u32(WHAT)?, flags: DurableFlags::from_bits_retain(reader.u32(WHAT)?) })
    }
}

impl CreateContextData for DurableReconnectV2 {
    const NAME: &'static [u8] = b"DH2C";
}

impl Structure for DurableReconnectV2 {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.file_id.encode(writer);
        self.create_guid.encode(writer);
        writer.u32(self.flags.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            file_id: FileId::decode(reader)?,
            create_guid: Guid::decode(reader)?,
            flags: DurableFlags::from_bits_retain(reader.u32("SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2")?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would lose opens when a connection is lost.
    #[test]
    fn all_survive() {
        let (create_guid, flags) = (Guid([1; 16]), DurableFlags::PERSISTENT);
        keeps(&DurableRequestV2 { timeout: 2, flags, create_guid });
        keeps(&DurableResponseV2 { timeout: 2, flags });
        keeps(&DurableReconnectV2 { file_id: FileId { persistent: 1, volatile: 2 }, create_guid, flags });
    }
}
