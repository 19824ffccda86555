use netsession_wire::{DecodeError, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::fscc::FileTime;

/// Opens the file as it was at a time ([MS-SMB2] 2.2.13.2.7). There is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimewarpToken {
    /// The time of the snapshot.
    pub timestamp: FileTime,
}

impl CreateContextData for TimewarpToken {
    const NAME: &'static [u8] = b"TWrp";
}

impl Structure for TimewarpToken {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i64(self.timestamp.0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { timestamp: FileTime(reader.i64("SMB2_CREATE_TIMEWARP_TOKEN")?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would open another version of a file.
    #[test]
    fn survives() {
        keeps(&TimewarpToken { timestamp: FileTime(133_000_000_000_000_001) });
    }
}
