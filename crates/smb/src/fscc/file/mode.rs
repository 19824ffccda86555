use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::CreateOptions;
use crate::msg::EncodeError;

/// How an open is used ([MS-FSCC] 2.4.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileModeInformation {
    /// The options of the open that the server keeps.
    pub mode: CreateOptions,
}

impl FileInformation for FileModeInformation {
    const CLASS: FileInformationClass = FileInformationClass::MODE;
}

impl Structure for FileModeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.mode.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileModeInformation";
        Ok(Self { mode: CreateOptions::from_bits_retain(reader.u32(WHAT)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would buffer data that must not be buffered.
    #[test]
    fn survives() {
        keeps(&FileModeInformation { mode: CreateOptions::from_bits_retain(1) });
    }
}
