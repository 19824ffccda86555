//! Named streams, as clients on macOS use them.

use netsession_smb::fscc::FileFullEaInformation;

use super::*;
use crate::fs::{Kind, StreamName};

const HIDDEN: &str = ".netsession-streams";

/// Returns `NAME=SIZE` of each stream.
fn streams(share: &Share, name: &str) -> Vec<String> {
    let open = share.open(name).unwrap().open;
    open.streams().unwrap().iter().map(|one| format!("{}={}", one.name.as_str(), one.size)).collect()
}

fn write(share: &Share, name: &str, data: &[u8]) {
    share.create(name, |_| ()).unwrap().open.write(0, data).unwrap();
}

fn read(share: &Share, name: &str) -> Result<Vec<u8>, NtStatus> {
    let open = share.open(name)?.open;
    let mut data = vec![0; usize::try_from(open.end()?).unwrap()];
    let count = if data.is_empty() { 0 } else { open.read(0, &mut data)? };
    assert_eq!(count, data.len());
    Ok(data)
}

/// Returns how many folders of streams there are.
fn kept(share: &Share) -> usize {
    let Ok(outer) = std::fs::read_dir(share.folder.path().join(HIDDEN)) else { return 0 };
    outer.map(|outer| std::fs::read_dir(outer.unwrap().path()).unwrap().count()).sum()
}

fn path(name: &str) -> SharePath {
    SharePath::parse(name).unwrap()
}

/// A failure here would mix up the data of a file with its streams, lose a large one, or show a stream that was deleted.
#[test]
fn streams_have_their_own_data() {
    let share = Share::new();
    write(&share, "f", b"data");
    write(&share, "f:AFP_AfpInfo:$DATA", &[7; 60]);
    write(&share, "f:AFP_Resource", &vec![8; 3_000_000]);
    write(&share, "F:afp_afpinfo", b"changed");
    assert_eq!(streams(&share, "f"), ["AFP_AfpInfo=60", "AFP_Resource=3000000"]);
    assert_eq!(read(&share, "f").unwrap(), b"data");
    assert_eq!(read(&share, "f:AFP_AfpInfo").unwrap()[..9], *b"changed\x07\x07");
    let resource = share.open("f:AFP_Resource").unwrap();
    assert_eq!((resource.info.size, resource.info.kind), (3_000_000, Kind::File));
    assert_eq!(resource.info.key, share.open("f").unwrap().info.key, "the number is that of the file");
    resource.open.set_end_of_file(5).unwrap();
    resource.open.close();
    let with = |disposition| {
        let made = share.create("f:AFP_Resource", |request| request.disposition = disposition);
        made.map(|made| (made.action, made.info.size))
    };
    assert_eq!(with(CreateDisposition::CREATE), Err(NtStatus::OBJECT_NAME_COLLISION));
    assert_eq!(with(CreateDisposition::OPEN_IF), Ok((CreateAction::OPENED, 5)));
    assert_eq!(with(CreateDisposition::OVERWRITE), Ok((CreateAction::OVERWRITTEN, 0)));
    let open = share.open("f:AFP_Resource").unwrap().open;
    open.set_delete_pending(true).unwrap();
    assert_eq!(share.open("f:AFP_Resource").unwrap_err(), NtStatus::DELETE_PENDING);
    open.close();
    assert_eq!(share.open("f:AFP_Resource").unwrap_err(), NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(streams(&share, "f"), ["AFP_AfpInfo=60"]);
    assert_eq!(share.disk.open_files(), 0);
}

/// A failure here would leave an empty file when a client creates a stream of a file that does not exist, or leave a stream
/// without one.
#[test]
fn a_new_stream_makes_its_file() {
    let share = Share::new();
    let open = |disposition| share.create("new:s", |request| request.disposition = disposition);
    assert_eq!(open(CreateDisposition::OPEN).unwrap_err(), NtStatus::OBJECT_NAME_NOT_FOUND);
    assert!(!share.folder.path().join("new").exists());
    assert_eq!(open(CreateDisposition::CREATE).unwrap().action, CreateAction::CREATED);
    assert_eq!(share.open("new").unwrap().info.size, 0);
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    share.create("d", folder).unwrap().open.close();
    write(&share, "d:s", b"of a folder");
    write(&share, ":s", b"of the root");
    assert_eq!(
        (read(&share, "d:s").unwrap(), read(&share, ":s").unwrap()),
        (b"of a folder".to_vec(), b"of the root".to_vec())
    );
    assert_eq!(share.create("d:t", folder).unwrap_err(), NtStatus::NOT_A_DIRECTORY);
    assert_eq!(share.open("missing\\f:s").unwrap_err(), NtStatus::OBJECT_PATH_NOT_FOUND);
}

/// A failure here would lose the streams of a renamed file, or give those of a deleted file to the next one.
#[test]
fn streams_follow_their_file() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    share.create("d", folder).unwrap().open.close();
    let stream = share.open("f:s").unwrap().open;
    let file = share.open("f").unwrap().open;
    file.rename(&path("d\\g"), false).unwrap();
    assert_eq!(stream.wire_path(), "d\\g:s");
    assert_eq!(stream.rename_stream(&StreamName::parse(":t:$DATA").unwrap(), false), Ok(()));
    assert_eq!(
        file.rename_stream(&StreamName::parse(":t").unwrap(), false),
        Err(NtStatus::INVALID_PARAMETER)
    );
    file.close();
    stream.close();
    assert_eq!(read(&share, "d\\g:t").unwrap(), b"stream");
    write(&share, "victim:s", b"is replaced");
    assert_eq!(kept(&share), 2);
    share.open("d\\g").unwrap().open.rename(&path("victim"), true).unwrap();
    assert_eq!((streams(&share, "victim"), kept(&share)), (vec!["t=6".to_owned()], 1));
    share.open("victim").unwrap().open.link(&path("other"), false).unwrap();
    let delete = |name: &str| {
        share.create(name, |request| request.options = CreateOptions::DELETE_ON_CLOSE).unwrap().open.close();
    };
    delete("victim");
    assert_eq!((streams(&share, "other"), kept(&share)), (vec!["t=6".to_owned()], 1), "it has another name");
    delete("other");
    assert_eq!(kept(&share), 0);
    write(&share, "f:s", b"stream");
    share.create("f", |request| request.disposition = CreateDisposition::OVERWRITE).unwrap().open.close();
    assert_eq!((streams(&share, "f"), kept(&share)), (Vec::new(), 0), "an overwritten file has none");
}

