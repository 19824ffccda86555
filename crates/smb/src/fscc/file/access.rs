use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{AccessMask, FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// The access that an open has ([MS-FSCC] 2.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileAccessInformation {
    /// Its rights.
    pub access_flags: AccessMask,
}

impl FileInformation for FileAccessInformation {
    const CLASS: FileInformationClass = FileInformationClass::ACCESS;
}

impl Structure for FileAccessInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.access_flags.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileAccessInformation";
        Ok(Self { access_flags: AccessMask::from_bits_retain(reader.u32(WHAT)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients show rights that they do not have.
    #[test]
    fn survives() {
        keeps(&FileAccessInformation { access_flags: AccessMask::from_bits_retain(1) });
    }
}
