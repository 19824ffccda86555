use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The space to reserve ([MS-FSCC] 2.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileAllocationInformation {
    /// In bytes.
    pub allocation_size: u64,
}

impl FileInformation for FileAllocationInformation {
    const CLASS: FileInformationClass = FileInformationClass::ALLOCATION;
}

impl Structure for FileAllocationInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.allocation_size);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileAllocationInformation";
        Ok(Self { allocation_size: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would reserve too little space for a file.
    #[test]
    fn survives() {
        keeps(&FileAllocationInformation { allocation_size: 1 });
    }
}
