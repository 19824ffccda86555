use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The id of a file on its volume ([MS-FSCC] 2.4.27).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileInternalInformation {
    /// The id; 0 if there is none.
    pub index_number: u64,
}

impl FileInformation for FileInternalInformation {
    const CLASS: FileInformationClass = FileInformationClass::INTERNAL;
}

impl Structure for FileInternalInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.index_number);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileInternalInformation";
        Ok(Self { index_number: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take two files for one.
    #[test]
    fn survives() {
        keeps(&FileInternalInformation { index_number: 1 });
    }
}
