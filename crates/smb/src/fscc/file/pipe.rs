use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

open_enum! {
    /// How a pipe is read ([MS-FSCC] 2.4.37).
    pub struct PipeReadMode(u32) {
        BYTE_STREAM = 0,
        MESSAGE = 1,
    }
}

open_enum! {
    /// Whether calls on a pipe wait ([MS-FSCC] 2.4.37).
    pub struct PipeCompletionMode(u32) {
        QUEUE_OPERATION = 0,
        COMPLETE_OPERATION = 1,
    }
}

/// How a pipe is read ([MS-FSCC] 2.4.37).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePipeInformation {
    /// Bytes or messages.
    pub read_mode: PipeReadMode,
    /// Whether to wait.
    pub completion_mode: PipeCompletionMode,
}

impl FileInformation for FilePipeInformation {
    const CLASS: FileInformationClass = FileInformationClass::PIPE;
}

impl Structure for FilePipeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.read_mode.0);
        writer.u32(self.completion_mode.0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FilePipeInformation";
        Ok(Self {
            read_mode: PipeReadMode(reader.u32(WHAT)?),
            completion_mode: PipeCompletionMode(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make messages on a pipe run together.
    #[test]
    fn survives() {
        keeps(&FilePipeInformation { read_mode: PipeReadMode(1), completion_mode: PipeCompletionMode(2) });
    }
}
