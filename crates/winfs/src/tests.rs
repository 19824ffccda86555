//! What the server relies on, in the file system of Windows or of Wine.

use std::fs::{self, File};

use tempfile::TempDir;

use crate::FileExt as _;
use crate::access::Others;
use crate::fd::OwnedFd;
use crate::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, XattrFlags, fgetxattr, fsetxattr, fstat, linkat, mkdirat,
    openat, renameat, statat, unlinkat,
};
use crate::held::Held;
use crate::io::Errno;

/// What a server's file has in the attribute with the DOS attributes: "archive", or "read-only" and "archive".
const DOS: &str = "user.netsession.dos";
const READ_ONLY_ARCHIVE: u32 = 0x21;

struct Place {
    dir: TempDir,
    folder: OwnedFd,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = openat(CWD, dir.path(), OFlags::DIRECTORY, Mode::empty()).unwrap();
        Self { dir, folder }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    fn open(&self, name: &str, flags: OFlags) -> Result<File, Errno> {
        openat(&self.folder, name, flags, Mode::empty()).map(File::from)
    }
}

/// A failure here would let a client open, make, rename or delete what is not in the folder, by a path, a stream or a name that
/// Windows shortens.
#[test]
fn only_a_plain_name_leads_to_a_file() {
    let place = Place::new();
    place.write("kept", "kept");
    let names =
        ["..", "sub\\x", "sub/x", "kept:stream", "kept::$DATA", "kept.", "kept ", "", "k*pt", "k\u{1}"];
    for name in names {
        for flags in [OFlags::RDONLY, OFlags::RDWR, OFlags::PATH, OFlags::CREATE | OFlags::EXCL] {
            assert_eq!(place.open(name, flags).err(), Some(Errno::NAMETOOLONG), "{name:?} {flags:?}");
        }
        assert!(mkdirat(&place.folder, name, Mode::RWXU).is_err(), "{name:?}");
        assert!(unlinkat(&place.folder, name, AtFlags::empty()).is_err(), "{name:?}");
        assert!(renameat(&place.folder, "kept", &place.folder, name).is_err(), "{name:?}");
        assert!(linkat(&place.folder, "kept", &place.folder, name, AtFlags::empty()).is_err(), "{name:?}");
    }
    let names: Vec<_> = Dir::read_from(&place.folder).unwrap().map(|entry| entry.unwrap()).collect();
    let names: Vec<_> = names.iter().map(|entry| entry.file_name().to_str().unwrap()).collect();
    assert_eq!(names.into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), ["kept"]);
}

/// A failure here would take the error of a missing file for another one, or replace a file that a client wants to keep.
#[test]
fn errors_have_the_names_of_unix() {
    let place = Place::new();
    place.write("file", "data");
    mkdirat(&place.folder, "full", Mode::RWXU).unwrap();
    place.write("full\\inner", "");
    let new = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
    assert_eq!(place.open("none", OFlags::RDONLY).err(), Some(Errno::NOENT));
    assert_eq!(place.open("NONE~1", OFlags::RDONLY).err(), Some(Errno::NOENT));
    assert_eq!(place.open("file", new).err(), Some(Errno::EXIST));
    assert_eq!(place.open("file", OFlags::DIRECTORY).err(), Some(Errno::NOTDIR));
    assert_eq!(mkdirat(&place.folder, "full", Mode::RWXU), Err(Errno::EXIST));
    assert_eq!(unlinkat(&place.folder, "full", AtFlags::REMOVEDIR), Err(Errno::NOTEMPTY));
    assert_eq!(linkat(&place.folder, "file", &place.folder, "full", AtFlags::empty()), Err(Errno::EXIST));
    assert_eq!(place.text("file"), "data");
    let kind =
        |name: &str| FileType::from_raw_mode(statat(&place.folder, name, AtFlags::empty()).unwrap().st_mode);
    assert_eq!((kind("file"), kind("full")), (FileType::RegularFile, FileType::Directory));
}

