//! [`PrivateFile`]: a file with a secret that exists while its process runs.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::folder::Folder;

/// A file that only its user can read. Dropping it removes the file.
///
/// On Unix, the file has mode 0600 in a directory of mode 0700 that belongs to the user: in the runtime directory, else below
/// the temporary one. On Windows it is in the user's profile. It stays locked until you drop this value. This type writes and locks the file before it gives
/// the file its name, so no process reads a part of it. If the process is killed, the next one that uses the directory
/// removes the file, because nobody holds its lock.
///
/// ```no_run
/// use netsession::PrivateFile;
///
/// let file = PrivateFile::create("passwords", "bob: secret")?;
/// println!("the passwords are in {}", file.path().display());
/// # Ok::<(), std::io::Error>(())
/// ```
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
    pub fn create(kind: &str, text: &str) -> io::Result<Self> {
        let mut error = io::Error::from(io::ErrorKind::Unsupported);
        for path in Folder::candidates() {
            match Self::write_in(&path, kind, text) {
                Ok(left) => return Ok(left),
                Err(why) => error = io::Error::new(why.kind(), format!("{}: {why}", path.display())),
            }
        }
        Err(error)
    }

    pub(super) fn write_in(path: &Path, kind: &str, text: &str) -> io::Result<Self> {
        let folder = Folder::make(path)?;
        sweep(&folder);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let stem = format!("{:016x}", u64::from_le_bytes(random));
        let (unnamed, name) = (format!("{stem}.new"), format!("{stem}.{kind}"));
        let mut file = folder.create(&unnamed)?;
        let done = folder
            .hold(&file)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| folder.rename(&unnamed, &name));
        if let Err(error) = done {
            // Reports the first error, and ignores one of the removal.
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

/// Removes the files that killed processes left in the directory, of every kind.
pub(super) fn sweep(folder: &Folder) {
    for name in folder.names().unwrap_or_default().iter().filter(|name| is_ours(name)) {
        let Ok(file) = folder.open_private(name) else { continue };
        // A file gets its content after its lock, so another process may still be making an empty file.
        let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
        if !is_empty && folder.is_held(name, &file).is_ok_and(|is_held| !is_held) {
            tracing::debug!(name, "removing the private file of a killed process");
            // Another process may have removed it.
            let _ = folder.remove(name);
        }
    }
}

/// Whether this library gave a file its name: 16 hexadecimal digits and the kind.
fn is_ours(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, kind)| {
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
        is_kind && stem.len() == 16 && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // Ignores a file that is already gone.
        let _ = self.folder.remove(&self.name);
    }
}

impl fmt::Debug for PrivateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateFile").field("path", &self.path()).finish()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A failure here would leave passwords on the disk after a process was killed, or remove the files of a running
    /// process or of another program.
    #[test]
    fn files_of_killed_processes_are_removed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("own");
        let running = PrivateFile::write_in(&path, "passwords", &"alice:secret\n".repeat(1000)).unwrap();
        let write = |name: &str, text: &str| {
            let path = path.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            path
        };
        let long = "alice:secret\n".repeat(1000);
        let killed = ["0123456789abcdef.passwords", "0123456789abcdee.login", "0123456789abcded.new"]
            .map(|name| write(name, &long));
        let kept = [("notes.passwords", "x"), ("0123456789abcdef", "x"), ("0123456789abcdec.new", "")]
            .map(|(name, text)| write(name, text));
        let other = PrivateFile::write_in(&path, "login", "x").unwrap();
        assert!(killed.iter().all(|path| !path.exists()), "{killed:?}");
        assert!(kept.iter().all(|path| path.exists()), "{kept:?}");
        assert!(running.path().exists() && other.path().exists());
    }
}
