//! Files below a folder that is open.

use std::ffi::{OsStr, OsString};
use std::fs::{File, FileTimes};
use std::os::windows::fs::{FileTimesExt, MetadataExt};
use std::str::Utf8Error;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir as Folder, OpenOptions, OpenOptionsExt};
use winx::winapi_util::file::information;

use crate::fd::{AsFd, OwnedFd};
use crate::held::{Held, is_plain, may_be_short};
use crate::io::{Errno, Result};

mod flags;
mod stat;

pub use flags::{AtFlags, FileType, Mode, OFlags, RenameFlags, XattrFlags};
pub use stat::{Stat, StatVfs, Timespec, Timestamps, UTIME_OMIT};

use stat::{ATTRIBUTES, READ_ONLY, REPARSE_POINT, system_time};

const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const FILE_WRITE_ATTRIBUTES: u32 = 0x100;
/// Reading, writing and deleting: the server itself decides who may open what.
const SHARE_ALL: u32 = 7;
/// `FILE_FLAG_BACKUP_SEMANTICS`, which opens folders, and `FILE_FLAG_OPEN_REPARSE_POINT`.
const ANYTHING: u32 = 0x0220_0000;
/// The attribute beside the file in which the server keeps what DOS knows: on Windows that is the file's own.
const DOS: &str = "user.netsession.dos";

/// The working folder.
#[derive(Debug, Clone, Copy)]
pub struct Cwd;
/// The working folder.
pub const CWD: Cwd = Cwd;

/// Where a name is looked up.
pub trait At {
    /// Opens a name there.
    ///
    /// # Errors
    /// The error of the system.
    fn open(&self, name: &OsStr, flags: OFlags) -> Result<File>;
}

impl At for Cwd {
    fn open(&self, name: &OsStr, _: OFlags) -> Result<File> {
        Ok(Folder::open_ambient_dir(name, ambient_authority())?.into_std_file())
    }
}

impl<T: AsFd> At for T {
    fn open(&self, name: &OsStr, flags: OFlags) -> Result<File> {
        let folder = clone(self)?;
        let name = text(name)?;
        if name == "." {
            return Ok(folder);
        }
        if !is_plain(name) {
            return Err(Errno::NAMETOOLONG);
        }
        let is_new = flags.contains(OFlags::CREATE);
        if !is_new && may_be_short(name) && !lists(&folder, name)? {
            return Err(Errno::NOENT);
        }
        let file = open_in(&Folder::from_std_file(folder), name, flags)?;
        let attributes = file.metadata()?.file_attributes();
        if attributes & REPARSE_POINT != 0 && !flags.contains(OFlags::PATH) {
            return Err(Errno::LOOP);
        }
        match flags.contains(OFlags::DIRECTORY) && !file.metadata()?.is_dir() {
            true => Err(Errno::NOTDIR),
            false => Ok(file),
        }
    }
}

/// Opens a plain name for the access that the flags name, and for setting times and attributes if the system allows it.
fn open_in(folder: &Folder, name: &str, flags: OFlags) -> Result<File> {
    let open = |access| {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        options.access_mode(access).share_mode(SHARE_ALL).custom_flags(ANYTHING);
        if flags.contains(OFlags::CREATE) {
            options.write(true).create_new(true);
        }
        Ok(folder.open_with(name, &options).map(cap_std::fs::File::into_std)?)
    };
    if flags.contains(OFlags::PATH) {
        return open(FILE_READ_ATTRIBUTES);
    }
    let writes = if flags.contains(OFlags::RDWR) { GENERIC_WRITE } else { 0 };
    match open(GENERIC_READ | writes | FILE_WRITE_ATTRIBUTES) {
        Err(Errno::ACCESS) => open(GENERIC_READ | writes),
        opened => opened,
    }
}

