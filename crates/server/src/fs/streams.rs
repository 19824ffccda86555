//! Where named streams are: in a hidden folder of the share's root ([MS-FSA] 2.1.1.5).
//!
//! Each stream is a file, so that it has its own data, share modes, locks and oplock, and no limit but the disk. The streams
//! of a file are in a folder with a random name, `.netsession-streams/1f/8c20…`. An attribute of the file has that name, its id, and
//! an attribute of the folder the number of the file. So a renamed file keeps its streams. A copy that another program makes
//! with all attributes has none, because the number is not its own. No client can name the hidden folder.

use rustix::fd::{AsFd, OwnedFd};

use netsession_wire::NtStatus;
use netsession_wire::name::is_same_name;
use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, XattrFlags, fgetxattr, fgetxattr_query, fremovexattr, fsetxattr, fstat,
    mkdirat, openat, statat, unlinkat,
};
use rustix::io::Errno;

use super::status::to_status;
use super::stream_name::StreamName;

/// The hidden folder.
const FOLDER: &str = ".netsession-streams";
/// The attribute of a file that names the folder of its streams: 16 random bytes. If a share that has it is gone, and a client
/// makes streams through another share, their folder follows: so the first streams are there again when the share is.
pub(super) const ID: &str = "user.netsession.streams";
/// The attribute of a folder of streams: the number of the file that they belong to, little-endian.
const OWNER: &str = "user.netsession.owner";
/// The most folders of streams that a file names.
const MOST_FOLDERS: usize = 4;
/// The most streams of a file, so that a client cannot make it slow to list them.
const MOST: usize = 256;
const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Returns whether a name on disk is the hidden folder, or could be on a file system that ignores case or characters
/// without a width.
pub(super) fn is_reserved(name: &str) -> bool {
    let is_ignored = |c: char| matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    if name.is_ascii() {
        return name.eq_ignore_ascii_case(FOLDER);
    }
    let plain: String =
        name.chars().filter(|c| !is_ignored(*c)).map(|c| if c == '\u{17f}' { 's' } else { c }).collect();
    is_same_name(&plain, FOLDER)
}

/// Returns whether the file system of a share can have streams: it needs extended attributes.
pub(super) fn are_supported(root: impl AsFd) -> bool {
    !matches!(fgetxattr_query(root, ID), Err(Errno::OPNOTSUPP | Errno::NOSYS))
}

/// The random name of a folder of streams.
pub(super) type Id = [u8; 16];

/// The streams of one file.
#[derive(Debug)]
pub(super) struct Streams {
    folder: OwnedFd,
}

/// A stream as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: StreamName,
    /// Bytes of data.
    pub(crate) size: u64,
    /// Bytes on the disk.
    pub(crate) allocation: u64,
}

