use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The valid length of a file's data ([MS-FSCC] 2.4.50).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileValidDataLengthInformation {
    /// In bytes.
    pub valid_data_length: u64,
}

impl FileInformation for FileValidDataLengthInformation {
    const CLASS: FileInformationClass = FileInformationClass::VALID_DATA_LENGTH;
}

impl Structure for FileValidDataLengthInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.valid_data_length);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileValidDataLengthInformation";
        Ok(Self { valid_data_length: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would let clients read bytes that nobody wrote.
    #[test]
    fn survives() {
        keeps(&FileValidDataLengthInformation { valid_data_length: 1 });
    }
}
