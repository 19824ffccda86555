//! SET_INFO of a file or folder ([MS-FSA] 2.1.5.15).

use netsession_smb::fscc::{
    AccessMask, Entries, FileAllocationInformation, FileBasicInformation, FileDispositionInformation,
    FileEndOfFileInformation, FileFullEaInformation, FileInformationClass, FileLinkInformation,
    FileModeInformation, FilePositionInformation, FileRenameInformation, FileTime,
    FileValidDataLengthInformation,
};
use netsession_wire::NtStatus;

use super::super::granted;
use super::read;
use crate::fs::{Basic, Breaks, Open, SharePath, StreamName};

/// The most bytes of extended attributes in one request.
const MOST_ATTRIBUTES: usize = 64 << 10;

pub(super) fn set(open: &Open, class: FileInformationClass, input: &[u8]) -> Result<(), NtStatus> {
    match class {
        FileInformationClass::ALLOCATION => {
            let FileAllocationInformation { allocation_size } = read(input, 8)?;
            open.set_allocation(allocation_size)
        }
        FileInformationClass::BASIC => basic(open, &read(input, 40)?),
        FileInformationClass::DISPOSITION => {
            let FileDispositionInformation { delete_pending } = read(input, 1)?;
            open.set_delete_pending(delete_pending)
        }
        FileInformationClass::END_OF_FILE => {
            let FileEndOfFileInformation { end_of_file } = read(input, 8)?;
            open.set_end_of_file(end_of_file)
        }
        FileInformationClass::FULL_EA => {
            if input.len() > MOST_ATTRIBUTES {
                return Err(NtStatus::EA_TOO_LARGE);
            }
            let attributes: Entries<FileFullEaInformation> = read(input, 8)?;
            open.set_attributes(&attributes.0)
        }
        FileInformationClass::LINK => {
            let link: FileLinkInformation = read(input, 20)?;
            is_whole_file(open)?;
            open.link(&target(&link.file_name)?, link.replace_if_exists)
        }
        FileInformationClass::MODE => {
            let FileModeInformation { mode } = read(input, 4)?;
            open.set_mode(mode)
        }
        FileInformationClass::POSITION => {
            let FilePositionInformation { current_byte_offset } = read(input, 8)?;
            open.set_position(current_byte_offset);
            Ok(())
        }
        FileInformationClass::RENAME => {
            let rename: FileRenameInformation = read(input, 20)?;
            if rename.file_name.starts_with(':') {
                return open.rename_stream(&StreamName::parse(&rename.file_name)?, rename.replace_if_exists);
            }
            is_whole_file(open)?;
            open.rename(&target(&rename.file_name)?, rename.replace_if_exists)
        }
        FileInformationClass::VALID_DATA_LENGTH => valid_data_length(open, read(input, 8)?),
        FileInformationClass::SHORT_NAME => {
            granted(open, AccessMask::DELETE)?;
            Err(NtStatus::NOT_SUPPORTED)
        }
        // [MS-FSCC] defines these classes, but [MS-SMB2] 2.2.39 does not allow them, or the server lacks what they set.
        FileInformationClass::DISPOSITION_EX
        | FileInformationClass::RENAME_EX
        | FileInformationClass::PIPE
        | FileInformationClass::PIPE_REMOTE
        | FileInformationClass::OBJECT_ID
        | FileInformationClass::QUOTA
        | FileInformationClass::REPARSE_POINT
        | FileInformationClass::MAILSLOT_SET
        | FileInformationClass::MOVE_CLUSTER
        | FileInformationClass::TRACKING
        | FileInformationClass::SFIO_RESERVE => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// Ends handle caching by others before a name changes. A request that makes no sense fails later.
///
/// # Errors
/// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the request must wait; `STATUS_ACCESS_DENIED` without the right to delete.
pub(super) fn end_handle_caching(
    open: &Open,
    class: FileInformationClass,
    input: &[u8],
    breaks: Breaks,
) -> Result<(), NtStatus> {
    let replaced = match class {
        FileInformationClass::DISPOSITION => match read(input, 1) {
            Ok(FileDispositionInformation { delete_pending: true }) => {
                return open.end_handle_caching(breaks);
            }
            _ => None,
        },
        FileInformationClass::RENAME => {
            open.end_handle_caching(breaks)?;
            open.end_handle_caching_below(breaks)?;
            let rename: FileRenameInformation = read(input, 20)?;
            Some(rename.file_name).filter(|_| rename.replace_if_exists)
        }
        FileInformationClass::LINK => {
            let link: FileLinkInformation = read(input, 20)?;
            Some(link.file_name).filter(|_| link.replace_if_exists)
        }
        _ => None,
    };
    let target = replaced.and_then(|name| target(&name).ok());
    target.map_or(Ok(()), |target| open.end_handle_caching_at(&target, breaks))
}

/// Sets times and attributes.
fn basic(open: &Open, body: &FileBasicInformation) -> Result<(), NtStatus> {
    let times = [body.creation_time, body.last_access_time, body.last_write_time, body.change_time];
    if times.into_iter().any(|time| time < FileTime::THAW) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    open.set_basic(&Basic {
        creation: body.creation_time,
        last_access: body.last_access_time,
        last_write: body.last_write_time,
        change: body.change_time,
        attributes: body.file_attributes,
    })
}

/// Unix has no such length: all of a file is valid. The server accepts only the file's size.
fn valid_data_length(open: &Open, body: FileValidDataLengthInformation) -> Result<(), NtStatus> {
    granted(open, AccessMask::WRITE_DATA)?;
    let length = body.valid_data_length;
    if length == open.end()? { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
}

/// Checks that no named stream is open: a new name is one of the file itself.
fn is_whole_file(open: &Open) -> Result<(), NtStatus> {
    if open.stream().is_none() { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
}

/// Parses a new name, which is relative to the root of the share.
fn target(name: &str) -> Result<SharePath, NtStatus> {
    if name.is_empty() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    SharePath::parse(name.strip_prefix('\\').unwrap_or(name))
}
