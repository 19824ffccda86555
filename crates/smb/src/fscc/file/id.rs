use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The id of a file, in 128 bits ([MS-FSCC] 2.4.26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdInformation {
    /// The volume.
    pub volume_serial_number: u64,
    /// The file within it.
    pub file_id: [u8; 16],
}

impl FileInformation for FileIdInformation {
    const CLASS: FileInformationClass = FileInformationClass::ID;
}

impl Structure for FileIdInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.volume_serial_number);
        writer.bytes(&self.file_id);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileIdInformation";
        Ok(Self { volume_serial_number: reader.u64(WHAT)?, file_id: reader.array(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take two files for one.
    #[test]
    fn survives() {
        keeps(&FileIdInformation { volume_serial_number: 1, file_id: [2; 16] });
    }
}
