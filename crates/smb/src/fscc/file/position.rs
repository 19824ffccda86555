use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The current position of an open in its file ([MS-FSCC] 2.4.40).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePositionInformation {
    /// The position in bytes from the start.
    pub current_byte_offset: u64,
}

impl FileInformation for FilePositionInformation {
    const CLASS: FileInformationClass = FileInformationClass::POSITION;
}

impl Structure for FilePositionInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.current_byte_offset);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FilePositionInformation";
        Ok(Self { current_byte_offset: reader.u64(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would lose the client's position in a file.
    #[test]
    fn survives() {
        keeps(&FilePositionInformation { current_byte_offset: 1 });
    }
}