impl Streams {
    /// Returns the streams of a file with this id, if they are in this shared folder.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(super) fn find(root: impl AsFd, id: &Id, file: impl AsFd) -> Result<Option<Self>, NtStatus> {
        let all = match openat(root, FOLDER, OPEN_FOLDER, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            all => all.map_err(to_status)?,
        };
        let (outer, inner) = names(id);
        let open = openat(&all, outer, OPEN_FOLDER, Mode::empty())
            .and_then(|outer| openat(outer, inner, OPEN_FOLDER, Mode::empty()));
        match open {
            Err(Errno::NOENT) => Ok(None),
            folder => {
                let folder = folder.map_err(to_status)?;
                Ok((owner_of(&folder) == Some(number(&file)?)).then_some(Self { folder }))
            }
        }
    }

    /// Makes a place for the streams of a file that has none. Only one caller may do so at a time.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_INVALID` if the file system has no attributes, and errors of the system.
    pub(super) fn make(root: impl AsFd, file: impl AsFd) -> Result<Self, NtStatus> {
        let mut id = [0; size_of::<Id>()];
        getrandom::fill(&mut id).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let (outer, inner) = names(&id);
        let mut ids = ids_of(&file);
        ids.drain(..ids.len().saturating_sub(MOST_FOLDERS - 1));
        ids.push(id);
        let all = made(root, FOLDER)?;
        let outer = made(all, &outer)?;
        let folder = made(&outer, &inner)?;
        let attached = fsetxattr(&folder, OWNER, &number(&file)?.to_le_bytes(), XattrFlags::empty())
            .and_then(|()| set_ids(&file, &ids));
        match attached {
            Ok(()) => Ok(Self { folder }),
            Err(error) => {
                _ = unlinkat(&outer, inner, AtFlags::REMOVEDIR);
                Err(if error == Errno::OPNOTSUPP { NtStatus::OBJECT_NAME_INVALID } else { to_status(error) })
            }
        }
    }

    /// Returns the name of the file that holds a stream: exactly the same, or else in another case.
    pub(super) fn spell(&self, name: &StreamName) -> Result<Option<String>, NtStatus> {
        match statat(&self.folder, name.on_disk(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Ok(Some(name.on_disk())),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(to_status(error)),
        }
        Ok(self.names()?.iter().find(|other| other.is_same_as(name)).map(StreamName::on_disk))
    }

    /// Opens the file that holds a stream.
    pub(super) fn open(&self, name: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Removes a stream; its open files keep the data.
    pub(super) fn remove(&self, name: &str) -> Result<(), Errno> {
        unlinkat(&self.folder, name, AtFlags::empty())
    }

    /// Gives a stream another name.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_COLLISION` if the name is taken, and `replace` is false.
    pub(super) fn rename(&self, from: &str, to: &StreamName, replace: bool) -> Result<(), NtStatus> {
        let found = self.spell(to)?;
        if let Some(found) = &found
            && found != from
        {
            if !replace {
                return Err(NtStatus::OBJECT_NAME_COLLISION);
            }
            self.remove(found).map_err(to_status)?;
        }
        rustix::fs::renameat(&self.folder, from, &self.folder, to.on_disk()).map_err(to_status)
    }

    /// Returns whether the file has as many streams as it may have.
    pub(super) fn are_full(&self) -> Result<bool, NtStatus> {
        Ok(self.names()?.len() >= MOST)
    }

    fn names(&self) -> Result<Vec<StreamName>, NtStatus> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(to_status)? {
            let entry = entry.map_err(to_status)?;
            names.extend(entry.file_name().to_str().ok().and_then(StreamName::from_disk));
            if names.len() >= MOST {
                break;
            }
        }
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        Ok(names)
    }

    /// Returns all streams, in the order of their names.
    pub(super) fn list(&self) -> Result<Vec<Listed>, NtStatus> {
        let listed = |name: StreamName| {
            let stat = statat(&self.folder, name.on_disk(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let allocation = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
            Some(Listed { name, size, allocation })
        };
        Ok(self.names()?.into_iter().filter_map(listed).collect())
    }

    /// Takes the streams with this id from a file, which then has none of them.
    pub(super) fn detach(root: impl AsFd, id: &Id, file: impl AsFd) -> Option<Detached> {
        let streams = Self::find(&root, id, &file).ok().flatten()?;
        let (outer, inner) = names(id);
        let all = openat(root, FOLDER, OPEN_FOLDER, Mode::empty()).ok()?;
        let parent = openat(all, outer, OPEN_FOLDER, Mode::empty()).ok()?;
        let others: Vec<Id> = ids_of(&file).into_iter().filter(|other| other != id).collect();
        set_ids(&file, &others).ok()?;
        Some(Detached { streams, parent, inner })
    }
}

/// The streams that a file no longer has.
#[derive(Debug)]
pub(super) struct Detached {
    streams: Streams,
    parent: OwnedFd,
    inner: String,
}

impl Detached {
    /// Removes them. What cannot be removed stays, and no file has it.
    pub(super) fn remove(self) {
        for name in self.streams.names().unwrap_or_default() {
            _ = self.streams.remove(&name.on_disk());
        }
        _ = unlinkat(self.parent, self.inner, AtFlags::REMOVEDIR);
    }
}

/// Returns whether the file may have streams; to find them costs more.
pub(super) fn has_id(file: impl AsFd) -> bool {
    !ids_of(file).is_empty()
}

/// Returns the ids of the streams that the file may have, the oldest first.
pub(super) fn ids_of(file: impl AsFd) -> Vec<Id> {
    let mut bytes = [0; MOST_FOLDERS * size_of::<Id>()];
    let length = fgetxattr(file, ID, &mut bytes[..]).unwrap_or(0);
    let (ids, rest) = bytes.get(..length).unwrap_or_default().as_chunks();
    if rest.is_empty() { ids.to_vec() } else { Vec::new() }
}

fn set_ids(file: impl AsFd, ids: &[Id]) -> Result<(), Errno> {
    match ids.is_empty() {
        true => fremovexattr(file, ID),
        false => fsetxattr(file, ID, ids.as_flattened(), XattrFlags::empty()),
    }
}

fn owner_of(folder: impl AsFd) -> Option<u64> {
    let mut owner = [0; 8];
    (fgetxattr(folder, OWNER, &mut owner[..]) == Ok(owner.len())).then(|| u64::from_le_bytes(owner))
}

/// Returns the number of a file.
fn number(file: impl AsFd) -> Result<u64, NtStatus> {
    Ok(fstat(file).map_err(to_status)?.st_ino)
}

/// Returns the names of the two folders of an id: there are at most 256 outer ones.
fn names(id: &Id) -> (String, String) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (outer, inner) = id.split_at(1);
    (hex(outer), hex(inner))
}

/// Opens a folder, and makes it if it is missing.
fn made(parent: impl AsFd, name: &str) -> Result<OwnedFd, NtStatus> {
    match mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => openat(parent, name, OPEN_FOLDER, Mode::empty()).map_err(to_status),
        Err(error) => Err(to_status(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client list, change or replace the streams of all files at once.
    #[test]
    fn the_hidden_folder_has_no_other_name() {
        for name in [
            ".netsession-streams",
            ".NetSession-Streams",
            ".net\u{200c}session-streams",
            ".net\u{17f}ession-stream\u{17f}",
            "\u{feff}.netsession-streams",
        ] {
            assert!(is_reserved(name), "{name:?}");
        }
        assert!(
            !is_reserved(".netsession-streams2") && !is_reserved("netsession-streams") && !is_reserved("ä")
        );
    }
}
