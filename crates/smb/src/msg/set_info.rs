use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{buffer, len16, len32, structure_size};
use super::{Body, Command, EncodeError, FileId, InfoType, Message};

/// Sets information about a file, pipe or volume ([MS-SMB2] 2.2.39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetInfoRequest<'a> {
    /// The kind of information.
    pub info_type: InfoType,
    /// Its class.
    pub class: u8,
    /// The parts of a security descriptor: [`crate::fscc::SecurityInformation`].
    pub additional_information: u32,
    /// The open.
    pub file_id: FileId,
    /// The information, in the form of its class.
    pub input: &'a [u8],
}

/// The server has set the information ([MS-SMB2] 2.2.40).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetInfoResponse;

impl<'a> Message<'a> for SetInfoRequest<'a> {
    const COMMAND: Command = Command::SET_INFO;
}

impl<'a> Body<'a> for SetInfoRequest<'a> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(33);
        writer.u8(self.info_type.0);
        writer.u8(self.class);
        writer.u32(len32(self.input.len(), "SET_INFO input")?);
        writer.u16(len16(writer.position().saturating_add(24), "SET_INFO request")?);
        writer.u16(0);
        writer.u32(self.additional_information);
        self.file_id.encode(writer);
        writer.bytes(self.input);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SET_INFO request";
        structure_size(reader, 33, WHAT)?;
        let info_type = InfoType(reader.u8(WHAT)?);
        let class = reader.u8(WHAT)?;
        let length = reader.u32(WHAT)?;
        let offset = reader.u16(WHAT)?;
        reader.skip(2, WHAT)?;
        Ok(Self {
            info_type,
            class,
            additional_information: reader.u32(WHAT)?,
            file_id: FileId::decode(reader)?,
            input: buffer(reader, offset, length, "SET_INFO input")?,
        })
    }
}

impl Message<'_> for SetInfoResponse {
    const COMMAND: Command = Command::SET_INFO;
}

impl Body<'_> for SetInfoResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(2);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_size(reader, 2, "SET_INFO response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would change another property than the requested one.
    #[test]
    fn both_survive() {
        let request = SetInfoRequest {
            info_type: InfoType::FILE,
            class: 1,
            additional_information: 2,
            file_id: FileId { persistent: 3, volatile: 4 },
            input: b"input",
        };
        survives!(SetInfoRequest<'_>, request);
        survives!(SetInfoResponse, SetInfoResponse);
    }
}
