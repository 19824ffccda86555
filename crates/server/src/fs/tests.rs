//! Tests of a share with a real folder, which they use as clients do.

use std::sync::{Arc, Mutex};

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{CreateAction, CreateDisposition, CreateOptions, ShareAccess};
use netsession_wire::NtStatus;

use super::create::{Created, Request};
use super::disk::Disk;
use super::effort::Effort;
use super::files::Files;
use super::folder::{Action, Event};
use super::listing::Listing;
use super::locks::{Mode, Range};
use super::name::SharePath;
use super::root::Root;

#[cfg(target_os = "linux")]
mod duplicate;
#[cfg(unix)]
mod limits;
mod links;
mod names;
mod oplocks;
mod overlap;
#[cfg(unix)]
mod streams;
mod times;

const ALL: ShareAccess = ShareAccess::all();

struct Share {
    disk: Arc<Disk>,
    events: Arc<Mutex<Vec<Event>>>,
    /// Dropped last: Windows removes no folder that is open.
    folder: Arc<tempfile::TempDir>,
}

impl Share {
    fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir_in(".").unwrap());
        Self::at(folder, "", &Arc::default())
    }

    /// Shares a folder below this one, on the server that has these files.
    fn at(folder: Arc<tempfile::TempDir>, path: &str, files: &Arc<Files>) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let root = Root::open(&folder.path().join(path)).unwrap();
        let disk = Disk::new(files, root, false, move |event| seen.lock().unwrap().push(event));
        Self { folder, disk, events }
    }

    fn create(&self, name: &str, change: impl FnOnce(&mut Request<'_>)) -> Result<Created, NtStatus> {
        let (path, stream) = SharePath::parse_with_stream(name)?;
        let mut request = Request {
            path: &path,
            stream: stream.as_ref(),
            access: AccessMask::GENERIC_ALL,
            share: ALL,
            disposition: CreateDisposition::OPEN_IF,
            options: CreateOptions::empty(),
            attributes: FileAttributes::empty(),
            allocation: 0,
            extended: &[],
            lease: None,
            breaks: crate::fs::Breaks::AndWaits,
            effort: Effort::UNLIMITED,
        };
        change(&mut request);
        self.disk.create(&request)
    }

    fn open(&self, name: &str) -> Result<Created, NtStatus> {
        self.create(name, |request| request.disposition = CreateDisposition::OPEN)
    }
}

