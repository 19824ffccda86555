use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// Size of the extended attributes ([MS-FSCC] 2.4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEaInformation {
    /// In bytes.
    pub ea_size: u32,
}

impl FileInformation for FileEaInformation {
    const CLASS: FileInformationClass = FileInformationClass::EA;
}

impl Structure for FileEaInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.ea_size);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileEaInformation";
        Ok(Self { ea_size: reader.u32(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would stop clients from asking for extended attributes that exist.
    #[test]
    fn survives() {
        keeps(&FileEaInformation { ea_size: 1 });
    }
}
