use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use super::field::{at_least_one_byte, buffer, len32, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

open_enum! {
    /// The control code of an IOCTL ([MS-SMB2] 2.2.31, [MS-FSCC] 2.3). A constant `X` is `FSCTL_X` there.
    pub struct CtlCode(u32) {
        DFS_GET_REFERRALS = 0x0006_0194,
        DFS_GET_REFERRALS_EX = 0x0006_01b0,
        IS_PATHNAME_VALID = 0x0009_002c,
        GET_COMPRESSION = 0x0009_003c,
        QUERY_FAT_BPB = 0x0009_0058,
        FILESYSTEM_GET_STATISTICS = 0x0009_0060,
        GET_NTFS_VOLUME_DATA = 0x0009_0064,
        GET_RETRIEVAL_POINTERS = 0x0009_0073,
        FIND_FILES_BY_SID = 0x0009_008f,
        SET_OBJECT_ID = 0x0009_0098,
        GET_OBJECT_ID = 0x0009_009c,
        DELETE_OBJECT_ID = 0x0009_00a0,
        SET_REPARSE_POINT = 0x0009_00a4,
        GET_REPARSE_POINT = 0x0009_00a8,
        DELETE_REPARSE_POINT = 0x0009_00ac,
        SET_OBJECT_ID_EXTENDED = 0x0009_00bc,
        CREATE_OR_GET_OBJECT_ID = 0x0009_00c0,
        SET_SPARSE = 0x0009_00c4,
        SET_ENCRYPTION = 0x0009_00d7,
        READ_FILE_USN_DATA = 0x0009_00eb,
        WRITE_USN_CLOSE_RECORD = 0x0009_00ef,
        MARK_HANDLE = 0x0009_00fc,
        SIS_COPYFILE = 0x0009_0100,
        RECALL_FILE = 0x0009_0117,
        QUERY_SPARING_INFO = 0x0009_0138,
        QUERY_ON_DISK_VOLUME_INFO = 0x0009_013c,
        SET_ZERO_ON_DEALLOCATION = 0x0009_0194,
        GET_INTEGRITY_INFORMATION = 0x0009_027c,
        QUERY_FILE_REGIONS = 0x0009_0284,
        GET_REFS_VOLUME_DATA = 0x0009_02d8,
        SET_INTEGRITY_INFORMATION_EX = 0x0009_0380,
        GET_RETRIEVAL_POINTERS_AND_REFCOUNT = 0x0009_03d3,
        GET_RETRIEVAL_POINTER_COUNT = 0x0009_042b,
        REFS_STREAM_SNAPSHOT_MANAGEMENT = 0x0009_0440,
        QUERY_ALLOCATED_RANGES = 0x0009_40cf,
        OFFLOAD_READ = 0x0009_4264,
        SET_ZERO_DATA = 0x0009_80c8,
        SET_DEFECT_MANAGEMENT = 0x0009_8134,
        FILE_LEVEL_TRIM = 0x0009_8208,
        OFFLOAD_WRITE = 0x0009_8268,
        DUPLICATE_EXTENTS_TO_FILE = 0x0009_8344,
        DUPLICATE_EXTENTS_TO_FILE_EX = 0x0009_83e8,
        SET_COMPRESSION = 0x0009_c040,
        SET_INTEGRITY_INFORMATION = 0x0009_c280,
        PIPE_WAIT = 0x0011_0018,
        PIPE_PEEK = 0x0011_400c,
        PIPE_TRANSCEIVE = 0x0011_c017,
        SRV_REQUEST_RESUME_KEY = 0x0014_0078,
        LMR_SET_LINK_TRACKING_INFORMATION = 0x0014_00ec,
        LMR_REQUEST_RESILIENCY = 0x0014_01d4,
        QUERY_NETWORK_INTERFACE_INFO = 0x0014_01fc,
        VALIDATE_NEGOTIATE_INFO = 0x0014_0204,
        SRV_ENUMERATE_SNAPSHOTS = 0x0014_4064,
        SRV_COPYCHUNK = 0x0014_40f2,
        SRV_READ_HASH = 0x0014_41bb,
        SRV_COPYCHUNK_WRITE = 0x0014_80f2,
    }
}

bitflags::bitflags! {
    /// Flags of an IOCTL request ([MS-SMB2] 2.2.31).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct IoctlFlags: u32 {
        /// A file system control, as all of [`CtlCode`] are.
        const IS_FSCTL = 1;
    }
}

/// Requests an operation that has no command of its own ([MS-SMB2] 2.2.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoctlRequest<'a> {
    /// What.
    pub ctl_code: CtlCode,
    /// The open; [`FileId::NONE`] if there is none.
    pub file_id: FileId,
    /// The most input bytes that the response may return.
    pub max_input_response: u32,
    /// The most output bytes of the response.
    pub max_output_response: u32,
    /// How to process it.
    pub flags: IoctlFlags,
    /// The input.
    pub input: &'a [u8],
    /// Mostly empty.
    pub output: &'a [u8],
}

