use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::field::{at_least_one_byte, buffer, len16, len32, structure_size, text};
use super::{Body, Command, CreateContext, EncodeError, FileId, Message};
use crate::fscc::{AccessMask, FileAttributes, FileTime};

open_enum! {
    /// How much a client may cache ([MS-SMB2] 2.2.13).
    pub struct OplockLevel(u8) {
        NONE = 0x00,
        II = 0x01,
        EXCLUSIVE = 0x08,
        BATCH = 0x09,
        /// A lease, which is in a create context.
        LEASE = 0xff,
    }
}

open_enum! {
    /// The extent to which the server may act as the user ([MS-SMB2] 2.2.13).
    pub struct ImpersonationLevel(u32) {
        ANONYMOUS = 0,
        IDENTIFICATION = 1,
        IMPERSONATION = 2,
        DELEGATE = 3,
    }
}

bitflags::bitflags! {
    /// The access that other opens may have while this one exists ([MS-SMB2] 2.2.13).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ShareAccess: u32 {
        /// Read.
        const READ = 1;
        /// Write.
        const WRITE = 2;
        /// Delete and rename.
        const DELETE = 4;
    }
}

open_enum! {
    /// What to do if the file exists, and if it does not ([MS-SMB2] 2.2.13).
    pub struct CreateDisposition(u32) {
        SUPERSEDE = 0,
        OPEN = 1,
        CREATE = 2,
        OPEN_IF = 3,
        OVERWRITE = 4,
        OVERWRITE_IF = 5,
    }
}

impl CreateDisposition {
    /// Returns whether an existing file loses its data.
    #[must_use]
    pub fn overwrites(self) -> bool {
        [Self::SUPERSEDE, Self::OVERWRITE, Self::OVERWRITE_IF].contains(&self)
    }

    /// Returns whether the server creates a missing file.
    #[must_use]
    pub fn creates(self) -> bool {
        [Self::SUPERSEDE, Self::CREATE, Self::OPEN_IF, Self::OVERWRITE_IF].contains(&self)
    }
}

bitflags::bitflags! {
    /// How to open ([MS-SMB2] 2.2.13).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CreateOptions: u32 {
        /// A directory.
        const DIRECTORY_FILE = 0x0000_0001;
        /// Write through to the disk.
        const WRITE_THROUGH = 0x0000_0002;
        /// Read or write from front to end.
        const SEQUENTIAL_ONLY = 0x0000_0004;
        /// No buffering.
        const NO_INTERMEDIATE_BUFFERING = 0x0000_0008;
        /// Ignored.
        const SYNCHRONOUS_IO_ALERT = 0x0000_0010;
        /// Ignored.
        const SYNCHRONOUS_IO_NONALERT = 0x0000_0020;
        /// Not a directory.
        const NON_DIRECTORY_FILE = 0x0000_0040;
        /// Ignored.
        const COMPLETE_IF_OPLOCKED = 0x0000_0100;
        /// The client does not understand extended attributes.
        const NO_EA_KNOWLEDGE = 0x0000_0200;
        /// Ignored.
        const OPEN_REMOTE_INSTANCE = 0x0000_0400;
        /// Read or write anywhere.
        const RANDOM_ACCESS = 0x0000_0800;
        /// Delete with the last open.
        const DELETE_ON_CLOSE = 0x0000_1000;
        /// The name is a file id: not supported.
        const OPEN_BY_FILE_ID = 0x0000_2000;
        /// For backup or restore.
        const OPEN_FOR_BACKUP_INTENT = 0x0000_4000;
        /// Do not compress.
        const NO_COMPRESSION = 0x0000_8000;
        /// Ignored.
        const OPEN_REQUIRING_OPLOCK = 0x0001_0000;
        /// Ignored.
        const DISALLOW_EXCLUSIVE = 0x0002_0000;
        /// Not supported.
        const RESERVE_OPFILTER = 0x0010_0000;
        /// Open a reparse point itself, not its target.
        const OPEN_REPARSE_POINT = 0x0020_0000;
        /// Do not fetch it from another place.
        const OPEN_NO_RECALL = 0x0040_0000;
        /// Ignored.
        const OPEN_FOR_FREE_SPACE_QUERY = 0x0080_0000;
    }
}

