//! Files that only their owner may read and write, and the key among them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::chain::Key;
use crate::error::Exposure;
use crate::folder::folder_of;
#[cfg(windows)]
use netsession_winfs::access::Others;

/// Makes the folder of a journal for its owner alone, unless it exists. Refuses a folder in which others could replace the
/// journal.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    if !is_present(folder)? {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|cause| Error::file(folder, cause))?;
    }
    check_folder(path)
}

/// Refuses a journal in whose folder somebody else could put a file, unless the folder is missing. SQLite reads the file that ends
/// with `-wal`, also one that another user made: its rows would count as the journal's. So a sticky folder, such as `/tmp`, is
/// refused, too.
#[cfg(unix)]
pub(crate) fn check_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    let folder = folder_of(path);
    let meta = match fs::metadata(folder) {
        Ok(meta) => meta,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::file(folder, cause)),
    };
    if meta.mode() & 0o022 != 0 {
        let is_own = meta.uid() == rustix::process::geteuid().as_raw();
        // Everybody can make files in a sticky folder.
        let is_mistake = is_own && meta.mode() & 0o1000 == 0;
        return Err(exposed(path, if is_mistake { Exposure::OwnOpenFolder } else { Exposure::OpenFolder }));
    }
    // The superuser could do anything anyway.
    if meta.uid() != 0 && meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(exposed(path, Exposure::ForeignFolder));
    }
    Ok(())
}

/// Refuses a journal in whose folder somebody else could put a file, unless the folder is missing: SQLite would read it.
#[cfg(windows)]
pub(crate) fn check_folder(path: &Path) -> Result<(), Error> {
    let folder = folder_of(path);
    if !is_present(folder)? {
        return Ok(());
    }
    let others = Others::at(folder);
    match (others.own, others.add_files || others.replace_files) {
        (true, true) => Err(exposed(path, Exposure::OpenFolder)),
        (true, false) => Err(exposed(path, Exposure::ForeignFolder)),
        (false, true) => Err(exposed(path, Exposure::OwnOpenFolder)),
        (false, false) => Ok(()),
    }
}

fn exposed(path: &Path, exposure: Exposure) -> Error {
    Error::Exposed { path: path.to_owned(), exposure }
}

/// Whether the name exists, also as a link that leads nowhere. A folder that cannot be searched is an error, not a missing file.
pub(crate) fn is_present(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::file(path, cause)),
    }
}

/// Makes an empty private file, unless it exists.
pub(crate) fn make(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(path) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(Error::file(path, cause)),
        _ => Ok(()),
    }
}

/// Refuses what is no private file of this user, without opening it: closing any descriptor of a database takes the locks
/// from every connection of this process to it (POSIX `fcntl`).
pub(crate) fn check_unopened(path: &Path) -> Result<(), Error> {
    let meta = fs::symlink_metadata(path).map_err(|cause| Error::file(path, cause))?;
    check(path, &meta)
}

/// Whether a file was not opened because it is a symbolic link, which could lead to a file that the journal would overwrite.
#[cfg(unix)]
fn is_link(cause: &io::Error) -> bool {
    cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_link(_cause: &io::Error) -> bool {
    false
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW.bits();
    options.mode(0o600).custom_flags(i32::try_from(flags).unwrap_or_default());
}

/// Opens a link itself, which [`check`] refuses. A new file has the access of its folder.
#[cfg(windows)]
fn private(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt as _;
    /// `FILE_FLAG_OPEN_REPARSE_POINT`.
    const NO_LINK: u32 = 0x0020_0000;
    options.custom_flags(NO_LINK);
}

/// Opens a private file, and creates it if it is missing. Refuses the file of another user, and one that others can read
/// or write.
pub(crate) fn open(path: &Path, is_created: bool) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(is_created);
    private(&mut options);
    let file = options.open(path).map_err(|cause| match is_link(&cause) {
        true => exposed(path, Exposure::NotAFile),
        false => Error::file(path, cause),
    })?;
    check(path, &file.metadata().map_err(|cause| Error::file(path, cause))?)?;
    Ok(file)
}

#[cfg(unix)]
fn check(path: &Path, meta: &fs::Metadata) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    if !meta.is_file() {
        return Err(exposed(path, Exposure::NotAFile));
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(exposed(path, Exposure::ForeignOwner));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(exposed(path, Exposure::OpenMode));
    }
    Ok(())
}