/// A failure here would lose a file that is renamed over another one, or tell two names of one file apart.
#[test]
fn a_name_is_replaced_and_a_second_name_is_the_same_file() {
    let place = Place::new();
    place.write("new", "new");
    place.write("old", "old");
    linkat(&place.folder, "new", &place.folder, "second", AtFlags::empty()).unwrap();
    let key = |name: &str| {
        let stat = statat(&place.folder, name, AtFlags::empty()).unwrap();
        (stat.st_dev, stat.st_ino, stat.st_nlink)
    };
    assert_eq!(key("new"), key("second"));
    assert_eq!(key("new").2, 2);
    renameat(&place.folder, "new", &place.folder, "old").unwrap();
    assert_eq!((place.text("old").as_str(), place.dir.path().join("new").exists()), ("new", false));
    unlinkat(&place.folder, "old", AtFlags::empty()).unwrap();
    assert_eq!(place.text("second"), "new");
}

/// A failure here would let a user of the computer move a folder while the server deletes or renames by its path, and lead it to
/// another folder's file.
#[test]
fn a_held_folder_stays_in_its_place() {
    let place = Place::new();
    mkdirat(&place.folder, "sub", Mode::RWXU).unwrap();
    let folder = place.open("sub", OFlags::DIRECTORY).unwrap();
    let (from, to) = (place.dir.path().join("sub"), place.dir.path().join("moved"));
    let held = Held::of(&folder).unwrap();
    assert!(fs::rename(&from, &to).is_err(), "it was moved");
    assert!(fs::remove_dir(&from).is_err() || from.exists(), "it was deleted");
    drop(held);
    fs::rename(&from, &to).unwrap();
    // Windows knows the new path of the open folder, and Wine the old one only.
    match Held::of(&folder) {
        Ok(held) => assert_eq!(held.path().file_name().unwrap(), "moved"),
        Err(error) => assert_eq!(error, Errno::NOENT),
    }
}

/// A failure here would lose the mark by which its owner protects a file. Wine keeps no creation time that a program sets.
#[test]
fn a_read_only_file_is_kept_and_freed_again() {
    let place = Place::new();
    let file = place.open("f", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL).unwrap();
    let mut record = READ_ONLY_ARCHIVE.to_le_bytes().to_vec();
    record.extend(0_u64.to_le_bytes());
    fsetxattr(&file, DOS, &record, XattrFlags::empty()).unwrap();
    let mut kept = [0; 12];
    assert_eq!(fgetxattr(&file, DOS, &mut kept), Ok(12));
    let attributes = u32::from_le_bytes(*kept.first_chunk().unwrap());
    assert_eq!(attributes & 1, 1, "it is not read-only");
    assert_eq!(fgetxattr(&file, "user.other", &mut kept), Err(Errno::OPNOTSUPP));
    record[0] &= !1;
    fsetxattr(&file, DOS, &record, XattrFlags::empty()).unwrap();
    place.write("f", "it can be written again");
}

/// A failure here would give a client the data of another place in the file.
#[test]
fn data_is_read_and_written_at_its_offset() {
    let place = Place::new();
    let file = place.open("f", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL).unwrap();
    assert_eq!(file.write_at(b"0123456789", 0).unwrap(), 10);
    assert_eq!(file.write_at(b"ab", 4).unwrap(), 2);
    let mut data = [0; 4];
    file.read_exact_at(&mut data, 3).unwrap();
    assert_eq!(&data, b"3ab6");
    assert_eq!(file.read_at(&mut data, 8).unwrap(), 2);
    assert!(file.read_exact_at(&mut data, 8).is_err());
    assert_eq!(fstat(&file).unwrap().st_size, 10);
}

/// A failure here would refuse the private files of every user, or accept a file that cannot be read.
#[test]
fn a_new_file_of_the_user_is_private() {
    let place = Place::new();
    place.write("f", "");
    assert!(Others::at(&place.dir.path().join("f")).have_nothing());
    assert!(!Others::at(&place.dir.path().join("none")).have_nothing());
}
