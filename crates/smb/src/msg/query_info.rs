use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use super::field::{at_least_one_byte, buffer, decode_output, encode_output, len16, len32, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

open_enum! {
    /// The kind of information to query or set ([MS-SMB2] 2.2.37).
    pub struct InfoType(u8) {
        /// The class is a [`crate::fscc::FileInformationClass`].
        FILE = 1,
        /// The class is a [`crate::fscc::FsInformationClass`].
        FILESYSTEM = 2,
        /// A security descriptor; the class is 0.
        SECURITY = 3,
        /// The class is 0.
        QUOTA = 4,
    }
}

bitflags::bitflags! {
    /// How to list extended attributes ([MS-SMB2] 2.2.37).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct QueryInfoFlags: u32 {
        /// From the beginning.
        const RESTART_SCAN = 1;
        /// One only.
        const RETURN_SINGLE_ENTRY = 2;
        /// From the index in AdditionalInformation on.
        const INDEX_SPECIFIED = 4;
    }
}

/// Queries information about a file, pipe or volume ([MS-SMB2] 2.2.37).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryInfoRequest<'a> {
    /// The kind of information.
    pub info_type: InfoType,
    /// Its class.
    pub class: u8,
    /// The most bytes of the answer.
    pub output_buffer_length: u32,
    /// The parts of a security descriptor ([`crate::fscc::SecurityInformation`]), or an index of extended attributes.
    pub additional_information: u32,
    /// How to list extended attributes.
    pub flags: QueryInfoFlags,
    /// The open.
    pub file_id: FileId,
    /// The extended attributes, or the users whose quotas to return.
    pub input: &'a [u8],
}

/// The answer ([MS-SMB2] 2.2.38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryInfoResponse<'a> {
    /// The information, in the requested class.
    pub output: &'a [u8],
}

impl<'a> Message<'a> for QueryInfoRequest<'a> {
    const COMMAND: Command = Command::QUERY_INFO;
}

impl<'a> Body<'a> for QueryInfoRequest<'a> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(41);
        writer.u8(self.info_type.0);
        writer.u8(self.class);
        writer.u32(self.output_buffer_length);
        let offset = writer.position();
        writer.u32(0);
        writer.u32(len32(self.input.len(), "QUERY_INFO input")?);
        writer.u32(self.additional_information);
        writer.u32(self.flags.bits());
        self.file_id.encode(writer);
        let start = writer.position();
        if !self.input.is_empty() {
            writer.fill_u16(offset, len16(start, "QUERY_INFO request")?);
        }
        writer.bytes(self.input);
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "QUERY_INFO request";
        structure_size(reader, 41, WHAT)?;
        let info_type = InfoType(reader.u8(WHAT)?);
        let class = reader.u8(WHAT)?;
        let output_buffer_length = reader.u32(WHAT)?;
        let offset = reader.u16(WHAT)?;
        reader.skip(2, WHAT)?;
        let length = reader.u32(WHAT)?;
        Ok(Self {
            info_type,
            class,
            output_buffer_length,
            additional_information: reader.u32(WHAT)?,
            flags: QueryInfoFlags::from_bits_retain(reader.u32(WHAT)?),
            file_id: FileId::decode(reader)?,
            input: buffer(reader, offset, length, "QUERY_INFO input")?,
        })
    }
}

impl<'a> Message<'a> for QueryInfoResponse<'a> {
    const COMMAND: Command = Command::QUERY_INFO;
}

impl<'a> Body<'a> for QueryInfoResponse<'a> {
    fn data_length(&self) -> usize {
        self.output.len()
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_output(writer, self.output, "QUERY_INFO response")
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { output: decode_output(reader, "QUERY_INFO response")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would query another property than the requested one.
    #[test]
    fn both_survive() {
        for input in [&b""[..], b"input"] {
            let request = QueryInfoRequest {
                info_type: InfoType::SECURITY,
                class: 1,
                output_buffer_length: 2,
                additional_information: 3,
                flags: QueryInfoFlags::RETURN_SINGLE_ENTRY,
                file_id: FileId { persistent: 4, volatile: 5 },
                input,
            };
            survives!(QueryInfoRequest<'_>, request);
        }
        survives!(QueryInfoResponse<'_>, QueryInfoResponse { output: b"answer" });
    }
}