/// Whether a folder has an entry of this name, in any case: a short name is none.
fn lists(folder: &File, name: &str) -> Result<bool> {
    for entry in Dir::read_from(folder)? {
        if entry?.0.to_str().is_some_and(|entry| entry.to_lowercase() == name.to_lowercase()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens a name in a folder, and no link. New files are created with `CREATE` and `EXCL` together.
///
/// # Errors
/// [`Errno::LOOP`] for a reparse point, and errors of the system.
pub fn openat(at: impl At, name: impl AsRef<OsStr>, flags: OFlags, _: Mode) -> Result<OwnedFd> {
    at.open(name.as_ref(), flags).map(OwnedFd::from)
}

/// Returns the record of an open file.
///
/// # Errors
/// The error of the system.
pub fn fstat(file: impl AsFd) -> Result<Stat> {
    Ok(Stat::of(&information(file.as_fd())?))
}

/// Returns the record of a name, and of a link itself.
///
/// # Errors
/// The error of the system.
pub fn statat(at: impl At, name: impl AsRef<OsStr>, _: AtFlags) -> Result<Stat> {
    fstat(at.open(name.as_ref(), OFlags::PATH)?)
}

/// Makes a folder.
///
/// # Errors
/// [`Errno::EXIST`], and errors of the system.
pub fn mkdirat(at: impl AsFd, name: impl AsRef<OsStr>, _: Mode) -> Result<()> {
    let folder = Held::of(&at)?;
    Ok(std::fs::create_dir(folder.join(text(name.as_ref())?)?)?)
}

/// Deletes a name. A link is deleted itself.
///
/// # Errors
/// The error of the system.
pub fn unlinkat(at: impl AsFd, name: impl AsRef<OsStr>, flags: AtFlags) -> Result<()> {
    let name = checked(&at, name.as_ref())?;
    let folder = Held::of(&at)?;
    let path = folder.join(name)?;
    match flags.contains(AtFlags::REMOVEDIR) {
        true => Ok(std::fs::remove_dir(path)?),
        false => Ok(std::fs::remove_file(path)?),
    }
}

/// Renames, and replaces a file that has the new name, but none that has it as its short name.
///
/// # Errors
/// [`Errno::EXIST`] for the short name of a file, and errors of the system.
pub fn renameat(
    old: impl AsFd,
    from: impl AsRef<OsStr>,
    new: impl AsFd,
    to: impl AsRef<OsStr>,
) -> Result<()> {
    let from = checked(&old, from.as_ref())?;
    let to = text(to.as_ref())?;
    let is_listed = !may_be_short(to) || lists(&clone(&new)?, to)?;
    let (old, new) = (Held::of(&old)?, Held::of(&new)?);
    let target = new.join(to)?;
    if !is_listed && target.symlink_metadata().is_ok() {
        return Err(Errno::EXIST);
    }
    Ok(std::fs::rename(old.join(from)?, target)?)
}

/// Refuses: Windows has no such call without unsafe code. The caller has looked whether the name is free, and renames.
///
/// # Errors
/// [`Errno::INVAL`], always.
pub fn renameat_with(
    _: impl AsFd,
    _: impl AsRef<OsStr>,
    _: impl AsFd,
    _: impl AsRef<OsStr>,
    _: RenameFlags,
) -> Result<()> {
    Err(Errno::INVAL)
}

/// Gives a file a second name.
///
/// # Errors
/// [`Errno::EXIST`], and errors of the system.
pub fn linkat(
    old: impl AsFd,
    from: impl AsRef<OsStr>,
    new: impl AsFd,
    to: impl AsRef<OsStr>,
    _: AtFlags,
) -> Result<()> {
    let from = checked(&old, from.as_ref())?;
    let (old, new) = (Held::of(&old)?, Held::of(&new)?);
    Ok(std::fs::hard_link(old.join(from)?, new.join(text(to.as_ref())?)?)?)
}

/// Returns a name of an existing file as text, if it is no short one.
fn checked<'a>(folder: &impl AsFd, name: &'a OsStr) -> Result<&'a str> {
    let name = text(name)?;
    match may_be_short(name) && !lists(&clone(folder)?, name)? {
        true => Err(Errno::NOENT),
        false => Ok(name),
    }
}

fn text(name: &OsStr) -> Result<&str> {
    name.to_str().ok_or(Errno::NAMETOOLONG)
}

fn clone(file: &impl AsFd) -> Result<File> {
    Ok(File::from(file.as_fd().try_clone_to_owned()?))
}

/// Sets the size of a file.
///
/// # Errors
/// The error of the system.
pub fn ftruncate(file: impl AsFd, size: u64) -> Result<()> {
    Ok(clone(&file)?.set_len(size)?)
}

/// Sets times of a file.
///
/// # Errors
/// The error of the system.
pub fn futimens(file: impl AsFd, times: &Timestamps) -> Result<()> {
    let mut changed = FileTimes::new();
    if let Some(time) = times.last_access.to_system() {
        changed = changed.set_accessed(time);
    }
    if let Some(time) = times.last_modification.to_system() {
        changed = changed.set_modified(time);
    }
    Ok(clone(&file)?.set_times(changed)?)
}

/// Returns the sizes of the disk.
///
/// # Errors
/// The error of the system.
pub fn fstatvfs(file: impl AsFd) -> Result<StatVfs> {
    let id = information(file.as_fd())?.volume_serial_number();
    let path = winx::file::get_file_path(&clone(&file)?)?;
    let disk = fs4::statvfs(path)?;
    let unit = disk.allocation_granularity().max(1);
    Ok(StatVfs {
        f_frsize: unit,
        f_blocks: disk.total_space() / unit,
        f_bfree: disk.free_space() / unit,
        f_bavail: disk.available_space() / unit,
        f_fsid: id,
    })
}

/// Returns what DOS knows of a file, in the form in which the server keeps it on Unix: the attributes (4 bytes) and the creation time
/// (8), little-endian. There is no other attribute beside a file.
///
/// # Errors
/// [`Errno::OPNOTSUPP`] for another attribute, and errors of the system.
pub fn fgetxattr(file: impl AsFd, name: impl AsRef<str>, value: &mut [u8]) -> Result<usize> {
    if name.as_ref() != DOS {
        return Err(Errno::OPNOTSUPP);
    }
    let file = information(file.as_fd())?;
    let attributes = u32::try_from(file.file_attributes()).unwrap_or_default() & ATTRIBUTES;
    let mut record = attributes.to_le_bytes().to_vec();
    record.extend(file.creation_time().unwrap_or_default().to_le_bytes());
    value.get_mut(..record.len()).ok_or(Errno::RANGE)?.copy_from_slice(&record);
    Ok(record.len())
}

/// Returns the length of an attribute: no file has one that the server could read.
///
/// # Errors
/// [`Errno::OPNOTSUPP`], always.
pub fn fgetxattr_query(_: impl AsFd, _: impl AsRef<str>) -> Result<usize> {
    Err(Errno::OPNOTSUPP)
}

/// Lists no attribute.
///
/// # Errors
/// [`Errno::OPNOTSUPP`], always.
pub fn flistxattr(_: impl AsFd, _: &mut [u8]) -> Result<usize> {
    Err(Errno::OPNOTSUPP)
}

/// Lists no attribute.
///
/// # Errors
/// [`Errno::OPNOTSUPP`], always.
pub fn flistxattr_query(_: impl AsFd) -> Result<usize> {
    Err(Errno::OPNOTSUPP)
}

/// Removes no attribute.
///
/// # Errors
/// [`Errno::OPNOTSUPP`], always.
pub fn fremovexattr(_: impl AsFd, _: impl AsRef<str>) -> Result<()> {
    Err(Errno::OPNOTSUPP)
}

/// Sets the creation time, and whether the file is read-only. Without unsafe code no program can set the other attributes of an
/// open file.
///
/// # Errors
/// [`Errno::OPNOTSUPP`] for another attribute, and errors of the system.
pub fn fsetxattr(file: impl AsFd, name: impl AsRef<str>, value: &[u8], _: XattrFlags) -> Result<()> {
    let (Some((attributes, rest)), DOS) = (value.split_first_chunk(), name.as_ref()) else {
        return Err(Errno::OPNOTSUPP);
    };
    let creation = u64::from_le_bytes(*rest.first_chunk().ok_or(Errno::INVAL)?);
    let file = clone(&file)?;
    if let Some(time) = system_time(creation) {
        file.set_times(FileTimes::new().set_created(time))?;
    }
    let mut permissions = file.metadata()?.permissions();
    let is_read_only = u32::from_le_bytes(*attributes) & READ_ONLY != 0;
    if permissions.readonly() != is_read_only {
        permissions.set_readonly(is_read_only);
        file.set_permissions(permissions)?;
    }
    Ok(())
}

/// The names in a folder.
#[derive(Debug)]
pub struct Dir {
    entries: std::fs::ReadDir,
    _folder: Held,
}

/// A name in a folder.
#[derive(Debug)]
pub struct DirEntry(OsString);

/// The text of a name.
#[derive(Debug, Clone, Copy)]
pub struct EntryName<'a>(&'a OsStr);

impl Dir {
    /// Reads a folder from its beginning.
    ///
    /// # Errors
    /// The error of the system.
    pub fn read_from(folder: impl AsFd) -> Result<Self> {
        let folder = Held::of(&folder)?;
        Ok(Self { entries: std::fs::read_dir(folder.path())?, _folder: folder })
    }
}

impl Iterator for Dir {
    type Item = Result<DirEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.entries.next()?.map(|entry| DirEntry(entry.file_name())).map_err(Errno::from))
    }
}

impl DirEntry {
    /// Returns the name.
    #[must_use]
    pub fn file_name(&self) -> EntryName<'_> {
        EntryName(&self.0)
    }
}

impl<'a> EntryName<'a> {
    /// Returns the name as text.
    ///
    /// # Errors
    /// The name contains half of a surrogate pair.
    pub fn to_str(self) -> std::result::Result<&'a str, Utf8Error> {
        std::str::from_utf8(self.0.as_encoded_bytes())
    }

    /// Returns the bytes of the name.
    #[must_use]
    pub fn to_bytes(self) -> &'a [u8] {
        self.0.as_encoded_bytes()
    }
}