open_enum! {
    /// The action of an open ([MS-SMB2] 2.2.14).
    pub struct CreateAction(u32) {
        SUPERSEDED = 0,
        OPENED = 1,
        CREATED = 2,
        OVERWRITTEN = 3,
    }
}

bitflags::bitflags! {
    /// Flags of a CREATE response (3.x, [MS-SMB2] 2.2.14).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CreateResponseFlags: u8 {
        /// The last part of the path is a reparse point.
        const REPARSEPOINT = 1;
    }
}

/// Opens or creates a file, directory or pipe ([MS-SMB2] 2.2.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRequest {
    /// The requested oplock.
    pub requested_oplock_level: OplockLevel,
    /// The extent to which the server may act as the user.
    pub impersonation_level: ImpersonationLevel,
    /// The requested access.
    pub desired_access: AccessMask,
    /// The attributes of a new file.
    pub file_attributes: FileAttributes,
    /// The access that other opens may have.
    pub share_access: ShareAccess,
    /// What to do if the file exists, and if it does not.
    pub create_disposition: CreateDisposition,
    /// How to open.
    pub create_options: CreateOptions,
    /// The path within the share, without a leading backslash; empty for the share itself.
    pub name: String,
    /// The contexts of the request.
    pub contexts: Vec<CreateContext>,
}

/// The result of an open ([MS-SMB2] 2.2.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateResponse {
    /// The granted oplock.
    pub oplock_level: OplockLevel,
    /// Flags about the file.
    pub flags: CreateResponseFlags,
    /// The action of the open.
    pub create_action: CreateAction,
    /// The creation time.
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
    /// Identifies the open.
    pub file_id: FileId,
    /// The contexts of the response.
    pub contexts: Vec<CreateContext>,
}

impl Message<'_> for CreateRequest {
    const COMMAND: Command = Command::CREATE;
}

impl Body<'_> for CreateRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.name);
        writer.u16(57);
        writer.u8(0);
        writer.u8(self.requested_oplock_level.0);
        writer.u32(self.impersonation_level.0);
        writer.zeros(16);
        writer.u32(self.desired_access.bits());
        writer.u32(self.file_attributes.bits());
        writer.u32(self.share_access.bits());
        writer.u32(self.create_disposition.0);
        writer.u32(self.create_options.bits());
        writer.u16(len16(writer.position().saturating_add(12), "CREATE request")?);
        writer.u16(len16(name.len(), "file name")?);
        let contexts = writer.position();
        writer.u64(0);
        let start = writer.position();
        writer.bytes(&name);
        encode_contexts(&self.contexts, contexts, writer)?;
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "CREATE request";
        structure_size(reader, 57, WHAT)?;
        reader.skip(1, WHAT)?;
        let requested_oplock_level = OplockLevel(reader.u8(WHAT)?);
        let impersonation_level = ImpersonationLevel(reader.u32(WHAT)?);
        reader.skip(16, WHAT)?;
        let desired_access = AccessMask::from_bits_retain(reader.u32(WHAT)?);
        let file_attributes = FileAttributes::from_bits_retain(reader.u32(WHAT)?);
        let share_access = ShareAccess::from_bits_retain(reader.u32(WHAT)?);
        let create_disposition = CreateDisposition(reader.u32(WHAT)?);
        let create_options = CreateOptions::from_bits_retain(reader.u32(WHAT)?);
        let [name_offset, name_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let contexts = decode_contexts(reader)?;
        Ok(Self {
            requested_oplock_level,
            impersonation_level,
            desired_access,
            file_attributes,
            share_access,
            create_disposition,
            create_options,
            name: text(reader, name_offset, name_length, "file name")?,
            contexts,
        })
    }
}

impl Message<'_> for CreateResponse {
    const COMMAND: Command = Command::CREATE;
}

