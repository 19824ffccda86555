//! Flags, under the names of Unix.

use bitflags::bitflags;

bitflags! {
    /// How a file is opened.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct OFlags: u32 {
        /// For reading.
        const RDONLY = 0;
        /// For reading and writing.
        const RDWR = 1;
        /// Only a folder.
        const DIRECTORY = 1 << 1;
        /// Without meaning here: no program inherits the handle.
        const CLOEXEC = 1 << 2;
        /// Without meaning here: no link is followed.
        const NOFOLLOW = 1 << 3;
        /// Without meaning here.
        const NONBLOCK = 1 << 4;
        /// Without meaning here.
        const NOCTTY = 1 << 5;
        /// A new file.
        const CREATE = 1 << 6;
        /// Only a new file.
        const EXCL = 1 << 7;
        /// For its record only. A link is opened itself.
        const PATH = 1 << 8;
    }

    /// How a name is used.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct AtFlags: u32 {
        /// Without meaning here: no link is followed.
        const SYMLINK_NOFOLLOW = 1;
        /// Delete a folder.
        const REMOVEDIR = 1 << 1;
    }

    /// How an attribute is set.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct XattrFlags: u32 {}

    /// How a file is renamed.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct RenameFlags: u32 {
        /// Replaces no file.
        const NOREPLACE = 1;
    }

    /// Permissions of Unix, without meaning here: a new file inherits those of its folder.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Mode: u32 {
        /// Its owner can do everything.
        const RWXU = 0o700;
        /// Its owner reads.
        const RUSR = 0o400;
        /// Its owner writes.
        const WUSR = 0o200;
    }
}

impl Mode {
    /// Returns these permissions.
    #[must_use]
    pub const fn from_raw_mode(mode: u32) -> Self {
        Self::from_bits_retain(mode)
    }
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A file with data.
    RegularFile,
    /// A folder.
    Directory,
    /// A reparse point: a link, a junction, a mount point, or a file that is elsewhere.
    Symlink,
}

impl FileType {
    /// Returns the kind in the mode of a record.
    #[must_use]
    pub const fn from_raw_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            _ => Self::RegularFile,
        }
    }

    /// Whether it is a reparse point.
    #[must_use]
    pub const fn is_symlink(self) -> bool {
        matches!(self, Self::Symlink)
    }
}
