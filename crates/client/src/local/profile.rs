//! [`Folder`] on Windows: a directory in the profile of the user.
//!
//! Its ACL is inherited: Windows lets the user, administrators and the system read a profile, and nobody else. A folder or a file
//! that others can use is refused. A process holds its file by not sharing it for writing, because a lock would keep others from reading it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use netsession_winfs::access::Others;

/// The longest login file in bytes.
const MAX_LENGTH: u64 = 4096;
/// `FILE_SHARE_READ` and `FILE_SHARE_DELETE`.
const HELD: u32 = 0x5;
/// `FILE_FLAG_OPEN_REPARSE_POINT`: a link is opened itself.
const NO_LINK: u32 = 0x0020_0000;
/// `FILE_ATTRIBUTE_REPARSE_POINT`.
const LINK: u32 = 0x400;
/// `ERROR_SHARING_VIOLATION`.
const SHARING_VIOLATION: i32 = 32;

/// A private directory.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    /// Returns the directory for login files: in `XDG_RUNTIME_DIR` if somebody has set it, else `%LOCALAPPDATA%\netsession`.
    pub(super) fn candidates() -> Vec<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_RUNTIME_DIR").or_else(|| absolute("LOCALAPPDATA"));
        base.map(|path| path.join("netsession")).into_iter().collect()
    }

    /// Opens the directory, and creates it if it does not exist.
    ///
    /// # Errors
    /// The path is a link or not a directory, others can use it, or the profile does not exist.
    pub(super) fn make(path: &Path) -> io::Result<Self> {
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Self::open(path),
        }
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// Those of [`Folder::make`], or the directory does not exist.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_dir() || metadata.file_attributes() & LINK != 0 {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        match Others::at(path).have_nothing() {
            true => Ok(Self { path: path.to_owned() }),
            false => {
                Err(io::Error::new(io::ErrorKind::PermissionDenied, "other users can use the directory"))
            }
        }
    }

    /// Creates a new file, and holds it.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).share_mode(HELD).open(self.path.join(name))
    }

    /// Does nothing: this process holds the file since it created it.
    pub(super) fn hold(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    /// Returns whether another process holds the file.
    pub(super) fn is_held(&self, name: &str, _: &File) -> io::Result<bool> {
        match OpenOptions::new().write(true).custom_flags(NO_LINK).open(self.path.join(name)) {
            Ok(_) => Ok(false),
            Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Opens a short file, and refuses any other file.
    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        let file = self.open_private(name)?;
        match file.metadata()?.len() <= MAX_LENGTH {
            true => Ok(file),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too long")),
        }
    }

    /// Opens a file, and refuses a link, and a file that others can use.
    pub(super) fn open_private(&self, name: &str) -> io::Result<File> {
        let file = OpenOptions::new().read(true).custom_flags(NO_LINK).open(self.path.join(name))?;
        let metadata = file.metadata()?;
        let is_file = metadata.is_file() && metadata.file_attributes() & LINK == 0;
        match is_file && Others::of(&file).have_nothing() {
            true => Ok(file),
            false => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is not private")),
        }
    }

    /// Renames a file.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    /// Removes a file.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// Returns the names of all entries.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }
}
