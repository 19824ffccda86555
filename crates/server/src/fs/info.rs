//! [`FileInfo`]: the information about a file that clients query, from the system's record and an extended attribute.

use rustix::fd::AsFd;
use std::io;
use std::time::{Duration, SystemTime};

use netsession_smb::fscc::{FileAttributes, FileTime};
use rustix::fs::{FileType, Stat, XattrFlags, fgetxattr, fsetxattr};
use rustix::io::Errno;

use super::attributes::{self, Summary};

/// The extended attribute that keeps DOS attributes (4 bytes) and the creation time (8), little-endian. If a client has set
/// ChangeTime, that time follows (8 bytes), and the LastWriteTime of that moment (8).
const XATTR: &str = "user.netsession.dos";

/// Attributes that a client may set and the server stores.
const KEPT: FileAttributes = FileAttributes::READONLY
    .union(FileAttributes::HIDDEN)
    .union(FileAttributes::SYSTEM)
    .union(FileAttributes::ARCHIVE)
    .union(FileAttributes::TEMPORARY)
    .union(FileAttributes::SPARSE_FILE)
    .union(FileAttributes::OFFLINE)
    .union(FileAttributes::NOT_CONTENT_INDEXED);

/// Bytes that every file system frees quickly.
const LARGE: u64 = 1 << 20;

/// Identifies a file while it is open: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileKey {
    device: u64,
    inode: u64,
}

impl FileKey {
    /// Returns the key of a file from the system's record.
    #[must_use]
    pub(crate) fn of(stat: &Stat) -> Self {
        #[allow(
            clippy::unnecessary_cast,
            clippy::cast_sign_loss,
            reason = "a bit pattern, signed on some systems"
        )]
        Self { device: stat.st_dev as u64, inode: stat.st_ino }
    }

    /// Returns the 64-bit file id that clients see.
    #[must_use]
    pub(crate) const fn index(self) -> u64 {
        self.inode
    }
}

/// The kinds of file that a share shows. It hides devices, pipes, sockets and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file with data.
    File,
    /// A folder.
    Directory,
}

impl Kind {
    /// Returns the kind of a file from the system's record; `None` for a hidden kind.
    #[must_use]
    pub(crate) fn of(stat: &Stat) -> Option<Self> {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Some(Self::File),
            FileType::Directory => Some(Self::Directory),
            _ => None,
        }
    }
}

/// The information about a file that a client can query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileInfo {
    /// Identifies the file.
    pub(crate) key: FileKey,
    /// File or folder.
    pub(crate) kind: Kind,
    /// The creation time.
    pub(crate) creation: FileTime,
    /// The time of the last read.
    pub(crate) last_access: FileTime,
    /// The time of the last change of its data.
    pub(crate) last_write: FileTime,
    /// The time of the last change of anything about it.
    pub(crate) change: FileTime,
    /// Bytes of data; 0 for a folder.
    pub(crate) size: u64,
    /// Bytes allocated on the disk; 0 for a folder.
    pub(crate) allocation: u64,
    /// How many names it has.
    pub(crate) links: u32,
    /// Bytes that its extended attributes take in a list; 0 for none.
    pub(crate) ea_size: u32,
    /// Whether it may have named streams.
    pub(crate) has_streams: bool,
    /// DOS attributes, DIRECTORY included, never empty.
    pub(crate) attributes: FileAttributes,
    /// Unix owner.
    pub(crate) uid: u32,
    /// Unix group.
    pub(crate) gid: u32,
    /// Unix permissions.
    pub(crate) mode: u32,
}

impl FileInfo {
    /// Returns whether freeing its space and that of its streams can take long. A file of many fragments takes seconds for
    /// some hundred megabytes.
    #[must_use]
    pub(crate) const fn is_slow_to_free(&self) -> bool {
        self.has_streams || self.allocation > LARGE
    }

