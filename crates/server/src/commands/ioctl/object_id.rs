//! FSCTL_CREATE_OR_GET_OBJECT_ID and FSCTL_GET_OBJECT_ID ([MS-FSCC] 2.1.3.1, 2.3.1).

use netsession_smb::msg::IoctlRequest;
use netsession_wire::{NtStatus, Writer};

use super::room_for;
use crate::fs;

/// Returns the file's inode number as its object id. The number stays the same as long as the file exists.
pub(super) fn get(file: &fs::Open, body: &IoctlRequest<'_>) -> Result<Vec<u8>, NtStatus> {
    let volume = file.disk().volume()?.id;
    let mut output = Writer::new();
    output.u64(volume);
    output.u64(file.file_key().index());
    // The birth ids: the same volume and object, no domain.
    output.u64(volume);
    output.u64(0);
    output.u64(volume);
    output.u64(file.file_key().index());
    output.zeros(16);
    room_for(body, output.finish())
}
