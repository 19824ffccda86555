use netsession_wire::{DecodeError, Reader, Writer};

use super::field::structure_size;
use super::{Body, Command, EncodeError, FileId, Message};
use crate::fscc::{FileAttributes, FileTime};

bitflags::bitflags! {
    /// Flags of CLOSE ([MS-SMB2] 2.2.15, 2.2.16).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CloseFlags: u16 {
        /// Return the file's attributes in the response.
        const POSTQUERY_ATTRIB = 1;
    }
}

/// Closes an open ([MS-SMB2] 2.2.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseRequest {
    /// Whether to return the attributes.
    pub flags: CloseFlags,
    /// The open.
    pub file_id: FileId,
}

/// The open is closed ([MS-SMB2] 2.2.16). Without POSTQUERY_ATTRIB, everything but the flags is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CloseResponse {
    /// Whether the response has the attributes.
    pub flags: CloseFlags,
    /// The creation time of the file.
    pub creation_time: FileTime,
    /// The time of the last access.
    pub last_access_time: FileTime,
    /// The time of the last write to its data.
    pub last_write_time: FileTime,
    /// The time of the last change of any kind.
    pub change_time: FileTime,
    /// The bytes that it takes on the disk.
    pub allocation_size: u64,
    /// The length in bytes.
    pub end_of_file: u64,
    /// Its attributes.
    pub file_attributes: FileAttributes,
}

impl Message<'_> for CloseRequest {
    const COMMAND: Command = Command::CLOSE;
}

impl Body<'_> for CloseRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(24);
        writer.u16(self.flags.bits());
        writer.u32(0);
        self.file_id.encode(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "CLOSE request";
        structure_size(reader, 24, WHAT)?;
        let flags = CloseFlags::from_bits_retain(reader.u16(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self { flags, file_id: FileId::decode(reader)? })
    }
}

impl Message<'_> for CloseResponse {
    const COMMAND: Command = Command::CLOSE;
}

impl Body<'_> for CloseResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(60);
        writer.u16(self.flags.bits());
        writer.u32(0);
        let times = [self.creation_time, self.last_access_time, self.last_write_time, self.change_time];
        times.into_iter().for_each(|time| writer.i64(time.0));
        writer.u64(self.allocation_size);
        writer.u64(self.end_of_file);
        writer.u32(self.file_attributes.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "CLOSE response";
        structure_size(reader, 60, WHAT)?;
        let flags = CloseFlags::from_bits_retain(reader.u16(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self {
            flags,
            creation_time: FileTime(reader.i64(WHAT)?),
            last_access_time: FileTime(reader.i64(WHAT)?),
            last_write_time: FileTime(reader.i64(WHAT)?),
            change_time: FileTime(reader.i64(WHAT)?),
            allocation_size: reader.u64(WHAT)?,
            end_of_file: reader.u64(WHAT)?,
            file_attributes: FileAttributes::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would close another open, or report a wrong final size.
    #[test]
    fn both_survive() {
        let flags = CloseFlags::POSTQUERY_ATTRIB;
        survives!(CloseRequest, CloseRequest { flags, file_id: FileId { persistent: 1, volatile: 2 } });
        let response = CloseResponse {
            flags,
            creation_time: FileTime(1),
            last_access_time: FileTime(2),
            last_write_time: FileTime(3),
            change_time: FileTime(4),
            allocation_size: 5,
            end_of_file: 6,
            file_attributes: FileAttributes::ARCHIVE,
        };
        survives!(CloseResponse, response);
    }
}
