//! [`PrivateFile`]: a file with a secret, for the time that a process runs.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::folder::Folder;

/// A file that only its user can read. Dropping it removes the file.
///
/// The file has mode 0600 in a directory of mode 0700 that belongs to the user: in the runtime directory, else beneath the
/// temporary one. It stays locked while this value lives, and gets its name only after it is written and locked, so that
/// no process reads half of it.
pub struct PrivateFile {
    folder: Folder,
    name: String,
    /// Holds the lock.
    _file: File,
}

impl PrivateFile {
    /// Writes `text` into a new file whose name ends with `kind`.
    ///
    /// # Errors
    /// The system's error if the user has no private directory, or the file cannot be written.
    pub fn leave(kind: &str, text: &str) -> io::Result<Self> {
        let mut error = io::Error::from(io::ErrorKind::Unsupported);
        for path in Folder::candidates() {
            match Self::leave_in(&path, kind, text) {
                Ok(left) => return Ok(left),
                Err(why) => error = io::Error::new(why.kind(), format!("{}: {why}", path.display())),
            }
        }
        Err(error)
    }

    pub(super) fn leave_in(path: &Path, kind: &str, text: &str) -> io::Result<Self> {
        let folder = Folder::make(path)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let stem = format!("{:016x}", u64::from_le_bytes(random));
        let (unnamed, name) = (format!("{stem}.new"), format!("{stem}.{kind}"));
        let mut file = folder.create(&unnamed)?;
        let done = file
            .try_lock()
            .map_err(io::Error::from)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| folder.rename(&unnamed, &name));
        if let Err(error) = done {
            // The first error is the one to report.
            let _ = folder.remove(&unnamed);
            return Err(error);
        }
        Ok(Self { folder, name, _file: file })
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // A file that is already gone needs nothing.
        let _ = self.folder.remove(&self.name);
    }
}

impl fmt::Debug for PrivateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateFile").field("path", &self.path()).finish()
    }
}
