//! The status that a client receives for an error of the system.

use std::io;

use netsession_smb::server::OutOfMemory;
use netsession_wire::NtStatus;
use rustix::io::Errno;

/// Returns the closest status; `STATUS_UNSUCCESSFUL` if none is close.
#[must_use]
pub(crate) fn status(error: &io::Error) -> NtStatus {
    let Some(code) = error.raw_os_error() else {
        return match error.kind() {
            // The standard library refuses a size that no system has.
            io::ErrorKind::InvalidInput => NtStatus::INVALID_PARAMETER,
            io::ErrorKind::WriteZero => NtStatus::DISK_FULL,
            _ => error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<Refused>())
                .map_or(NtStatus::UNSUCCESSFUL, |Refused(status)| *status),
        };
    };
    match Errno::from_raw_os_error(code) {
        Errno::NOENT => NtStatus::OBJECT_NAME_NOT_FOUND,
        Errno::NOTDIR => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::ISDIR => NtStatus::FILE_IS_A_DIRECTORY,
        Errno::EXIST => NtStatus::OBJECT_NAME_COLLISION,
        Errno::NOTEMPTY => NtStatus::DIRECTORY_NOT_EMPTY,
        // A link that leads out of the share fails with XDEV or LOOP.
        Errno::ACCESS | Errno::PERM | Errno::XDEV | Errno::LOOP => NtStatus::ACCESS_DENIED,
        Errno::ROFS => NtStatus::MEDIA_WRITE_PROTECTED,
        Errno::NOSPC => NtStatus::DISK_FULL,
        Errno::DQUOT => NtStatus::DISK_FULL,
        Errno::FBIG | Errno::INVAL => NtStatus::INVALID_PARAMETER,
        Errno::NAMETOOLONG => NtStatus::OBJECT_NAME_INVALID,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NOMEM => NtStatus::INSUFFICIENT_RESOURCES,
        Errno::BUSY | Errno::TXTBSY => NtStatus::SHARING_VIOLATION,
        Errno::BADF => NtStatus::ACCESS_DENIED,
        Errno::IO => NtStatus::IO_DEVICE_ERROR,
        Errno::NOSYS | Errno::OPNOTSUPP => NtStatus::NOT_SUPPORTED,
        _ => NtStatus::UNSUCCESSFUL,
    }
}

/// A status of the server itself, carried as an error of the system.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(NtStatus);

/// Returns a status of the server as an error of the system.
pub(super) fn refused(status: NtStatus) -> io::Error {
    io::Error::other(Refused(status))
}

/// Returns the status for [`OutOfMemory`], for use with `map_err`.
pub(crate) const fn no_memory(_: OutOfMemory) -> NtStatus {
    NtStatus::INSUFFICIENT_RESOURCES
}

/// As [`status`], for use with `map_err`.
pub(super) fn to_status(error: impl Into<io::Error>) -> NtStatus {
    status(&error.into())
}