    /// Returns the information about an open file; `None` for a kind that a share does not show.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn of(file: impl AsFd) -> io::Result<Option<Self>> {
        let stat = rustix::fs::fstat(&file)?;
        let Some(kind) = Kind::of(&stat) else { return Ok(None) };
        let Summary { list_size: ea_size, has_streams, has_record } = attributes::summary(&file, XATTR);
        // A listing asks this of each entry, so it asks the system for no more than it needs.
        // Windows has the record without a list.
        let dos = if has_record || cfg!(windows) { Dos::read(&file) } else { Dos::default() };
        let born = if dos.creation.is_none() { born(&file) } else { None };
        Ok(Some(Self { ea_size, has_streams, ..Self::new(&stat, kind, &dos, born) }))
    }

    /// Returns the information about a named stream of this file, which another file holds: its data is its own.
    pub(super) fn of_stream(self, holder: &Stat) -> Self {
        let Self { size, allocation, .. } = Self::from_stat(holder, Kind::File);
        let mut attributes = self.attributes.difference(FileAttributes::DIRECTORY);
        if attributes.is_empty() {
            attributes = FileAttributes::NORMAL;
        }
        Self { kind: Kind::File, size, allocation, attributes, ..self }
    }

    /// Returns the system's record of a file that cannot be opened.
    pub(super) fn from_stat(stat: &Stat, kind: Kind) -> Self {
        Self::new(stat, kind, &Dos::default(), None)
    }

    fn new(stat: &Stat, kind: Kind, dos: &Dos, born: Option<FileTime>) -> Self {
        let directory = kind == Kind::Directory;
        let last_write = unix_time(stat.st_mtime, nanos(stat.st_mtime_nsec));
        let data = |bytes: u64| if directory { 0 } else { bytes };
        Self {
            key: FileKey::of(stat),
            kind,
            creation: dos.creation.or(born).unwrap_or(last_write),
            last_access: unix_time(stat.st_atime, nanos(stat.st_atime_nsec)),
            last_write,
            change: dos
                .change_beside(last_write)
                .unwrap_or_else(|| unix_time(stat.st_ctime, nanos(stat.st_ctime_nsec))),
            size: data(u64::try_from(stat.st_size).unwrap_or(0)),
            allocation: data(u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512)),
            links: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
            ea_size: 0,
            has_streams: false,
            attributes: dos.attributes(kind),
            uid: stat.st_uid,
            gid: stat.st_gid,
            mode: mode_bits(stat),
        }
    }
}

/// Returns the time of the last change of a file's data.
///
/// # Errors
/// The error of the operating system.
pub(super) fn last_write(file: impl AsFd) -> io::Result<FileTime> {
    let stat = rustix::fs::fstat(file)?;
    Ok(unix_time(stat.st_mtime, nanos(stat.st_mtime_nsec)))
}

/// The contents of the extended attribute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dos {
    pub(super) kept: Option<FileAttributes>,
    pub(super) creation: Option<FileTime>,
    /// The ChangeTime that a client has set, and the LastWriteTime that the file had then.
    pub(super) change: Option<(FileTime, FileTime)>,
}

impl Dos {
    /// Reads the extended attribute; returns nothing if there is none, or if the file system supports none.
    pub(super) fn read(file: impl AsFd) -> Self {
        let mut record = [0; 28];
        let length = fgetxattr(file, XATTR, &mut record);
        let Ok(length @ (12 | 28)) = length else { return Self::default() };
        let (kept, times) = record.split_at(4);
        let kept = kept.first_chunk().map_or(0, |kept| u32::from_le_bytes(*kept));
        let mut times = times
            .chunks(8)
            .map(|time| FileTime(time.first_chunk().map_or(0, |time| i64::from_le_bytes(*time))));
        let mut next = || times.next().unwrap_or_default();
        let (creation, change, last_write) = (next(), next(), next());
        Self {
            kept: Some(FileAttributes::from_bits_retain(kept).intersection(KEPT)),
            creation: (creation > FileTime::ZERO).then_some(creation),
            change: (length == 28).then_some((change, last_write)),
        }
    }

    /// Returns the ChangeTime that a client has set, unless the file's data was written since.
    fn change_beside(self, last_write: FileTime) -> Option<FileTime> {
        self.change.filter(|(_, then)| *then == last_write).map(|(change, _)| change)
    }

