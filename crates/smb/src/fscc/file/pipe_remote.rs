use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// How a client collects data before it sends it ([MS-FSCC] 2.4.39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePipeRemoteInformation {
    /// The time, in steps of 100 nanoseconds.
    pub collect_data_time: i64,
    /// The amount, in bytes.
    pub maximum_collection_count: u32,
}

impl FileInformation for FilePipeRemoteInformation {
    const CLASS: FileInformationClass = FileInformationClass::PIPE_REMOTE;
}

impl Structure for FilePipeRemoteInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i64(self.collect_data_time);
        writer.u32(self.maximum_collection_count);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FilePipeRemoteInformation";
        Ok(Self { collect_data_time: reader.i64(WHAT)?, maximum_collection_count: reader.u32(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would delay data in the client.
    #[test]
    fn survives() {
        keeps(&FilePipeRemoteInformation { collect_data_time: 1, maximum_collection_count: 2 });
    }
}
