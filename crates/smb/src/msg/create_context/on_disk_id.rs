use netsession_wire::{DecodeError, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;

/// Asks for the id of the file on its volume ([MS-SMB2] 2.2.13.2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDiskIdRequest;

/// The id of the file on its volume ([MS-SMB2] 2.2.14.2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDiskIdResponse {
    /// The file within the volume.
    pub disk_file_id: u64,
    /// The volume.
    pub volume_id: u64,
}

const NAME: &[u8] = b"QFid";

impl CreateContextData for OnDiskIdRequest {
    const NAME: &'static [u8] = NAME;
}

impl Structure for OnDiskIdRequest {
    fn encode(&self, _: &mut Writer) -> Result<(), EncodeError> {
        Ok(())
    }

    fn decode(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

impl CreateContextData for OnDiskIdResponse {
    const NAME: &'static [u8] = NAME;
}

impl Structure for OnDiskIdResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.disk_file_id);
        writer.u64(self.volume_id);
        writer.zeros(16);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_QUERY_ON_DISK_ID";
        let response = Self { disk_file_id: reader.u64(WHAT)?, volume_id: reader.u64(WHAT)? };
        reader.skip(16, WHAT)?;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take two files for one.
    #[test]
    fn survives() {
        keeps(&OnDiskIdResponse { disk_file_id: 1, volume_id: 2 });
    }
}
