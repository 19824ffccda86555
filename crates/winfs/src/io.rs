//! [`Errno`]: errors of the system under the names that Unix has for them.

use std::fmt;
use std::io::{Error, ErrorKind};

/// A result with an error of the system.
pub type Result<T> = std::result::Result<T, Errno>;

/// An error of the system: its Win32 code, or the code of Windows Sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(i32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl Errno {
            $($(#[$doc])* pub const $name: Self = Self($code);)*
        }
    };
}

codes! {
    /// `ERROR_FILE_NOT_FOUND`.
    NOENT = 2;
    /// `ERROR_TOO_MANY_OPEN_FILES`.
    MFILE = 4;
    /// `ERROR_ACCESS_DENIED`.
    ACCESS = 5;
    /// `ERROR_INVALID_HANDLE`.
    BADF = 6;
    /// `ERROR_NOT_ENOUGH_MEMORY`.
    NOMEM = 8;
    /// `ERROR_NOT_SAME_DEVICE`.
    XDEV = 17;
    /// `ERROR_WRITE_PROTECT`.
    ROFS = 19;
    /// `ERROR_SHARING_VIOLATION`.
    BUSY = 32;
    /// `ERROR_LOCK_VIOLATION`.
    TXTBSY = 33;
    /// `ERROR_NOT_SUPPORTED`.
    OPNOTSUPP = 50;
    /// `ERROR_INVALID_PARAMETER`.
    INVAL = 87;
    /// `ERROR_DISK_FULL`.
    NOSPC = 112;
    /// `ERROR_CALL_NOT_IMPLEMENTED`.
    NOSYS = 120;
    /// `ERROR_DIR_NOT_EMPTY`.
    NOTEMPTY = 145;
    /// `ERROR_ALREADY_EXISTS`.
    EXIST = 183;
    /// `ERROR_FILENAME_EXCED_RANGE`.
    NAMETOOLONG = 206;
    /// `ERROR_FILE_TOO_LARGE`.
    FBIG = 223;
    /// `ERROR_MORE_DATA`.
    RANGE = 234;
    /// `ERROR_EA_LIST_INCONSISTENT`.
    TOOBIG = 255;
    /// `ERROR_DIRECTORY`.
    NOTDIR = 267;
    /// `ERROR_DIRECTORY_NOT_SUPPORTED`.
    ISDIR = 336;
    /// `ERROR_IO_DEVICE`.
    IO = 1117;
    /// `ERROR_NOT_FOUND`.
    NODATA = 1168;
    /// `ERROR_DISK_QUOTA_EXCEEDED`.
    DQUOT = 1295;
    /// `ERROR_PRIVILEGE_NOT_HELD`.
    PERM = 1314;
    /// `ERROR_NO_SYSTEM_RESOURCES`.
    NFILE = 1450;
    /// `ERROR_CANT_RESOLVE_FILENAME`.
    LOOP = 1921;
}

impl Errno {
    /// Returns the error with this code. Codes that mean the same become one.
    #[must_use]
    pub const fn from_raw_os_error(code: i32) -> Self {
        match code {
            // ERROR_PATH_NOT_FOUND.
            3 => Self::NOENT,
            // WSAEMFILE.
            10024 => Self::MFILE,
            // ERROR_DELETE_PENDING.
            303 => Self::ACCESS,
            // ERROR_FILE_EXISTS.
            80 => Self::EXIST,
            // ERROR_INVALID_NAME.
            123 => Self::NAMETOOLONG,
            // ERROR_HANDLE_DISK_FULL.
            39 => Self::NOSPC,
            // ERROR_STOPPED_ON_SYMLINK.
            681 => Self::LOOP,
            code => Self(code),
        }
    }
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        match (error.raw_os_error(), error.kind()) {
            (Some(code), _) => Self::from_raw_os_error(code),
            (None, ErrorKind::NotFound) => Self::NOENT,
            // The crate that opens files refuses to leave a folder with this kind.
            (None, ErrorKind::PermissionDenied) => Self::ACCESS,
            (None, ErrorKind::AlreadyExists) => Self::EXIST,
            (None, ErrorKind::InvalidInput) => Self::INVAL,
            (None, _) => Self::IO,
        }
    }
}

impl From<Errno> for Error {
    fn from(Errno(code): Errno) -> Self {
        Self::from_raw_os_error(code)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::from(*self).fmt(out)
    }
}

impl std::error::Error for Errno {}
