//! Extended attributes of a file, as its `user.` attributes ([MS-FSCC] 2.4.16, [MS-FSA] 2.1.5.12.12, 2.1.5.15.6).
//!
//! A client reaches no other attribute of the system, and none that this server or Samba keeps for itself. Every call uses
//! an open descriptor, so that a link never leads to another file.

use rustix::fd::AsFd;

use netsession_smb::fscc::FileFullEaInformation;
use netsession_wire::NtStatus;
use rustix::fs::{
    XattrFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, fremovexattr, fsetxattr,
};
use rustix::io::Errno;

use super::status::to_status;
use super::streams;

/// Where the system keeps the attributes that every program may use.
const PREFIX: &str = "user.";
/// The beginnings, in lower case, of the names that this server and Samba keep for themselves.
const RESERVED: [&str; 4] = ["netsession.", "dosattrib", "dosstream.", "samba_"];
/// The most bytes of a name: the system's limit is 255 with the prefix.
const LONGEST_NAME: usize = 250;
/// The most bytes that all attributes of a file take in a list ([MS-FSA] 2.1.5.15.6).
const LARGEST_LIST: usize = 64 * 1024 - 5;
/// The most attributes of a file that clients see and set, so that a file costs little to list.
const MOST: usize = 256;
/// An attribute that takes the room of those that the server may add later: times, DOS attributes and the place of streams.
const SPARE: &str = "user.netsession.spare";
/// The bytes of both with their names, and of what a file system stores beside them.
const SPARE_SIZE: usize = 128;
/// Names up to this many bytes are listed without an allocation.
const SHORT_LIST: usize = 1024;

/// An attribute as the system has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    /// Its name without the prefix.
    name: String,
    value: Vec<u8>,
}

/// Returns the bytes that the attributes of a file take in a list; 0 if it has none, or if the server cannot read them.
pub(super) fn list_size(file: impl AsFd) -> u32 {
    size_of(&file, &names(&file).unwrap_or_default())
}

/// What the list of a file's attributes says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// What [`list_size`] returns.
    pub(super) list_size: u32,
    /// Whether the file may have named streams.
    pub(super) has_streams: bool,
    /// Whether it has the attribute that [`summary`] was asked for.
    pub(super) has_record: bool,
}

/// Reads the list of a file's attributes once, for everything that it says. `record` is an attribute of the system.
pub(super) fn summary(file: impl AsFd, record: &str) -> Summary {
    let list = list(&file).unwrap_or_default();
    let has = |wanted: &str| list.split(|byte| *byte == 0).any(|name| name == wanted.as_bytes());
    let (has_streams, has_record) = (has(streams::ID), has(record));
    Summary { list_size: size_of(&file, &split(&list)), has_streams, has_record }
}

