use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// A new length ([MS-FSCC] 2.4.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEndOfFileInformation {
    /// In bytes.
    pub end_of_file: u64,
}

impl FileInformation for FileEndOfFileInformation {
    const CLASS: FileInformationClass = FileInformationClass::END_OF_FILE;
}

impl Structure for FileEndOfFileInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.end_of_file);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileEndOfFileInformation";
        Ok(Self { end_of_file: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would truncate files.
    #[test]
    fn survives() {
        keeps(&FileEndOfFileInformation { end_of_file: 1 });
    }
}