    /// Writes the extended attribute. It is no error if the file system cannot store it: the file itself is unharmed.
    pub(super) fn write(self, file: impl AsFd) -> io::Result<()> {
        let kept = self.kept.unwrap_or(FileAttributes::ARCHIVE).intersection(KEPT);
        let mut record = kept.bits().to_le_bytes().to_vec();
        record.extend(self.creation.unwrap_or_default().0.to_le_bytes());
        if let Some((change, last_write)) = self.change {
            record.extend([change, last_write].into_iter().flat_map(|time| time.0.to_le_bytes()));
        }
        match fsetxattr(file, XATTR, &record, XattrFlags::empty()) {
            Err(Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS | Errno::BADF) => Ok(()),
            written => Ok(written?),
        }
    }

    fn attributes(self, kind: Kind) -> FileAttributes {
        let default = match kind {
            Kind::File => FileAttributes::ARCHIVE,
            Kind::Directory => FileAttributes::empty(),
        };
        let mut attributes = self.kept.unwrap_or(default);
        attributes.set(FileAttributes::DIRECTORY, kind == Kind::Directory);
        if attributes.is_empty() { FileAttributes::NORMAL } else { attributes }
    }
}

/// Returns the creation time, if the system knows it.
#[cfg(target_os = "linux")]
fn born(file: impl AsFd) -> Option<FileTime> {
    use rustix::fs::{AtFlags, StatxFlags, statx};

    let statx = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME).ok()?;
    let known = StatxFlags::from_bits_retain(statx.stx_mask).contains(StatxFlags::BTIME);
    known.then(|| unix_time(statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec))
}

#[cfg(not(target_os = "linux"))]
fn born(file: impl AsFd) -> Option<FileTime> {
    let file = std::fs::File::from(file.as_fd().try_clone_to_owned().ok()?);
    file.metadata().and_then(|metadata| metadata.created()).ok().map(FileTime::from_system)
}

#[allow(clippy::useless_conversion, reason = "u64 on one system, i64 on another")]
fn nanos(nanos: impl TryInto<u32>) -> u32 {
    nanos.try_into().unwrap_or(0)
}

#[allow(clippy::useless_conversion, reason = "16 bits on one system, 32 on another")]
fn mode_bits(stat: &Stat) -> u32 {
    u32::from(stat.st_mode) & 0o7777
}

fn unix_time(seconds: i64, nanos: u32) -> FileTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds >= 0 {
        true => SystemTime::UNIX_EPOCH.checked_add(whole),
        false => SystemTime::UNIX_EPOCH.checked_sub(whole),
    };
    let time = time.and_then(|time| time.checked_add(Duration::from_nanos(nanos.into())));
    time.map_or(FileTime::ZERO, FileTime::from_system)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// A failure here would show a hidden file, or lose the creation time of a copy.
    #[test]
    #[cfg_attr(windows, ignore = "Windows keeps neither the attribute nor, in Wine, the time")]
    fn attributes_and_creation_time_are_kept_beside_the_file() {
        let dir = tempfile::tempdir_in(".").unwrap();
        let file = File::create_new(dir.path().join("f")).unwrap();
        let info = FileInfo::of(&file).unwrap().unwrap();
        assert_eq!(info.attributes, FileAttributes::ARCHIVE);
        assert!(info.creation > FileTime::ZERO && info.size == 0);
        let dos = Dos {
            kept: Some(FileAttributes::HIDDEN),
            creation: Some(FileTime(133_000_000_000_000_001)),
            change: None,
        };
        dos.write(&file).unwrap();
        let info = FileInfo::of(&file).unwrap().unwrap();
        assert_eq!(info.attributes, FileAttributes::HIDDEN);
        assert_eq!(info.creation, FileTime(133_000_000_000_000_001));
    }

    /// A failure here would list devices and pipes, and opening one could block the server.
    #[cfg(unix)]
    #[test]
    fn devices_are_not_shown() {
        assert_eq!(FileInfo::of(File::open("/dev/null").unwrap()).unwrap(), None);
        let folder = FileInfo::of(File::open("/").unwrap()).unwrap().unwrap();
        assert_eq!((folder.kind, folder.size), (Kind::Directory, 0));
        assert!(folder.attributes.contains(FileAttributes::DIRECTORY));
    }
}
