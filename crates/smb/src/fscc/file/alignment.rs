use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The alignment that buffers must have ([MS-FSCC] 2.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileAlignmentInformation {
    /// A power of two, less one.
    pub alignment_requirement: u32,
}

impl FileInformation for FileAlignmentInformation {
    const CLASS: FileInformationClass = FileInformationClass::ALIGNMENT;
}

impl Structure for FileAlignmentInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.alignment_requirement);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileAlignmentInformation";
        Ok(Self { alignment_requirement: reader.u32(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make devices refuse buffers.
    #[test]
    fn survives() {
        keeps(&FileAlignmentInformation { alignment_requirement: 1 });
    }
}