#[cfg(windows)]
fn check(path: &Path, meta: &fs::Metadata) -> Result<(), Error> {
    if !meta.is_file() {
        return Err(exposed(path, Exposure::NotAFile));
    }
    match Others::at(path) {
        others if others.own => Err(exposed(path, Exposure::ForeignOwner)),
        others if !others.have_nothing() => Err(exposed(path, Exposure::OpenMode)),
        _ => Ok(()),
    }
}

/// What identifies a file while it exists, so that another file of the same name is not taken for it.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

/// Windows does not remove a file that is open.
#[cfg(not(unix))]
pub(crate) fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|_| (0, 0))
}

/// Whether the open file still has this name.
#[cfg(unix)]
pub(crate) fn has_name(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let own = file.metadata().map(|meta| (meta.dev(), meta.ino()));
    own.is_ok_and(|own| identity(path).is_ok_and(|named| named == own))
}

/// Whether the open file still has this name. Windows does not remove a file that is open.
#[cfg(not(unix))]
pub(crate) fn has_name(_file: &File, _path: &Path) -> bool {
    true
}

/// The files of a journal's key.
#[derive(Debug, Clone)]
pub(crate) struct KeyFiles {
    path: PathBuf,
    /// The key before the database that needs it is durable.
    new: PathBuf,
    /// The name that earlier versions gave the key.
    old: PathBuf,
}

/// Returns the name of a file that belongs to a database: `journal.key` for `journal.db`. Other databases keep their whole name, so
/// that `journal.2026` and `journal.2027` share nothing.
pub(crate) fn beside(database: &Path, ending: &str) -> PathBuf {
    if database.extension().is_some_and(|extension| extension == "db") {
        return database.with_extension(ending);
    }
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

impl KeyFiles {
    /// The files beside a database.
    pub(crate) fn beside(database: &Path) -> Self {
        Self {
            path: beside(database, "key"),
            new: beside(database, "key.new"),
            old: database.with_extension("key"),
        }
    }

    pub(crate) fn exists(&self) -> Result<bool, Error> {
        is_present(&self.path)
    }

    /// Makes a new key, durable under a name that does not count yet.
    pub(crate) fn make(&self) -> Result<Key, Error> {
        let mut bytes = [0; Key::LENGTH];
        getrandom::fill(&mut bytes).map_err(|cause| Error::Random(io::Error::other(cause.to_string())))?;
        let key = Key::new(bytes);
        let mut file = open(&self.new, true)?;
        let written =
            file.set_len(0).and_then(|()| file.write_all(key.bytes())).and_then(|()| file.sync_all());
        written.map_err(|cause| Error::file(&self.new, cause))?;
        Ok(key)
    }

    /// Gives a new key its name, after the database is durable. Another process may have done it.
    pub(crate) fn keep(&self) -> Result<(), Error> {
        match fs::rename(&self.new, &self.path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Error::file(&self.path, cause)),
            _ => sync_folder(&self.path),
        }
    }

    /// Reads the key. If the process that made it ended before [`KeyFiles::keep`], that happens now.
    pub(crate) fn read(&self) -> Result<Key, Error> {
        if !self.exists()? && is_present(&self.new)? {
            self.keep()?;
        }
        if !self.exists()? {
            return Err(Error::NoKey { path: self.path.clone() });
        }
        read_key(&self.path)
    }

    /// Gives the key of an earlier version its own name, if it is the key of this journal and not that of another one.
    pub(crate) fn adopt(&self, is_own: impl FnOnce(&Key) -> Result<bool, Error>) -> Result<Key, Error> {
        let missing = || Error::NoKey { path: self.path.clone() };
        if self.old == self.path || fs::symlink_metadata(&self.old).is_err() {
            return Err(missing());
        }
        let key = read_key(&self.old)?;
        if !is_own(&key)? {
            return Err(missing());
        }
        fs::rename(&self.old, &self.path).map_err(|cause| Error::file(&self.path, cause))?;
        sync_folder(&self.path)?;
        Ok(key)
    }
}

fn read_key(path: &Path) -> Result<Key, Error> {
    let mut bytes = [0; Key::LENGTH];
    match open(path, false)?.read_exact(&mut bytes) {
        Ok(()) => Ok(Key::new(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Err(Error::Corrupt {
            place: path.display().to_string(),
            reason: "the key is too short".to_owned(),
        }),
        Err(cause) => Err(Error::file(path, cause)),
    }
}

/// Makes a new name in a folder durable.
fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = folder_of(path);
    match cfg!(unix) {
        true => File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|cause| Error::file(folder, cause)),
        false => Ok(()),
    }
}