impl Body<'_> for CreateResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(89);
        writer.u8(self.oplock_level.0);
        writer.u8(self.flags.bits());
        writer.u32(self.create_action.0);
        let times = [self.creation_time, self.last_access_time, self.last_write_time, self.change_time];
        times.into_iter().for_each(|time| writer.i64(time.0));
        writer.u64(self.allocation_size);
        writer.u64(self.end_of_file);
        writer.u32(self.file_attributes.bits());
        writer.u32(0);
        self.file_id.encode(writer);
        let contexts = writer.position();
        writer.u64(0);
        encode_contexts(&self.contexts, contexts, writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "CREATE response";
        structure_size(reader, 89, WHAT)?;
        let oplock_level = OplockLevel(reader.u8(WHAT)?);
        let flags = CreateResponseFlags::from_bits_retain(reader.u8(WHAT)?);
        let create_action = CreateAction(reader.u32(WHAT)?);
        let mut time = || reader.i64(WHAT).map(FileTime);
        let (creation_time, last_access_time, last_write_time, change_time) =
            (time()?, time()?, time()?, time()?);
        let [allocation_size, end_of_file] = [reader.u64(WHAT)?, reader.u64(WHAT)?];
        let file_attributes = FileAttributes::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self {
            oplock_level,
            flags,
            create_action,
            creation_time,
            last_access_time,
            last_write_time,
            change_time,
            allocation_size,
            end_of_file,
            file_attributes,
            file_id: FileId::decode(reader)?,
            contexts: decode_contexts(reader)?,
        })
    }
}

/// Writes the contexts, and their offset and length to `fields`.
fn encode_contexts(
    contexts: &[CreateContext],
    fields: usize,
    writer: &mut Writer,
) -> Result<(), EncodeError> {
    if contexts.is_empty() {
        return Ok(());
    }
    writer.align(8);
    let start = writer.position();
    CreateContext::encode_list(contexts, writer)?;
    let length = writer.position().saturating_sub(start);
    writer.fill_u32(fields, len32(start, "file name")?);
    writer.fill_u32(fields.saturating_add(4), len32(length, "create contexts")?);
    Ok(())
}

/// Reads the contexts' offset and length, and the contexts.
fn decode_contexts(reader: &mut Reader<'_>) -> Result<Vec<CreateContext>, DecodeError> {
    const WHAT: &str = "create contexts";
    let [offset, length] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
    CreateContext::decode_list(buffer(reader, offset, length, WHAT)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    fn contexts() -> Vec<CreateContext> {
        let name = b"MxAc".to_vec();
        vec![CreateContext { name: name.clone(), data: vec![] }, CreateContext { name, data: vec![1; 9] }]
    }

    fn request(name: &str, contexts: Vec<CreateContext>) -> CreateRequest {
        CreateRequest {
            requested_oplock_level: OplockLevel::BATCH,
            impersonation_level: ImpersonationLevel::IMPERSONATION,
            desired_access: AccessMask::FILE_READ,
            file_attributes: FileAttributes::HIDDEN,
            share_access: ShareAccess::READ,
            create_disposition: CreateDisposition::OPEN_IF,
            create_options: CreateOptions::NON_DIRECTORY_FILE,
            name: name.into(),
            contexts,
        }
    }

    /// A failure here would open another file, or open it in another way.
    #[test]
    fn requests_survive() {
        for name in ["srvsvc", "", r"dir\Zoë"] {
            survives!(CreateRequest, request(name, vec![]));
            survives!(CreateRequest, request(name, contexts()));
        }
    }

    /// A failure here would make servers refuse to open the root of a share: the variable part must not be empty.
    #[test]
    fn an_empty_name_has_one_byte() {
        assert_eq!(bytes_of(&request("", vec![])).len(), 64 + 57);
    }

    /// A failure here would show a file with the size or times of another.
    #[test]
    fn responses_survive() {
        for contexts in [vec![], contexts()] {
            let response = CreateResponse {
                oplock_level: OplockLevel::II,
                flags: CreateResponseFlags::REPARSEPOINT,
                create_action: CreateAction::CREATED,
                creation_time: FileTime(1),
                last_access_time: FileTime(2),
                last_write_time: FileTime(3),
                change_time: FileTime(4),
                allocation_size: 5,
                end_of_file: 6,
                file_attributes: FileAttributes::ARCHIVE,
                file_id: FileId { persistent: 7, volatile: 8 },
                contexts,
            };
            survives!(CreateResponse, response);
        }
    }
}
