use netsession_smb::fscc::AccessMask;
use netsession_srvs::info::{FileId, FileInfo, FilePermissions};
use netsession_wire::wide;

use super::{count, local_path};
use crate::fs::Kind;
use crate::state::{Object, Open};

/// Describes an open file, folder or pipe ([MS-SMB2] 3.3.4.20).
pub(in super::super) fn file(open: &Open) -> FileInfo {
    FileInfo {
        id: FileId(open.number.0),
        permissions: Some(permissions(open)),
        num_locks: Some(count(open.lock_count())),
        pathname: Some(wide::from_text(&path(open)).into_owned()),
        username: Some(wide::from_text(&open.user).into_owned()),
    }
}

/// Returns the path of a file on the server in the form that Windows' tools expect. A pipe has its own name.
fn path(open: &Open) -> String {
    let folder = local_path(&open.share);
    let below = open.path();
    match (folder.as_str(), below.as_str()) {
        ("", _) => below,
        (_, "") => folder,
        _ => format!(r"{}\{below}", folder.trim_end_matches('\\')),
    }
}

/// Returns the permissions for the granted rights ([MS-SRVS] 2.2.4.7).
fn permissions(open: &Open) -> FilePermissions {
    let is_folder = matches!(&open.object, Object::File(file) if file.kind() == Kind::Directory);
    let write = if is_folder { FilePermissions::CREATE } else { FilePermissions::WRITE };
    let meanings = [
        (AccessMask::READ_DATA, FilePermissions::READ),
        (AccessMask::WRITE_DATA | AccessMask::APPEND_DATA, write),
        (AccessMask::EXECUTE, FilePermissions::EXEC),
        (AccessMask::DELETE, FilePermissions::DELETE),
        (AccessMask::WRITE_ATTRIBUTES, FilePermissions::ATRIB),
        (AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER, FilePermissions::PERM),
    ];
    let granted = open.access();
    let held = meanings.into_iter().filter(|(rights, _)| granted.intersects(*rights));
    held.fold(FilePermissions::empty(), |all, (_, permission)| all | permission)
}
