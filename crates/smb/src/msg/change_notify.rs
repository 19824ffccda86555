use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_output, encode_output, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

bitflags::bitflags! {
    /// Flags of a CHANGE_NOTIFY request ([MS-SMB2] 2.2.35).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ChangeNotifyFlags: u16 {
        /// Watch everything below the directory, not only its entries.
        const WATCH_TREE = 1;
    }
}

bitflags::bitflags! {
    /// Which changes to report ([MS-SMB2] 2.2.35).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CompletionFilter: u32 {
        /// Names of files.
        const FILE_NAME = 0x0001;
        /// Names of directories.
        const DIR_NAME = 0x0002;
        /// Attributes.
        const ATTRIBUTES = 0x0004;
        /// Sizes.
        const SIZE = 0x0008;
        /// Times of the last write.
        const LAST_WRITE = 0x0010;
        /// Times of the last access.
        const LAST_ACCESS = 0x0020;
        /// Times of creation.
        const CREATION = 0x0040;
        /// Extended attributes.
        const EA = 0x0080;
        /// Access control lists.
        const SECURITY = 0x0100;
        /// Names of streams.
        const STREAM_NAME = 0x0200;
        /// Sizes of streams.
        const STREAM_SIZE = 0x0400;
        /// Writes to streams.
        const STREAM_WRITE = 0x0800;
    }
}

/// Waits for changes in a directory ([MS-SMB2] 2.2.35).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeNotifyRequest {
    /// Whether to watch below the directory.
    pub flags: ChangeNotifyFlags,
    /// The most bytes of the answer.
    pub output_buffer_length: u32,
    /// The directory.
    pub file_id: FileId,
    /// The changes to report.
    pub completion_filter: CompletionFilter,
}

/// The changes ([MS-SMB2] 2.2.36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeNotifyResponse<'a> {
    /// A list of [`crate::fscc::FileNotifyInformation`].
    pub output: &'a [u8],
}

impl Message<'_> for ChangeNotifyRequest {
    const COMMAND: Command = Command::CHANGE_NOTIFY;
}

impl Body<'_> for ChangeNotifyRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(32);
        writer.u16(self.flags.bits());
        writer.u32(self.output_buffer_length);
        self.file_id.encode(writer);
        writer.u32(self.completion_filter.bits());
        writer.u32(0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "CHANGE_NOTIFY request";
        structure_size(reader, 32, WHAT)?;
        Ok(Self {
            flags: ChangeNotifyFlags::from_bits_retain(reader.u16(WHAT)?),
            output_buffer_length: reader.u32(WHAT)?,
            file_id: FileId::decode(reader)?,
            completion_filter: CompletionFilter::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

impl<'a> Message<'a> for ChangeNotifyResponse<'a> {
    const COMMAND: Command = Command::CHANGE_NOTIFY;
}

impl<'a> Body<'a> for ChangeNotifyResponse<'a> {
    fn data_length(&self) -> usize {
        self.output.len()
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_output(writer, self.output, "CHANGE_NOTIFY response")
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { output: decode_output(reader, "CHANGE_NOTIFY response")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would leave clients without the change notifications that they requested.
    #[test]
    fn both_survive() {
        let request = ChangeNotifyRequest {
            flags: ChangeNotifyFlags::WATCH_TREE,
            output_buffer_length: 1,
            file_id: FileId { persistent: 2, volatile: 3 },
            completion_filter: CompletionFilter::SIZE,
        };
        survives!(ChangeNotifyRequest, request);
        survives!(ChangeNotifyResponse<'_>, ChangeNotifyResponse { output: b"changes" });
    }
}
