use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;
use crate::msg::fsctl::PipeState;

open_enum! {
    /// The type of a pipe ([MS-FSCC] 2.4.38).
    pub struct PipeType(u32) {
        BYTE_STREAM = 0,
        MESSAGE = 1,
    }
}

open_enum! {
    /// The directions of a pipe ([MS-FSCC] 2.4.38).
    pub struct PipeConfiguration(u32) {
        INBOUND = 0,
        OUTBOUND = 1,
        FULL_DUPLEX = 2,
    }
}

open_enum! {
    /// An end of a pipe ([MS-FSCC] 2.4.38).
    pub struct PipeEnd(u32) {
        CLIENT = 0,
        SERVER = 1,
    }
}

/// State of a pipe ([MS-FSCC] 2.4.38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePipeLocalInformation {
    /// Bytes or messages.
    pub named_pipe_type: PipeType,
    /// The directions of the pipe.
    pub named_pipe_configuration: PipeConfiguration,
    /// The most instances of the pipe.
    pub maximum_instances: u32,
    /// The current instances of the pipe.
    pub current_instances: u32,
    /// The size of the inbound buffer in bytes.
    pub inbound_quota: u32,
    /// The bytes that the client can read.
    pub read_data_available: u32,
    /// The size of the outbound buffer in bytes.
    pub outbound_quota: u32,
    /// The bytes that the client can write.
    pub write_quota_available: u32,
    /// Whether it is connected.
    pub named_pipe_state: PipeState,
    /// Which end this is.
    pub named_pipe_end: PipeEnd,
}

impl FileInformation for FilePipeLocalInformation {
    const CLASS: FileInformationClass = FileInformationClass::PIPE_LOCAL;
}

impl Structure for FilePipeLocalInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.named_pipe_type.0);
        writer.u32(self.named_pipe_configuration.0);
        writer.u32(self.maximum_instances);
        writer.u32(self.current_instances);
        writer.u32(self.inbound_quota);
        writer.u32(self.read_data_available);
        writer.u32(self.outbound_quota);
        writer.u32(self.write_quota_available);
        writer.u32(self.named_pipe_state.0);
        writer.u32(self.named_pipe_end.0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FilePipeLocalInformation";
        Ok(Self {
            named_pipe_type: PipeType(reader.u32(WHAT)?),
            named_pipe_configuration: PipeConfiguration(reader.u32(WHAT)?),
            maximum_instances: reader.u32(WHAT)?,
            current_instances: reader.u32(WHAT)?,
            inbound_quota: reader.u32(WHAT)?,
            read_data_available: reader.u32(WHAT)?,
            outbound_quota: reader.u32(WHAT)?,
            write_quota_available: reader.u32(WHAT)?,
            named_pipe_state: PipeState(reader.u32(WHAT)?),
            named_pipe_end: PipeEnd(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take an open pipe for a closed one.
    #[test]
    fn survives() {
        keeps(&FilePipeLocalInformation {
            named_pipe_type: PipeType(1),
            named_pipe_configuration: PipeConfiguration(2),
            maximum_instances: 3,
            current_instances: 4,
            inbound_quota: 5,
            read_data_available: 6,
            outbound_quota: 7,
            write_quota_available: 8,
            named_pipe_state: PipeState(9),
            named_pipe_end: PipeEnd(10),
        });
    }
}
