use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use super::field::{at_least_one_byte, buffer, len8, len16, len32, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

bitflags::bitflags! {
    /// Flags of a READ request (3.0.2 and later, [MS-SMB2] 2.2.19).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ReadFlags: u8 {
        /// Read from the disk itself.
        const READ_UNBUFFERED = 1;
        /// The server may compress the response (3.1.1).
        const REQUEST_COMPRESSED = 2;
    }
}

open_enum! {
    /// The channel for the data ([MS-SMB2] 2.2.19, 2.2.21).
    pub struct Channel(u32) {
        /// In the message.
        NONE = 0,
        RDMA_V1 = 1,
        RDMA_V1_INVALIDATE = 2,
        RDMA_TRANSFORM = 3,
    }
}

/// Reads from a file or pipe ([MS-SMB2] 2.2.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRequest<'a> {
    /// The offset in the response at which the client would like the data.
    pub padding: u8,
    /// How to read.
    pub flags: ReadFlags,
    /// The most bytes to read.
    pub length: u32,
    /// The offset in the file; 0 for a pipe.
    pub offset: u64,
    /// The open.
    pub file_id: FileId,
    /// The fewest bytes; with fewer, the server returns an error.
    pub minimum_count: u32,
    /// The channel for the data (3.x).
    pub channel: Channel,
    /// The bytes that will follow these.
    pub remaining_bytes: u32,
    /// Information about the channel.
    pub channel_info: &'a [u8],
}

/// The data that the server has read ([MS-SMB2] 2.2.20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadResponse<'a> {
    /// The bytes that the channel carries instead.
    pub data_remaining: u32,
    /// Flags of an RDMA transform; zero otherwise.
    pub flags: u32,
    /// The data.
    pub data: &'a [u8],
}

impl ReadRequest<'_> {
    /// Returns a request to read `length` bytes at `offset`.
    #[must_use]
    pub const fn new(file_id: FileId, offset: u64, length: u32) -> Self {
        Self {
            padding: 0x50,
            flags: ReadFlags::empty(),
            length,
            offset,
            file_id,
            minimum_count: 0,
            channel: Channel::NONE,
            remaining_bytes: 0,
            channel_info: &[],
        }
    }
}

impl<'a> Message<'a> for ReadRequest<'a> {
    const COMMAND: Command = Command::READ;
}

impl<'a> Body<'a> for ReadRequest<'a> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(49);
        writer.u8(self.padding);
        writer.u8(self.flags.bits());
        writer.u32(self.length);
        writer.u64(self.offset);
        self.file_id.encode(writer);
        writer.u32(self.minimum_count);
        writer.u32(self.channel.0);
        writer.u32(self.remaining_bytes);
        let offset = match self.channel_info.len() {
            0 => 0,
            _ => len16(writer.position().saturating_add(4), "READ request")?,
        };
        writer.u16(offset);
        writer.u16(len16(self.channel_info.len(), "channel information")?);
        let start = writer.position();
        writer.bytes(self.channel_info);
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "READ request";
        structure_size(reader, 49, WHAT)?;
        let padding = reader.u8(WHAT)?;
        let flags = ReadFlags::from_bits_retain(reader.u8(WHAT)?);
        let length = reader.u32(WHAT)?;
        let offset = reader.u64(WHAT)?;
        let file_id = FileId::decode(reader)?;
        let minimum_count = reader.u32(WHAT)?;
        let channel = Channel(reader.u32(WHAT)?);
        let remaining_bytes = reader.u32(WHAT)?;
        let [info_offset, info_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        Ok(Self {
            padding,
            flags,
            length,
            offset,
            file_id,
            minimum_count,
            channel,
            remaining_bytes,
            channel_info: buffer(reader, info_offset, info_length, "channel information")?,
        })
    }
}

impl<'a> Message<'a> for ReadResponse<'a> {
    const COMMAND: Command = Command::READ;
}

impl ReadResponse<'_> {
    /// Writes the body up to its data. The caller must send the data, `length` bytes, after it.
    ///
    /// # Errors
    /// [`EncodeError`] for more data than SMB2 can carry.
    pub fn encode_head(length: usize, writer: &mut Writer) -> Result<(), EncodeError> {
        ReadResponse { data_remaining: 0, flags: 0, data: &[] }.head(length, writer)
    }

    fn head(&self, length: usize, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(17);
        writer.u8(len8(writer.position().saturating_add(14), "READ response")?);
        writer.u8(0);
        writer.u32(len32(length, "data that was read")?);
        writer.u32(self.data_remaining);
        writer.u32(self.flags);
        Ok(())
    }
}

impl<'a> Body<'a> for ReadResponse<'a> {
    fn data_length(&self) -> usize {
        self.data.len()
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.head(self.data.len(), writer)?;
        writer.bytes(self.data);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "READ response";
        structure_size(reader, 17, WHAT)?;
        let offset = reader.u8(WHAT)?;
        reader.skip(1, WHAT)?;
        let length = reader.u32(WHAT)?;
        let data_remaining = reader.u32(WHAT)?;
        let flags = reader.u32(WHAT)?;
        let data = buffer(reader, offset, length, "data that was read")?;
        Ok(Self { data_remaining, flags, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};
    use crate::msg::{Header, MessageId};

    /// A failure here would read a file at another offset than the requested one.
    #[test]
    fn requests_survive() {
        let plain = ReadRequest::new(FileId { persistent: 1, volatile: 2 }, 3, 4);
        assert_eq!(bytes_of(&plain).len(), 64 + 49);
        survives!(ReadRequest<'_>, plain);
        let rdma = ReadRequest {
            padding: 5,
            flags: ReadFlags::REQUEST_COMPRESSED,
            minimum_count: 6,
            channel: Channel::RDMA_V1,
            remaining_bytes: 7,
            channel_info: &[8; 16],
            ..plain
        };
        survives!(ReadRequest<'_>, rdma);
    }

    /// A failure here would cut data off, or mix it with the bytes around it.
    #[test]
    fn responses_survive_and_can_be_written_without_their_data() {
        let data = [7; 100];
        let response = ReadResponse { data_remaining: 0, flags: 0, data: &data };
        survives!(ReadResponse<'_>, response);
        survives!(ReadResponse<'_>, ReadResponse { data_remaining: 1, flags: 2, data: &data[..1] });
        let mut head = Writer::new();
        Header::request(Command(0xffff), MessageId(0)).encode(&mut head);
        ReadResponse::encode_head(data.len(), &mut head).unwrap();
        assert_eq!([head.as_slice(), &data].concat(), bytes_of(&response));
    }
}
