use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// Whether to delete ([MS-FSCC] 2.4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDispositionInformation {
    /// Delete it with its last open.
    pub delete_pending: bool,
}

impl FileInformation for FileDispositionInformation {
    const CLASS: FileInformationClass = FileInformationClass::DISPOSITION;
}

impl Structure for FileDispositionInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u8(u8::from(self.delete_pending));
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileDispositionInformation";
        Ok(Self { delete_pending: reader.u8(WHAT)? != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would delete files that the client wants to keep.
    #[test]
    fn survives() {
        keeps(&FileDispositionInformation { delete_pending: true });
    }
}
