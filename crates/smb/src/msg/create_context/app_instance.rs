use netsession_wire::{DecodeError, Guid, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::msg::field::structure_size;

/// Identifies the application that opens the file, so that its instance on another computer can take over (3.x,
/// [MS-SMB2] 2.2.13.2.13). There is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppInstanceId {
    /// The application.
    pub app_instance_id: Guid,
}

/// Orders the instances of an application (3.1.1, [MS-SMB2] 2.2.13.2.15). There is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppInstanceVersion {
    /// AppInstanceVersionHigh.
    pub high: u64,
    /// AppInstanceVersionLow.
    pub low: u64,
}

impl CreateContextData for AppInstanceId {
    const NAME: &'static [u8] = b"\x45\xbc\xa6\x6a\xef\xa7\xf7\x4a\x90\x08\xfa\x46\x2e\x14\x4d\x74";
}

impl Structure for AppInstanceId {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(20);
        writer.u16(0);
        self.app_instance_id.encode(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_APP_INSTANCE_ID";
        structure_size(reader, 20, WHAT)?;
        reader.skip(2, WHAT)?;
        Ok(Self { app_instance_id: Guid::decode(reader)? })
    }
}

impl CreateContextData for AppInstanceVersion {
    const NAME: &'static [u8] = b"\xb9\x82\xd0\xb7\x3b\x56\x07\x4f\xa0\x7b\x52\x4a\x81\x16\xa0\x10";
}

impl Structure for AppInstanceVersion {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(24);
        writer.zeros(6);
        writer.u64(self.high);
        writer.u64(self.low);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_APP_INSTANCE_VERSION";
        structure_size(reader, 24, WHAT)?;
        reader.skip(6, WHAT)?;
        Ok(Self { high: reader.u64(WHAT)?, low: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would keep a virtual machine that moves to another host from taking over its files.
    #[test]
    fn both_survive() {
        keeps(&AppInstanceId { app_instance_id: Guid([1; 16]) });
        keeps(&AppInstanceVersion { high: 1, low: 2 });
    }
}