/// A failure here would open a file that a disposition should create, or create one that it should open.
#[test]
fn each_disposition_does_what_it_says() {
    let share = Share::new();
    let with =
        |disposition| share.create("a", |request| request.disposition = disposition).map(|made| made.action);
    assert_eq!(with(CreateDisposition::OPEN), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(with(CreateDisposition::OVERWRITE), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(with(CreateDisposition::CREATE), Ok(CreateAction::CREATED));
    assert_eq!(with(CreateDisposition::CREATE), Err(NtStatus::OBJECT_NAME_COLLISION));
    assert_eq!(with(CreateDisposition::OPEN_IF), Ok(CreateAction::OPENED));
    share.open("A").unwrap().open.write(0, b"data").unwrap();
    assert_eq!(share.open("a").unwrap().info.size, 4);
    assert_eq!(with(CreateDisposition::OVERWRITE_IF), Ok(CreateAction::OVERWRITTEN));
    assert_eq!(share.open("a").unwrap().info.size, 0);
    assert_eq!(with(CreateDisposition::SUPERSEDE), Ok(CreateAction::SUPERSEDED));
    assert_eq!(with(CreateDisposition(9)), Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(share.disk.open_files(), 0, "every open was closed");
}

/// A failure here would open folders as files, or report a missing folder as a missing file.
#[test]
fn files_and_folders_are_distinguished() {
    let share = Share::new();
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    let file = |request: &mut Request<'_>| request.options = CreateOptions::NON_DIRECTORY_FILE;
    share.create("d", folder).unwrap();
    share.create("d\\f", file).unwrap();
    assert_eq!(share.create("d", file).unwrap_err(), NtStatus::FILE_IS_A_DIRECTORY);
    assert_eq!(share.create("d\\f", folder).unwrap_err(), NtStatus::NOT_A_DIRECTORY);
    assert_eq!(share.create("no\\f", file).unwrap_err(), NtStatus::OBJECT_PATH_NOT_FOUND);
    assert_eq!(share.create("d\\f\\g", file).unwrap_err(), NtStatus::OBJECT_PATH_NOT_FOUND);
    assert_eq!(share.create("", folder).unwrap().action, CreateAction::OPENED);
}

/// A failure here would let one program read a file that another has half written.
#[test]
fn share_modes_are_kept_until_the_open_is_closed() {
    let share = Share::new();
    let alone = share.create("f", |request| request.share = ShareAccess::empty()).unwrap();
    assert_eq!(share.open("f").unwrap_err(), NtStatus::SHARING_VIOLATION);
    let look = |request: &mut Request<'_>| request.access = AccessMask::READ_ATTRIBUTES;
    share.create("f", look).unwrap();
    alone.open.close();
    share.open("f").unwrap();
}

/// A failure here would delete a file under its reader, or keep it after its last open is closed.
#[test]
fn a_file_is_deleted_with_its_last_open() {
    let share = Share::new();
    let path = share.folder.path().join("f");
    let reader = share.create("f", |_| ()).unwrap();
    let options = CreateOptions::DELETE_ON_CLOSE;
    share.create("f", |request| request.options = options).unwrap().open.close();
    assert!(path.exists() && reader.open.delete_pending());
    assert_eq!(share.open("f").unwrap_err(), NtStatus::DELETE_PENDING);
    reader.open.close();
    assert!(!path.exists());
    let kept = share.create("f", |_| ()).unwrap();
    kept.open.set_delete_pending(true).unwrap();
    kept.open.set_delete_pending(false).unwrap();
    kept.open.close();
    assert!(path.exists());
}

/// A failure here would delete a folder that is not empty, or a read-only file.
#[test]
fn protected_files_are_not_deleted() {
    let share = Share::new();
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    let made = share.create("d", folder).unwrap();
    share.create("d\\f", |request| request.attributes = FileAttributes::READONLY).unwrap();
    assert_eq!(made.open.set_delete_pending(true), Err(NtStatus::DIRECTORY_NOT_EMPTY));
    let look = |request: &mut Request<'_>| request.access = AccessMask::DELETE;
    let file = share.create("d\\f", look).unwrap();
    assert_eq!(file.open.set_delete_pending(true), Err(NtStatus::CANNOT_DELETE));
    assert_eq!(share.open("d\\f").unwrap_err(), NtStatus::ACCESS_DENIED);
    let maximum = |request: &mut Request<'_>| request.access = AccessMask::MAXIMUM_ALLOWED;
    let most = share.create("d\\f", maximum).unwrap();
    assert!(!most.open.access().contains(AccessMask::WRITE_DATA));
    let root = share.open("").unwrap();
    assert_eq!(root.open.set_delete_pending(true), Err(NtStatus::CANNOT_DELETE));
}

/// A failure here would write data to the wrong offset, or hide that a read is past the end.
#[test]
fn data_is_written_at_its_offset() {
    let share = Share::new();
    let made =
        share.create("f", |request| request.access = AccessMask::READ_DATA | AccessMask::WRITE_DATA).unwrap();
    made.open.write(100, b"tail").unwrap();
    let mut buffer = [1; 10];
    assert_eq!(made.open.read(98, &mut buffer), Ok(6));
    assert_eq!(&buffer[..6], b"\0\0tail");
    assert_eq!(made.open.read(104, &mut buffer), Err(NtStatus::END_OF_FILE));
    assert_eq!(made.open.read(104, &mut []), Ok(0));
    made.open.set_end_of_file(3).unwrap();
    assert_eq!(made.open.info().unwrap().size, 3);
    let reader = share.create("f", |request| request.access = AccessMask::READ_DATA).unwrap();
    assert_eq!(reader.open.write(0, b"x"), Err(NtStatus::ACCESS_DENIED));
    made.open.lock(Range::new(0, 1).unwrap(), Mode::Exclusive).unwrap();
    assert_eq!(reader.open.read(0, &mut buffer), Err(NtStatus::FILE_LOCK_CONFLICT));
    made.open.close();
    assert_eq!(reader.open.read(0, &mut buffer), Ok(3));
    let key = reader.open.file_key();
    assert!(share.events.lock().unwrap().contains(&Event::Unlocked(key)), "waiting requests are notified");
}

/// A failure here would let a rename overwrite another file, or leave an open with the old name.
#[test]
#[cfg_attr(windows, ignore = "Windows itself finds a name in any case")]
fn renaming_respects_what_is_there() {
    let share = Share::new();
    let path = |name: &str| SharePath::parse(name).unwrap();
    let a = share.create("a", |_| ()).unwrap();
    share.create("b", |_| ()).unwrap().open.close();
    assert_eq!(a.open.rename(&path("b"), false), Err(NtStatus::OBJECT_NAME_COLLISION));
    let b = share.open("b").unwrap();
    assert_eq!(a.open.rename(&path("b"), true), Err(NtStatus::ACCESS_DENIED), "it is open");
    b.open.close();
    a.open.rename(&path("b"), true).unwrap();
    assert_eq!(a.open.path(), path("b"));
    a.open.rename(&path("B"), false).unwrap();
    assert!(share.folder.path().join("B").exists() && !share.folder.path().join("b").exists());
    assert_eq!(a.open.rename(&path("no\\b"), false), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
    let made = share.create("d", |request| request.options = CreateOptions::DIRECTORY_FILE).unwrap();
    assert_eq!(a.open.rename(&path("d\\c"), false), Err(NtStatus::SHARING_VIOLATION), "it may be deleted");
    made.open.close();
    for (access, shared, renamed) in [
        (AccessMask::GENERIC_READ, ShareAccess::READ, Err(NtStatus::SHARING_VIOLATION)),
        (AccessMask::READ_ATTRIBUTES, ShareAccess::empty(), Ok(())),
    ] {
        let folder = |request: &mut Request<'_>| (request.access, request.share) = (access, shared);
        let open = share.create("d", folder).unwrap().open;
        assert_eq!(a.open.link(&path("d\\link"), false), renamed);
        assert_eq!(a.open.rename(&path("d\\b"), false), renamed);
        open.close();
    }
    a.open.rename(&path("B"), false).unwrap();
    std::fs::remove_file(share.folder.path().join("d/link")).unwrap();
    let folder = |request: &mut Request<'_>| request.access = AccessMask::GENERIC_READ;
    let reading = share.create("d", folder).unwrap();
    a.open.rename(&path("d\\c"), false).unwrap();
    reading.open.close();
    let made = share.open("d").unwrap();
    assert_eq!(made.open.rename(&path("e"), false), Err(NtStatus::ACCESS_DENIED), "something below is open");
    a.open.link(&path("e"), false).unwrap();
    assert_eq!(a.open.info().unwrap().links, 2);
    a.open.close();
    made.open.rename(&path("f"), false).unwrap();
    assert!(share.folder.path().join("f/c").exists());
}

/// A failure here would lose a file that is renamed to its own name.
#[test]
fn a_file_can_be_renamed_to_its_own_name() {
    let share = Share::new();
    let path = |name: &str| SharePath::parse(name).unwrap();
    let names = || std::fs::read_dir(share.folder.path()).unwrap().count();
    let file = share.create("f", |_| ()).unwrap();
    for name in ["f", "F"] {
        assert_eq!(file.open.link(&path(name), true), Ok(()));
        assert_eq!(file.open.link(&path(name), false), Err(NtStatus::OBJECT_NAME_COLLISION));
        assert!(share.folder.path().join("f").exists() && names() == 1, "{name}");
    }
    assert_eq!(file.open.rename(&path("f"), true), Ok(()));
    assert!(share.folder.path().join("f").exists() && names() == 1);
}

/// A failure here would skip a file in a listing, or return one twice when the listing continues.
#[test]
fn a_listing_continues_where_it_stopped() {
    let share = Share::new();
    for index in 0..100 {
        std::fs::write(share.folder.path().join(format!("f{index:03}.txt")), "").unwrap();
    }
    let root = share.open("").unwrap();
    let mut names = Vec::new();
    let end = root.open.list(|folder, listing| {
        let mut search = Listing::start(folder, "*.txt", &Arc::default(), "", &Effort::UNLIMITED)?;
        loop {
            let mut room = 7;
            let result = search.next(
                folder,
                &Effort::UNLIMITED,
                |_| None,
                |entry| {
                    room -= 1;
                    if room > 0 {
                        names.push(entry.name.clone());
                    }
                    Ok(room > 0)
                },
            );
            if let Err(status) = result {
                *listing = Some(search);
                return Ok(status);
            }
        }
    });
    assert_eq!(end, Ok(NtStatus::NO_MORE_FILES));
    names.sort();
    assert_eq!(names.len(), 100);
    names.dedup();
    assert_eq!(names.len(), 100, "nothing came twice");
    let none = root.open.list(|folder, _| {
        Listing::start(folder, "x*", &Arc::default(), "", &Effort::UNLIMITED)?.next(
            folder,
            &Effort::UNLIMITED,
            |_| None,
            |_| Ok(true),
        )
    });
    assert_eq!(none, Err(NtStatus::NO_SUCH_FILE));
    let dots = root.open.list(|folder, _| {
        let mut names = Vec::new();
        Listing::start(folder, "*", &Arc::default(), "", &Effort::UNLIMITED)?.next(
            folder,
            &Effort::UNLIMITED,
            |_| None,
            |entry| {
                names.push(entry.name.clone());
                Ok(names.len() < 2)
            },
        )?;
        Ok(names)
    });
    assert_eq!(dots.unwrap(), [".", ".."]);
}

/// A failure here would let a client change a read-only share.
#[test]
fn a_read_only_share_changes_nothing() {
    let writable = Share::new();
    writable.create("f", |_| ()).unwrap().open.close();
    let disk = Disk::new(&Arc::default(), Root::open(writable.folder.path()).unwrap(), true, |_| ());
    let share = Share { disk, ..writable };
    assert_eq!(share.open("f").unwrap_err(), NtStatus::ACCESS_DENIED);
    let maximum = |request: &mut Request<'_>| {
        request.access = AccessMask::MAXIMUM_ALLOWED;
        request.disposition = CreateDisposition::OPEN;
    };
    let open = share.create("f", maximum).unwrap().open;
    assert_eq!(open.write(0, b"x"), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(open.set_delete_pending(true), Err(NtStatus::ACCESS_DENIED));
    let new = |request: &mut Request<'_>| request.access = AccessMask::GENERIC_READ;
    assert_eq!(share.create("new", new).unwrap_err(), NtStatus::ACCESS_DENIED);
}

/// A failure here would hide changes from clients that watch a folder.
#[test]
fn changes_are_reported() {
    let share = Share::new();
    let made = share.create("f", |_| ()).unwrap();
    made.open.write(0, b"x").unwrap();
    made.open.set_delete_pending(true).unwrap();
    made.open.close();
    let events = share.events.lock().unwrap();
    let actions: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Changed { action, .. } => Some(*action),
            Event::Unlocked(_) | Event::Deleting(_) => None,
        })
        .collect();
    let kind = super::Kind::File;
    assert_eq!(actions, [Action::Added(kind), Action::Written, Action::Removed(kind)]);
}

/// A failure here would delete a file that a client wanted to open and delete, but did not get, or leave one that it wanted
/// to create.
#[test]
fn an_abandoned_open_is_undone() {
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    std::fs::write(at("old"), "data").unwrap();
    let delete = |request: &mut Request<'_>| request.options = CreateOptions::DELETE_ON_CLOSE;
    let found = share.create("old", delete).unwrap();
    found.open.abandon(found.action == CreateAction::CREATED);
    found.open.close();
    let made = share.create("new", |_| ()).unwrap();
    made.open.abandon(made.action == CreateAction::CREATED);
    made.open.close();
    assert!(at("old").exists() && !at("new").exists());
}

/// A failure here would refuse a client the space that it may have, or return the wrong status for an impossible size.
#[test]
fn space_is_reserved_without_a_change_of_the_size() {
    let share = Share::new();
    let made = share.create("f", |request| request.allocation = 100_000).unwrap();
    made.open.write(0, b"data").unwrap();
    made.open.set_allocation(1 << 20).unwrap();
    assert_eq!(made.open.info().unwrap().size, 4);
    for size in [0xfff_ffff_0001, i64::MAX as u64, 1 << 63, u64::MAX] {
        assert_eq!(made.open.set_end_of_file(size), Err(NtStatus::INVALID_PARAMETER), "{size:x}");
        assert_eq!(made.open.set_allocation(size), Err(NtStatus::INVALID_PARAMETER), "{size:x}");
    }
    assert_eq!(made.open.info().unwrap().size, 4);
}
