use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

/// Asks the server to write the file's data to the disk ([MS-SMB2] 2.2.17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushRequest {
    /// The open.
    pub file_id: FileId,
}

/// The data is on the disk ([MS-SMB2] 2.2.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushResponse;

impl Message<'_> for FlushRequest {
    const COMMAND: Command = Command::FLUSH;
}

impl Body<'_> for FlushRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(24);
        writer.zeros(6);
        self.file_id.encode(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FLUSH request";
        structure_size(reader, 24, WHAT)?;
        reader.skip(6, WHAT)?;
        Ok(Self { file_id: FileId::decode(reader)? })
    }
}

impl Message<'_> for FlushResponse {
    const COMMAND: Command = Command::FLUSH;
}

impl Body<'_> for FlushResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "FLUSH response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would flush another file.
    #[test]
    fn both_survive() {
        survives!(FlushRequest, FlushRequest { file_id: FileId { persistent: 1, volatile: 2 } });
        survives!(FlushResponse, FlushResponse);
    }
}