/// A failure here would give the streams of one file to a copy of it, so that a change of one changes both.
#[test]
fn a_copy_with_all_attributes_has_no_streams() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let at = |name: &str| share.folder.path().join(name);
    std::fs::write(at("copy"), "").unwrap();
    let mut id = [0; 16];
    rustix::fs::getxattr(at("f"), "user.netsession.streams", &mut id[..]).unwrap();
    rustix::fs::setxattr(at("copy"), "user.netsession.streams", &id, rustix::fs::XattrFlags::empty())
        .unwrap();
    assert_eq!((streams(&share, "copy"), streams(&share, "f").len()), (Vec::new(), 1));
    write(&share, "copy:s", b"its own");
    assert_eq!(
        (read(&share, "f:s").unwrap(), read(&share, "copy:s").unwrap()),
        (b"stream".to_vec(), b"its own".to_vec())
    );
}

/// A failure here would let a client list or change the streams of all files, or reach another file by the name of a stream.
#[test]
fn no_name_reaches_the_place_of_streams() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    for name in [
        HIDDEN,
        ".NetSession-Streams",
        ".netsession-streams\\00",
        "d\\.netsession-streams",
        ".netsession-streams:s",
    ] {
        assert_eq!(share.open(name).unwrap_err(), NtStatus::ACCESS_DENIED, "{name}");
    }
    for name in ["f:..", "f:.", "f:=s", "f:...:$DATA"] {
        assert_eq!(share.open(name).unwrap_err(), NtStatus::OBJECT_NAME_NOT_FOUND, "{name}");
        write(&share, name, b"x");
    }
    assert_eq!(streams(&share, "f"), [".=1", "..=1", "...=1", "=s=1", "s=6"]);
    let root = share.open("").unwrap().open;
    let mut names = Vec::new();
    root.list(|folder, _| {
        Listing::start(folder, "*", &Arc::default(), "", &Effort::UNLIMITED)?.next(
            folder,
            &Effort::UNLIMITED,
            |_| None,
            |entry| {
                names.push(entry.name.clone());
                Ok(true)
            },
        )
    })
    .unwrap();
    assert_eq!(names, [".", "..", "f"]);
    let file = share.open("f").unwrap().open;
    let ours =
        FileFullEaInformation { need_ea: false, name: b"netsession.streams".into(), value: vec![0; 16] };
    assert_eq!(file.set_attributes(&[ours]), Err(NtStatus::ACCESS_DENIED));
}

