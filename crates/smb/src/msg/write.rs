use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{buffer, len16, len32, structure_size};
use super::{Body, Channel, Command, EncodeError, FileId, Message};

bitflags::bitflags! {
    /// Flags of a WRITE request ([MS-SMB2] 2.2.21).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct WriteFlags: u32 {
        /// Write to the disk before the answer.
        const WRITE_THROUGH = 1;
        /// Do not use buffers (3.0.2 and later).
        const WRITE_UNBUFFERED = 2;
    }
}

/// Writes to a file or pipe ([MS-SMB2] 2.2.21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteRequest<'a> {
    /// The offset in the file; 0 for a pipe.
    pub offset: u64,
    /// The open.
    pub file_id: FileId,
    /// The channel for the data (3.x).
    pub channel: Channel,
    /// The bytes that will follow these, or that the channel carries.
    pub remaining_bytes: u32,
    /// How to write.
    pub flags: WriteFlags,
    /// Information about the channel.
    pub channel_info: &'a [u8],
    /// The data.
    pub data: &'a [u8],
}

/// The result of a write ([MS-SMB2] 2.2.22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteResponse {
    /// Bytes written.
    pub count: u32,
}

impl<'a> WriteRequest<'a> {
    /// Returns a request to write `data` at `offset`.
    #[must_use]
    pub const fn new(file_id: FileId, offset: u64, data: &'a [u8]) -> Self {
        Self {
            offset,
            file_id,
            channel: Channel::NONE,
            remaining_bytes: 0,
            flags: WriteFlags::empty(),
            channel_info: &[],
            data,
        }
    }

    /// Writes the body up to its data. The caller must send the data, `length` bytes, after it. This ignores
    /// `self.data`.
    ///
    /// # Errors
    /// [`EncodeError`] for more data than SMB2 can carry.
    pub fn encode_head(&self, length: usize, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(49);
        let data_offset = writer.position();
        writer.u16(0);
        writer.u32(len32(length, "data to write")?);
        writer.u64(self.offset);
        self.file_id.encode(writer);
        writer.u32(self.channel.0);
        writer.u32(self.remaining_bytes);
        let info_offset = match self.channel_info.len() {
            0 => 0,
            _ => len16(writer.position().saturating_add(8), "WRITE request")?,
        };
        writer.u16(info_offset);
        writer.u16(len16(self.channel_info.len(), "channel information")?);
        writer.u32(self.flags.bits());
        if !self.channel_info.is_empty() {
            writer.bytes(self.channel_info);
            writer.align(8);
        }
        writer.fill_u16(data_offset, len16(writer.position(), "channel information")?);
        Ok(())
    }
}

impl<'a> Message<'a> for WriteRequest<'a> {
    const COMMAND: Command = Command::WRITE;
}

impl<'a> Body<'a> for WriteRequest<'a> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.encode_head(self.data.len(), writer)?;
        writer.bytes(self.data);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "WRITE request";
        structure_size(reader, 49, WHAT)?;
        let data_offset = reader.u16(WHAT)?;
        let length = reader.u32(WHAT)?;
        let offset = reader.u64(WHAT)?;
        let file_id = FileId::decode(reader)?;
        let channel = Channel(reader.u32(WHAT)?);
        let remaining_bytes = reader.u32(WHAT)?;
        let [info_offset, info_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        Ok(Self {
            offset,
            file_id,
            channel,
            remaining_bytes,
            flags: WriteFlags::from_bits_retain(reader.u32(WHAT)?),
            channel_info: buffer(reader, info_offset, info_length, "channel information")?,
            data: buffer(reader, data_offset, length, "data to write")?,
        })
    }
}

impl Message<'_> for WriteResponse {
    const COMMAND: Command = Command::WRITE;
}

impl Body<'_> for WriteResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(17);
        writer.u16(0);
        writer.u32(self.count);
        writer.u64(0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "WRITE response";
        structure_size(reader, 17, WHAT)?;
        reader.skip(2, WHAT)?;
        let count = reader.u32(WHAT)?;
        reader.skip(8, WHAT)?;
        Ok(Self { count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};
    use crate::msg::{Header, MessageId};

    /// A failure here would write data at another offset, or write other data.
    #[test]
    fn both_survive() {
        let plain = WriteRequest::new(FileId { persistent: 1, volatile: 2 }, 3, b"data");
        survives!(WriteRequest<'_>, plain);
        let rdma = WriteRequest {
            channel: Channel::RDMA_V1,
            remaining_bytes: 4,
            flags: WriteFlags::WRITE_THROUGH,
            channel_info: &[5; 17],
            ..plain
        };
        survives!(WriteRequest<'_>, rdma);
        survives!(WriteResponse, WriteResponse { count: 6 });
    }

    /// A failure here would change a write whose data the client sends separately.
    #[test]
    fn a_head_is_the_message_without_its_data() {
        let request = WriteRequest::new(FileId::NONE, 0, b"data");
        let mut head = Writer::new();
        Header::request(Command(0xffff), MessageId(0)).encode(&mut head);
        request.encode_head(4, &mut head).unwrap();
        assert_eq!([head.as_slice(), b"data"].concat(), bytes_of(&request));
    }
}
