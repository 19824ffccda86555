//! [`Folder`]: a private directory of the user, which no other user can read or change.

use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// The longest login file in bytes.
const MAX_LENGTH: i64 = 4096;

/// An open private directory.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    pub(super) path: PathBuf,
}

impl Folder {
    /// Returns the directories for login files, the best one first: in the runtime directory, and below the temporary
    /// one.
    pub(super) fn candidates() -> Vec<PathBuf> {
        let user = rustix::process::geteuid();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| {
            // After `sudo` the variable can name another user's directory.
            path.is_absolute() && rustix::fs::stat(path).is_ok_and(|stat| stat.st_uid == user.as_raw())
        });
        let temporary = std::env::temp_dir().join(format!("netsession-{}", user.as_raw()));
        runtime.map(|path| path.join("netsession")).into_iter().chain([temporary]).collect()
    }

    /// Opens the directory, and creates it if it does not exist.
    ///
    /// # Errors
    /// The path is a link or not a directory, or the directory belongs to another user or is open to others.
    pub(super) fn make(path: &Path) -> io::Result<Self> {
        match rustix::fs::mkdirat(CWD, path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => Self::open(path),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// Those of [`Folder::make`], or the directory does not exist.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the directory belongs to another user",
            ));
        }
        if Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "other users can enter the directory",
            ));
        }
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Creates a new file of mode 0600.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    /// Locks a file that this process has created.
    pub(super) fn hold(&self, file: &File) -> io::Result<()> {
        Ok(file.try_lock()?)
    }

    /// Returns whether a process holds the lock of a file.
    pub(super) fn is_held(&self, _: &str, file: &File) -> io::Result<bool> {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(false),
        }
    }

    /// Opens a short private file of the user, and refuses any other file.
    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        let file = self.open_private(name)?;
        match rustix::fs::fstat(&file)?.st_size <= MAX_LENGTH {
            true => Ok(file),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too long")),
        }
    }

    /// Opens a private file of the user, and refuses any other file.
    pub(super) fn open_private(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        let is_good = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_uid == rustix::process::geteuid().as_raw()
            && !Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO);
        match is_good {
            true => Ok(File::from(fd)),
            false => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is not private")),
        }
    }

    /// Renames a file.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes a file.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Returns the names of all entries.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd)? {
            names.extend(entry?.file_name().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }
}