/// A failure here would let a client list or change the streams of all files through a link that a user of the computer made.
#[cfg(target_os = "linux")]
#[test]
fn no_link_reaches_the_place_of_streams() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let at = |name: &str| share.folder.path().join(name);
    std::fs::create_dir(at("d")).unwrap();
    let folder = std::fs::read_dir(at(HIDDEN)).unwrap().next().unwrap().unwrap().file_name();
    for (target, link) in [
        (HIDDEN.into(), "one"),
        (format!("{HIDDEN}/{}", folder.to_string_lossy()), "two"),
        ("one".into(), "three"),
        (format!("../{HIDDEN}"), "d/four"),
        ("d/../f".into(), "good"),
        ("d".into(), "folder"),
    ] {
        std::os::unix::fs::symlink(target, at(link)).unwrap();
    }
    for name in
        ["one", "one\\00", "two", "three", "d\\four", "folder\\four", "one:s", "one\\new", "one\\new:s"]
    {
        let opened = share.create(name, |_| ());
        assert!(opened.is_err(), "{name}");
    }
    assert!(share.create("one", |request| request.options = CreateOptions::DIRECTORY_FILE).is_err());
    assert_eq!(std::fs::read_dir(at(HIDDEN)).unwrap().count(), 1, "nothing was made there");
    assert_eq!((share.open("good").is_ok(), share.open("folder").is_ok()), (true, true), "other links work");
}

/// A failure here would let a program write a stream that another one has locked or opened exclusively, or write the streams
/// of a read-only file or share.
#[test]
fn streams_have_share_modes_locks_and_read_only() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let alone = share
        .create("f:s", |request| {
            request.share = ShareAccess::empty();
            request.disposition = CreateDisposition::OPEN;
        })
        .unwrap();
    assert_eq!(share.open("f:s").unwrap_err(), NtStatus::SHARING_VIOLATION);
    let write_only = |request: &mut Request<'_>| request.access = AccessMask::GENERIC_WRITE;
    assert!(
        share.create("f", write_only).is_ok() && share.create("f:t", |_| ()).is_ok(),
        "other data of the file"
    );
    alone.open.close();
    let (one, two) = (share.open("f:s").unwrap().open, share.open("f:s").unwrap().open);
    one.lock(Range::new(0, 3).unwrap(), Mode::Exclusive).unwrap();
    assert_eq!(two.write(0, b"x"), Err(NtStatus::FILE_LOCK_CONFLICT));
    assert!(share.open("f").unwrap().open.write(0, b"x").is_ok());
    one.close();
    two.close();
    let disk = Disk::new(&Arc::default(), Root::open(share.folder.path()).unwrap(), true, |_| ());
    let read_only = Share { disk, ..share };
    let reading = |request: &mut Request<'_>| {
        request.access = AccessMask::GENERIC_READ;
        request.disposition = CreateDisposition::OPEN;
    };
    assert_eq!(read_only.create("f:s", reading).unwrap().info.size, 6);
    assert_eq!(read_only.open("f:s").unwrap_err(), NtStatus::ACCESS_DENIED);
    let new = |request: &mut Request<'_>| request.access = AccessMask::GENERIC_READ;
    assert_eq!(read_only.create("f:new", new).unwrap_err(), NtStatus::ACCESS_DENIED);
}

/// A failure here would delete a stream, with its file, while a program reads it and has not shared that.
#[test]
fn a_stream_that_is_open_protects_its_file() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let unshared = |request: &mut Request<'_>| request.share = ShareAccess::READ | ShareAccess::WRITE;
    let deleting = |request: &mut Request<'_>| request.access = AccessMask::DELETE;
    let reader = share.create("f:s", unshared).unwrap().open;
    assert_eq!(share.create("f", deleting).unwrap_err(), NtStatus::SHARING_VIOLATION);
    assert!(share.create("f:t", deleting).is_ok(), "another stream");
    reader.close();
    let deleter = share.create("f", deleting).unwrap().open;
    assert_eq!(share.create("f:s", unshared).unwrap_err(), NtStatus::SHARING_VIOLATION);
    assert!(share.open("f:s").is_ok(), "it shares deletion");
    deleter.close();
    assert!(share.create("f:s", unshared).is_ok());
    assert!(share.create("new:s", unshared).is_ok(), "the file is created with the stream");
}

