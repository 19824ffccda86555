use netsession_wire::{DecodeError, Reader, Writer, utf16};

use super::field::{at_least_one_byte, decode_output, encode_output, len16, structure_size, text};
use super::{Body, Command, EncodeError, FileId, Message};
use crate::fscc::FileInformationClass;

bitflags::bitflags! {
    /// How to list ([MS-SMB2] 2.2.33).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct QueryDirectoryFlags: u8 {
        /// From the beginning.
        const RESTART_SCANS = 0x01;
        /// One entry only.
        const RETURN_SINGLE_ENTRY = 0x02;
        /// From the given index on.
        const INDEX_SPECIFIED = 0x04;
        /// From the beginning, with the pattern of this request.
        const REOPEN = 0x10;
    }
}

/// Lists a directory ([MS-SMB2] 2.2.33).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryDirectoryRequest {
    /// The class of information about each entry.
    pub class: FileInformationClass,
    /// How to list.
    pub flags: QueryDirectoryFlags,
    /// The index from which to continue, with [`QueryDirectoryFlags::INDEX_SPECIFIED`].
    pub file_index: u32,
    /// The directory.
    pub file_id: FileId,
    /// The most bytes of the answer.
    pub output_buffer_length: u32,
    /// The pattern for names, which may have wildcards; may be empty after the first request.
    pub pattern: String,
}

/// A part of the list ([MS-SMB2] 2.2.34).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryDirectoryResponse<'a> {
    /// The entries, in the requested class.
    pub output: &'a [u8],
}

impl Message<'_> for QueryDirectoryRequest {
    const COMMAND: Command = Command::QUERY_DIRECTORY;
}

impl Body<'_> for QueryDirectoryRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let pattern = utf16::encode(&self.pattern);
        writer.u16(33);
        writer.u8(self.class.0);
        writer.u8(self.flags.bits());
        writer.u32(self.file_index);
        self.file_id.encode(writer);
        let offset = match pattern.len() {
            0 => 0,
            _ => len16(writer.position().saturating_add(8), "QUERY_DIRECTORY request")?,
        };
        writer.u16(offset);
        writer.u16(len16(pattern.len(), "search pattern")?);
        writer.u32(self.output_buffer_length);
        let start = writer.position();
        writer.bytes(&pattern);
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "QUERY_DIRECTORY request";
        structure_size(reader, 33, WHAT)?;
        let class = FileInformationClass(reader.u8(WHAT)?);
        let flags = QueryDirectoryFlags::from_bits_retain(reader.u8(WHAT)?);
        let file_index = reader.u32(WHAT)?;
        let file_id = FileId::decode(reader)?;
        let [offset, length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let output_buffer_length = reader.u32(WHAT)?;
        let pattern = text(reader, offset, length, "search pattern")?;
        Ok(Self { class, flags, file_index, file_id, output_buffer_length, pattern })
    }
}

impl<'a> Message<'a> for QueryDirectoryResponse<'a> {
    const COMMAND: Command = Command::QUERY_DIRECTORY;
}

impl<'a> Body<'a> for QueryDirectoryResponse<'a> {
    fn data_length(&self) -> usize {
        self.output.len()
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_output(writer, self.output, "QUERY_DIRECTORY response")
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { output: decode_output(reader, "QUERY_DIRECTORY response")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would list other files than the client requested.
    #[test]
    fn both_survive() {
        for pattern in ["*", ""] {
            let request = QueryDirectoryRequest {
                class: FileInformationClass::ID_BOTH_DIRECTORY,
                flags: QueryDirectoryFlags::REOPEN,
                file_index: 1,
                file_id: FileId { persistent: 2, volatile: 3 },
                output_buffer_length: 4,
                pattern: pattern.into(),
            };
            survives!(QueryDirectoryRequest, request);
        }
        survives!(QueryDirectoryResponse<'_>, QueryDirectoryResponse { output: b"entries" });
    }
}
