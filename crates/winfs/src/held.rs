//! [`Held`]: a folder that nobody can rename, replace or delete while its path is used.

use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use winx::file::get_file_path;
use winx::winapi_util::file::information;

use crate::fd::AsFd;
use crate::io::{Errno, Result};

/// `FILE_LIST_DIRECTORY` and `FILE_READ_ATTRIBUTES`. The system compares share modes only if one has the first.
const LIST: u32 = 0x81;
/// `FILE_SHARE_READ` and `FILE_SHARE_WRITE`.
const KEEP: u32 = 0x3;
/// `FILE_FLAG_BACKUP_SEMANTICS`, which opens folders, and `FILE_FLAG_OPEN_REPARSE_POINT`.
const FOLDER: u32 = 0x0220_0000;

/// A folder, open in such a way that its path stays valid.
#[derive(Debug)]
pub(crate) struct Held {
    path: PathBuf,
    _file: File,
}

impl Held {
    /// Holds the folder that is open.
    ///
    /// # Errors
    /// [`Errno::NOENT`] if its path now leads elsewhere, and errors of the system.
    pub(crate) fn of(folder: &impl AsFd) -> Result<Self> {
        let folder = File::from(folder.as_fd().try_clone_to_owned()?);
        let path = get_file_path(&folder)?;
        let held = OpenOptions::new().access_mode(LIST).share_mode(KEEP).custom_flags(FOLDER).open(&path)?;
        let key =
            |file: &File| information(file).map(|file| (file.volume_serial_number(), file.file_index()));
        match key(&held)? == key(&folder)? {
            true => Ok(Self { path, _file: held }),
            false => Err(Errno::NOENT),
        }
    }

    /// Returns the folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a name in the folder.
    ///
    /// # Errors
    /// [`Errno::NAMETOOLONG`], the error of an invalid name, for a name that is not a plain one, or that leads to another file than
    /// one of this name.
    pub(crate) fn join(&self, name: &str) -> Result<PathBuf> {
        if !is_plain(name) {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(self.path.join(name))
    }
}

/// Whether a name is one component, and means the same to every function of Windows.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_forbidden = |c: char| c < ' ' || r#""*/:<>?\|"#.contains(c);
    !name.is_empty() && !name.ends_with(['.', ' ']) && !name.contains(is_forbidden)
}

/// Whether a name could be the short form of another one: `PROGRA~1`.
pub(crate) fn may_be_short(name: &str) -> bool {
    name.contains('~')
}