/// A failure here would let a client make a file that takes long to list.
#[test]
fn the_streams_of_a_file_are_limited() {
    let share = Share::new();
    for number in 0..256 {
        write(&share, &format!("f:{number}"), b"");
    }
    assert_eq!(share.create("f:256", |_| ()).unwrap_err(), NtStatus::INSUFFICIENT_RESOURCES);
    assert!(share.open("f:255").is_ok());
}

/// A failure here would let one client hold up everybody: it makes the thread that serves all clients write a gigabyte of zeros,
/// or free as much.
#[test]
fn slow_work_with_streams_is_for_another_thread() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let reserving = |request: &mut Request<'_>| {
        request.effort = Effort::new(false, &[]);
        request.allocation = 1 << 30;
    };
    for name in ["f:new", "new:s", "new"] {
        assert_eq!(share.create(name, reserving).unwrap_err(), NtStatus::CANT_WAIT, "{name}");
    }
    assert!(
        !share.folder.path().join("new").exists() && streams(&share, "f") == ["s=6"],
        "before any effect"
    );
    let overwriting = |request: &mut Request<'_>| {
        request.effort = Effort::new(false, &[]);
        request.disposition = CreateDisposition::OVERWRITE;
    };
    assert_eq!(share.create("f", overwriting).unwrap_err(), NtStatus::CANT_WAIT, "this frees its streams");
    let little = |request: &mut Request<'_>| {
        reserving(request);
        request.allocation = 64 << 10;
    };
    assert_eq!(share.create("f:new", little).unwrap().action, CreateAction::CREATED);
    let file = share.open("f").unwrap().open;
    assert!(!file.is_slow_to_close());
    file.set_delete_pending(true).unwrap();
    assert!(file.is_slow_to_close(), "this frees its streams");
}

/// A failure here would leave a stream, or the file of a stream, that nobody has, because the disk has no room for it.
#[test]
fn a_stream_without_room_is_not_created() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    for name in ["f:new", "new:s"] {
        let refused = share.create(name, |request| request.allocation = 1 << 50).unwrap_err();
        assert!(matches!(refused, NtStatus::DISK_FULL | NtStatus::INVALID_PARAMETER), "{name}: {refused:?}");
    }
    assert_eq!(streams(&share, "f"), ["s=6"]);
    assert!(!share.folder.path().join("new").exists() && share.disk.open_files() == 0);
    assert_eq!(kept(&share), 1);
}

/// A failure here would take the data of a stream from a program that still reads it, bring a deleted file back, or delete a
/// file that has taken its name.
#[test]
fn an_open_stream_keeps_its_deleted_file() {
    let share = Share::new();
    write(&share, "f:s", b"stream");
    let delete = || share.create("f", |request| request.options = CreateOptions::DELETE_ON_CLOSE);
    let [first, second] = [share.open("f:s").unwrap().open, share.open("f:s").unwrap().open];
    delete().unwrap().open.close();
    for name in ["f", "f:s", "f:t"] {
        assert_eq!(share.create(name, |_| ()).unwrap_err(), NtStatus::DELETE_PENDING, "{name}");
    }
    let mut data = [0; 6];
    assert_eq!((first.read(0, &mut data), &data), (Ok(6), b"stream"));
    first.close();
    assert!(share.folder.path().join("f").exists());
    second.close();
    assert_eq!((share.folder.path().join("f").exists(), kept(&share)), (false, 0));
    write(&share, "f:s", b"stream");
    let stream = share.open("f:s").unwrap().open;
    delete().unwrap().open.close();
    std::fs::rename(share.folder.path().join("f"), share.folder.path().join("g")).unwrap();
    std::fs::write(share.folder.path().join("f"), "another").unwrap();
    stream.close();
    assert!(share.folder.path().join("f").exists(), "the name is that of another file");
}