fn size_of(file: impl AsFd, names: &[String]) -> u32 {
    let size = names.iter().fold(0_usize, |size, name| {
        let value = fgetxattr_query(&file, format!("{PREFIX}{name}")).unwrap_or(0);
        size.next_multiple_of(4).saturating_add(entry_size(name.len(), value))
    });
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Returns the bytes of an entry of a list.
const fn entry_size(name: usize, value: usize) -> usize {
    9_usize.saturating_add(name).saturating_add(value)
}

/// Returns the names that a client can use, without the prefix, in order.
pub(super) fn names(file: impl AsFd) -> Result<Vec<String>, Errno> {
    Ok(split(&list(file)?))
}

/// Returns the system's list of names.
fn list(file: impl AsFd) -> Result<Vec<u8>, Errno> {
    let mut short = [0; SHORT_LIST];
    match flistxattr(&file, &mut short[..]) {
        Ok(length) => Ok(short.get(..length).unwrap_or_default().to_vec()),
        Err(Errno::RANGE) => {
            let mut long = vec![0; flistxattr_query(&file)?];
            let length = flistxattr(&file, &mut long[..])?;
            long.truncate(length);
            Ok(long)
        }
        // The file system has no attributes, or the server opened the file only for its record.
        Err(Errno::OPNOTSUPP | Errno::BADF) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Splits the system's list: each name ends with a zero.
fn split(list: &[u8]) -> Vec<String> {
    let names = list.split(|byte| *byte == 0).filter_map(|name| name.strip_prefix(PREFIX.as_bytes()));
    let mut names: Vec<_> = names.filter_map(|name| checked(name).ok()).map(str::to_owned).collect();
    names.sort_unstable();
    names.truncate(MOST);
    names
}

/// Checks a name.
///
/// # Errors
/// `STATUS_INVALID_EA_NAME` for a name that [MS-FSCC] 2.4.16 forbids, `STATUS_ACCESS_DENIED` for a reserved one.
pub(super) fn checked(name: &[u8]) -> Result<&str, NtStatus> {
    let is_allowed = |byte: &u8| matches!(byte, b' '..=b'~') && !br#"\/:*?"<>|,+=[];"#.contains(byte);
    if !(1..=LONGEST_NAME).contains(&name.len()) || !name.iter().all(is_allowed) {
        return Err(NtStatus::INVALID_EA_NAME);
    }
    let name = std::str::from_utf8(name).map_err(|_| NtStatus::INVALID_EA_NAME)?;
    let lower = name.to_ascii_lowercase();
    match RESERVED.iter().any(|reserved| lower.starts_with(reserved)) {
        true => Err(NtStatus::ACCESS_DENIED),
        false => Ok(name),
    }
}

/// Returns the value of an attribute; `None` if somebody has removed it meanwhile.
pub(super) fn value(file: impl AsFd, name: &str) -> Result<Option<Vec<u8>>, Errno> {
    let name = format!("{PREFIX}{name}");
    let read = || {
        // A list has room for no more than 64 KiB.
        let mut value = vec![0; fgetxattr_query(&file, &name)?.min(usize::from(u16::MAX))];
        let length = fgetxattr(&file, &name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    };
    match read() {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NODATA | Errno::RANGE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets an attribute; an empty value removes it.
fn put(file: impl AsFd, name: &str, value: &[u8]) -> Result<(), NtStatus> {
    let name = format!("{PREFIX}{name}");
    let done = match value {
        [] => match fremovexattr(file, &name) {
            Err(Errno::NODATA) => Ok(()),
            removed => removed,
        },
        value => fsetxattr(file, &name, value, XattrFlags::empty()),
    };
    done.map_err(|error| match error {
        Errno::OPNOTSUPP => NtStatus::EAS_NOT_SUPPORTED,
        Errno::TOOBIG | Errno::RANGE => NtStatus::EA_TOO_LARGE,
        other => to_status(other),
    })
}

/// Sets attributes, all of them or none.
///
/// # Errors
/// - `STATUS_INVALID_EA_NAME`, `STATUS_ACCESS_DENIED`: a name that a client cannot use.
/// - `STATUS_EA_TOO_LARGE`: the attributes of the file would take more than 64 KiB, or one has no room.
/// - `STATUS_DISK_FULL`: the file system has no room for them. `STATUS_EAS_NOT_SUPPORTED`: it has none at all.
pub(super) fn set_all(file: impl AsFd, wanted: &[FileFullEaInformation]) -> Result<(), NtStatus> {
    let known = names(&file).map_err(to_status)?;
    if wanted.len().saturating_add(known.len()) > MOST.saturating_mul(2) {
        return Err(NtStatus::EA_TOO_LARGE);
    }
    let mut count = known.len();
    let mut size = usize::try_from(list_size(&file)).unwrap_or(usize::MAX);
    let mut changes: Vec<(Stored, &[u8])> = Vec::new();
    for FileFullEaInformation { name, value: new, .. } in wanted {
        let name = checked(name)?;
        // A name in another case is the same name.
        let name =
            known.iter().map(String::as_str).find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name);
        let before = value(&file, name).map_err(to_status)?.unwrap_or_default();
        if !new.is_empty() && before.is_empty() {
            count = count.saturating_add(1);
        }
        if !new.is_empty() {
            size = size.saturating_add(entry_size(name.len(), new.len()).next_multiple_of(4));
        }
        if !before.is_empty() {
            size = size.saturating_sub(entry_size(name.len(), before.len()));
        }
        if size > LARGEST_LIST || count > MOST {
            return Err(NtStatus::EA_TOO_LARGE);
        }
        changes.push((Stored { name: name.to_owned(), value: before }, new));
    }
    let undo = |count: usize| {
        for (Stored { name, value }, _) in changes.iter().take(count).rev() {
            _ = put(&file, name, value);
        }
    };
    for (index, (Stored { name, .. }, new)) in changes.iter().enumerate() {
        put(&file, name, new).inspect_err(|_| undo(index))?;
    }
    match changes.iter().any(|(Stored { value, .. }, new)| new.len() > value.len()) {
        true => require_spare(&file).inspect_err(|_| undo(changes.len())),
        false => Ok(()),
    }
}

/// Checks that the file system still has room for the server's own attributes of a file. Without it, nobody could hide
/// the file, set its times or give it a stream.
fn require_spare(file: impl AsFd) -> Result<(), NtStatus> {
    let spare = fsetxattr(&file, SPARE, &[0; SPARE_SIZE], XattrFlags::empty());
    _ = fremovexattr(&file, SPARE);
    spare.map_err(to_status)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use netsession_smb::Structure;
    use netsession_smb::fscc::Entries;

    use super::*;

    fn file() -> (tempfile::TempDir, File) {
        let dir = tempfile::tempdir_in(".").unwrap();
        let file = File::create_new(dir.path().join("f")).unwrap();
        (dir, file)
    }

    fn attribute(name: &str, value: &[u8]) -> FileFullEaInformation {
        FileFullEaInformation { need_ea: false, name: name.into(), value: value.to_vec() }
    }

    /// A failure here would let a client reach the attributes of the system, or those in which this server or Samba keeps
    /// what it knows of a file.
    #[test]
    #[cfg_attr(windows, ignore = "no extended attributes on Windows")]
    fn no_other_attribute_is_reached() {
        let (_dir, file) = file();
        fsetxattr(&file, "user.netsession.dos", &[0; 12], XattrFlags::empty()).unwrap();
        fsetxattr(&file, "user.DOSATTRIB", b"x", XattrFlags::empty()).unwrap();
        for name in ["netsession.dos", "NetSession.x", "DosAttrib", "dosstream.a:$DATA", "SAMBA_PAI"] {
            let denied = if name.contains(':') { NtStatus::INVALID_EA_NAME } else { NtStatus::ACCESS_DENIED };
            assert_eq!(set_all(&file, &[attribute(name, b"x")]), Err(denied), "{name}");
        }
        for name in ["", "a/b", "a\0b", "a\u{e9}", "a=b", "\n"] {
            assert_eq!(set_all(&file, &[attribute(name, b"x")]), Err(NtStatus::INVALID_EA_NAME), "{name:?}");
        }
        assert_eq!((names(&file).unwrap(), list_size(&file)), (Vec::new(), 0));
        set_all(&file, &[attribute("security.selinux", b"x"), attribute("trusted.x", b"y")]).unwrap();
        let mut value = [0; 4];
        assert_eq!(fgetxattr(&file, "user.security.selinux", &mut value[..]), Ok(1), "only below user.");
    }

    /// A failure here would leave a file with half of the attributes that a client sets, or with two whose names differ
    /// in case only, or would report a size that the list does not have.
    #[test]
    #[cfg_attr(windows, ignore = "no extended attributes on Windows")]
    fn attributes_are_set_all_or_none() {
        let (_dir, file) = file();
        let list =
            [attribute("Colour", b"red"), attribute("mime_type", b"text/plain"), attribute("x.y", b"1")];
        set_all(&file, &list).unwrap();
        let encoded = Entries(list.to_vec()).to_bytes().unwrap();
        assert_eq!(usize::try_from(list_size(&file)).unwrap(), encoded.len());
        set_all(&file, &[attribute("COLOUR", b"blue"), attribute("x.y", b"")]).unwrap();
        assert_eq!(names(&file).unwrap(), ["Colour", "mime_type"]);
        assert_eq!(value(&file, "Colour").unwrap().unwrap(), b"blue");
        let too_large = [attribute("Colour", b"green"), attribute("a", &[0; 65_000])];
        let refused = set_all(&file, &too_large);
        assert!(matches!(refused, Err(NtStatus::DISK_FULL | NtStatus::EA_TOO_LARGE)), "{refused:?}");
        assert_eq!(value(&file, "Colour").unwrap().unwrap(), b"blue");
        let refused = set_all(&file, &[attribute("b", &[0; 40_000]), attribute("c", &[0; 40_000])]);
        assert_eq!(refused, Err(NtStatus::EA_TOO_LARGE), "no more than on Windows");
        assert_eq!(names(&file).unwrap(), ["Colour", "mime_type"]);
    }
}
