use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

bitflags::bitflags! {
    /// How to delete ([MS-FSCC] 2.4.12).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct DispositionFlags: u32 {
        /// Delete it.
        const DELETE = 1;
        /// Remove its name at once.
        const POSIX_SEMANTICS = 2;
        /// Do not delete it while it runs as a program.
        const FORCE_IMAGE_SECTION_CHECK = 4;
        /// Change the option with which the client opened it.
        const ON_CLOSE = 8;
        /// Even if it is read-only.
        const IGNORE_READONLY_ATTRIBUTE = 16;
    }
}

/// Whether and how to delete ([MS-FSCC] 2.4.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileDispositionInformationEx {
    /// How.
    pub flags: DispositionFlags,
}

impl FileInformation for FileDispositionInformationEx {
    const CLASS: FileInformationClass = FileInformationClass::DISPOSITION_EX;
}

impl Structure for FileDispositionInformationEx {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.flags.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileDispositionInformationEx";
        Ok(Self { flags: DispositionFlags::from_bits_retain(reader.u32(WHAT)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would delete files that the client wants to keep.
    #[test]
    fn survives() {
        keeps(&FileDispositionInformationEx { flags: DispositionFlags::from_bits_retain(1) });
    }
}