/// The answer ([MS-SMB2] 2.2.32).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoctlResponse<'a> {
    /// The control code of the request.
    pub ctl_code: CtlCode,
    /// The open.
    pub file_id: FileId,
    /// Mostly empty.
    pub input: &'a [u8],
    /// The output.
    pub output: &'a [u8],
}

impl<'a> IoctlRequest<'a> {
    /// Returns a request for a file system control of an open.
    #[must_use]
    pub const fn fsctl(ctl_code: CtlCode, file_id: FileId, input: &'a [u8], max_output: u32) -> Self {
        Self {
            ctl_code,
            file_id,
            max_input_response: 0,
            max_output_response: max_output,
            flags: IoctlFlags::IS_FSCTL,
            input,
            output: &[],
        }
    }
}

impl<'a> Message<'a> for IoctlRequest<'a> {
    const COMMAND: Command = Command::IOCTL;
}

impl<'a> Body<'a> for IoctlRequest<'a> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(57);
        writer.u16(0);
        writer.u32(self.ctl_code.0);
        self.file_id.encode(writer);
        let input = writer.position();
        writer.u32(0);
        writer.u32(len32(self.input.len(), "IOCTL input")?);
        writer.u32(self.max_input_response);
        let output = writer.position();
        writer.u32(0);
        writer.u32(len32(self.output.len(), "IOCTL output")?);
        writer.u32(self.max_output_response);
        writer.u32(self.flags.bits());
        writer.u32(0);
        let start = writer.position();
        if !self.input.is_empty() {
            writer.fill_u32(input, len32(start, "IOCTL request")?);
        }
        writer.bytes(self.input);
        if !self.output.is_empty() {
            writer.align(8);
            writer.fill_u32(output, len32(writer.position(), "IOCTL input")?);
            writer.bytes(self.output);
        }
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "IOCTL request";
        structure_size(reader, 57, WHAT)?;
        reader.skip(2, WHAT)?;
        let ctl_code = CtlCode(reader.u32(WHAT)?);
        let file_id = FileId::decode(reader)?;
        let [input_offset, input_count] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
        let max_input_response = reader.u32(WHAT)?;
        let [output_offset, output_count] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
        Ok(Self {
            ctl_code,
            file_id,
            max_input_response,
            max_output_response: reader.u32(WHAT)?,
            flags: IoctlFlags::from_bits_retain(reader.u32(WHAT)?),
            input: buffer(reader, input_offset, input_count, "IOCTL input")?,
            output: buffer(reader, output_offset, output_count, "IOCTL output")?,
        })
    }
}

impl<'a> Message<'a> for IoctlResponse<'a> {
    const COMMAND: Command = Command::IOCTL;
}

impl<'a> Body<'a> for IoctlResponse<'a> {
    fn data_length(&self) -> usize {
        self.output.len()
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(49);
        writer.u16(0);
        writer.u32(self.ctl_code.0);
        self.file_id.encode(writer);
        let offsets = writer.position();
        writer.u32(0);
        writer.u32(len32(self.input.len(), "IOCTL input")?);
        writer.u32(0);
        writer.u32(len32(self.output.len(), "IOCTL output")?);
        writer.u64(0);
        writer.fill_u32(offsets, len32(writer.position(), "IOCTL response")?);
        writer.bytes(self.input);
        writer.align(8);
        writer.fill_u32(offsets.saturating_add(8), len32(writer.position(), "IOCTL input")?);
        writer.bytes(self.output);
        Ok(())
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "IOCTL response";
        structure_size(reader, 49, WHAT)?;
        reader.skip(2, WHAT)?;
        let ctl_code = CtlCode(reader.u32(WHAT)?);
        let file_id = FileId::decode(reader)?;
        let [input_offset, input_count] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
        let [output_offset, output_count] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
        Ok(Self {
            ctl_code,
            file_id,
            input: buffer(reader, input_offset, input_count, "IOCTL input")?,
            output: buffer(reader, output_offset, output_count, "IOCTL output")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would send other bytes in a pipe call than the caller gave.
    #[test]
    fn both_survive() {
        let file_id = FileId { persistent: 1, volatile: 2 };
        survives!(IoctlRequest<'_>, IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, file_id, b"hello", 3));
        survives!(IoctlRequest<'_>, IoctlRequest::fsctl(CtlCode::PIPE_PEEK, file_id, b"", 3));
        let ctl_code = CtlCode(0x1234_5678);
        let request = IoctlRequest {
            ctl_code,
            file_id,
            max_input_response: 4,
            max_output_response: 5,
            flags: IoctlFlags::empty(),
            input: b"in",
            output: b"out",
        };
        survives!(IoctlRequest<'_>, request);
        survives!(IoctlResponse<'_>, IoctlResponse { ctl_code, file_id, input: b"", output: b"out" });
        survives!(IoctlResponse<'_>, IoctlResponse { ctl_code, file_id, input: b"in", output: b"" });
    }
}
