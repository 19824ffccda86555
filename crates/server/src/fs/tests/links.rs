//! Two names of one file: each open acts on the name that it was opened by.

#[cfg(unix)]
use std::os::unix::fs::symlink;
#[cfg(windows)]
use std::os::windows::fs::symlink_file as symlink;
use std::path::Path;

use super::*;

/// The kinds of a second name, and whether each is a hard link. On Windows the server opens no symbolic link.
const KINDS: &[bool] = if cfg!(unix) { &[true, false] } else { &[true] };

/// Returns the names in the share, in order.
fn names(share: &Share) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(share.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn path(name: &str) -> SharePath {
    SharePath::parse(name).unwrap()
}

/// A share with `real`, whose other name `other` is a hard link or a symbolic link.
fn with_two_names(is_hard: bool) -> Share {
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    std::fs::write(at("real"), "data").unwrap();
    match is_hard {
        true => std::fs::hard_link(at("real"), at("other")).unwrap(),
        false => symlink("real", at("other")).unwrap(),
    }
    share
}

fn delete(share: &Share, name: &str) {
    let change = |request: &mut Request<'_>| {
        request.options = CreateOptions::DELETE_ON_CLOSE;
        request.disposition = CreateDisposition::OPEN;
    };
    share.create(name, change).unwrap().open.close();
}

/// A failure here would delete the file of another user instead of the named one.
#[test]
#[cfg_attr(windows, ignore = "Wine does not tell the names of a file apart")]
fn the_name_that_was_opened_is_deleted() {
    for &is_hard in KINDS {
        for (reader, deleted) in [("real", "other"), ("other", "real")] {
            let share = with_two_names(is_hard);
            let reader = share.open(reader).unwrap();
            delete(&share, deleted);
            assert!(!names(&share).contains(&deleted.to_owned()), "{deleted}, hard: {is_hard}");
            assert!(names(&share).contains(&reader.open.path().to_wire()), "{deleted}, hard: {is_hard}");
            assert!(!reader.open.delete_pending());
            let events = share.events.lock().unwrap().clone();
            let removed =
                Event::Changed { path: path(deleted), action: Action::Removed(super::super::Kind::File) };
            assert!(events.contains(&removed), "{events:?}");
            let mut data = [0; 4];
            assert_eq!(reader.open.read(0, &mut data), Ok(4), "the reader keeps its data");
            reader.open.close();
            assert_eq!(names(&share).len(), 1, "closing the other name deletes nothing");
        }
    }
}

/// A failure here would refuse a name because the server deletes another name of the file, or open a name that it
/// deletes.
#[test]
#[cfg_attr(windows, ignore = "Wine does not tell the names of a file apart")]
fn only_the_deleted_name_refuses_opens() {
    let share = with_two_names(true);
    let [real, again] = [share.open("real").unwrap(), share.open("real").unwrap()];
    real.open.set_delete_pending(true).unwrap();
    assert_eq!(share.open("real").unwrap_err(), NtStatus::DELETE_PENDING);
    let other = share.open("other").unwrap();
    assert!(again.open.delete_pending() && !other.open.delete_pending());
    other.open.set_delete_pending(false).unwrap();
    real.open.close();
    assert_eq!(names(&share), ["other", "real"], "it is open once more");
    again.open.close();
    assert_eq!(names(&share), ["other"]);
}

/// A failure here would rename the file of another user instead of the named one.
#[test]
fn the_name_that_was_opened_is_renamed() {
    for &is_hard in KINDS {
        for (reader, renamed) in [("real", "other"), ("other", "real")] {
            let share = with_two_names(is_hard);
            let read = share.open(reader).unwrap();
            let [open, same] = [share.open(renamed).unwrap(), share.open(renamed).unwrap()];
            open.open.rename(&path("new"), false).unwrap();
            let mut expected = [reader, "new"];
            expected.sort_unstable();
            assert_eq!(names(&share), expected, "{renamed}, hard: {is_hard}");
            assert_eq!(read.open.path(), path(reader));
            assert_eq!((open.open.path(), same.open.path()), (path("new"), path("new")));
            let events = share.events.lock().unwrap().clone();
            let old =
                Event::Changed { path: path(renamed), action: Action::RenamedOld(super::super::Kind::File) };
            assert!(events.contains(&old), "{events:?}");
        }
    }
}

/// A failure here would lose a file that is renamed to its own other name, or report a rename that did not happen.
#[test]
#[cfg_attr(windows, ignore = "Wine does not tell the names of a file apart")]
fn a_name_can_replace_another_name_of_the_same_file() {
    let share = with_two_names(true);
    let open = share.open("other").unwrap();
    assert_eq!(open.open.rename(&path("real"), false), Err(NtStatus::OBJECT_NAME_COLLISION));
    let real = share.open("real").unwrap();
    assert_eq!(open.open.rename(&path("real"), true), Err(NtStatus::ACCESS_DENIED), "it is open");
    real.open.close();
    open.open.rename(&path("real"), true).unwrap();
    assert_eq!(names(&share), ["real"]);
    assert_eq!(open.open.path(), path("real"));
    assert_eq!(std::fs::read(share.folder.path().join("real")).unwrap(), b"data");
}

/// A failure here would delete the only name of a file that a client renames to itself through a link to its folder.
#[cfg(unix)]
#[test]
fn the_same_name_by_another_way_is_the_same() {
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("folder/f"), "data").unwrap();
    symlink("folder", at("way")).unwrap();
    let open = share.open("folder\\f").unwrap();
    for target in ["way\\f", "way\\F", "folder\\F"] {
        open.open.rename(&path(target), true).unwrap();
        let name = target.rsplit('\\').next().unwrap();
        assert_eq!(std::fs::read(at("folder").join(name)).unwrap(), b"data", "{target}");
    }
    assert_eq!(open.open.link(&path("way\\F"), true), Ok(()));
    assert_eq!(std::fs::read(at("folder/F")).unwrap(), b"data");
}

/// A failure here would let a client replace a file that its owner has protected.
#[test]
fn a_read_only_file_is_not_replaced() {
    let share = Share::new();
    let made = share.create("kept", |request| request.attributes = FileAttributes::READONLY).unwrap();
    made.open.write(0, b"kept").unwrap();
    made.open.close();
    let evil = share.create("evil", |_| ()).unwrap();
    assert_eq!(evil.open.rename(&path("kept"), true), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(evil.open.link(&path("kept"), true), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(std::fs::read(share.folder.path().join("kept")).unwrap(), b"kept");
    assert_eq!(names(&share), ["evil", "kept"]);
}

/// A failure here would lose both the old and the new file if a link replaces a file.
#[test]
fn a_link_replaces_a_file_in_one_step() {
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    for name in ["old", "new"] {
        std::fs::write(at(name), name).unwrap();
    }
    let new = share.open("new").unwrap();
    assert_eq!(new.open.link(&path("old"), false), Err(NtStatus::OBJECT_NAME_COLLISION));
    new.open.link(&path("old"), true).unwrap();
    assert_eq!(std::fs::read(at("old")).unwrap(), b"new");
    assert_eq!(names(&share), ["new", "old"], "no temporary name is left");
    std::fs::create_dir(at("folder")).unwrap();
    assert_eq!(new.open.link(&path("folder"), true), Err(NtStatus::ACCESS_DENIED));
    assert!(Path::new(&at("folder")).is_dir());
}

/// A failure here would show an empty folder that nobody can remove, because its links are hidden, or list a link that no
/// client can open.
#[cfg(unix)]
#[test]
fn a_link_is_listed_if_it_can_be_opened() {
    let share = Share::new();
    let outside = tempfile::tempdir().unwrap();
    let at = |name: &str| share.folder.path().join(name);
    std::fs::create_dir_all(at("d/sub")).unwrap();
    std::fs::write(at("data"), "four").unwrap();
    std::fs::write(outside.path().join("secret"), "").unwrap();
    symlink("../data", at("d/file")).unwrap();
    symlink("sub", at("d/folder")).unwrap();
    symlink("missing", at("d/dangling")).unwrap();
    symlink("loop", at("d/loop")).unwrap();
    symlink("/dev/null", at("d/device")).unwrap();
    symlink(outside.path().join("secret"), at("d/absolute")).unwrap();
    symlink("../../..", at("d/parent")).unwrap();
    let folder = share.open("d").unwrap().open;
    let mut listed = Vec::new();
    folder
        .list(|file, _| {
            Listing::start(file, "*", &Arc::default(), "", &Effort::UNLIMITED)?.next(
                file,
                &Effort::UNLIMITED,
                |name| folder.follow(name),
                |entry| {
                    listed.push((entry.name.clone(), entry.info.kind, entry.info.size));
                    Ok(true)
                },
            )
        })
        .unwrap();
    let seen: Vec<_> = listed.iter().map(|(name, kind, size)| (name.as_str(), *kind, *size)).collect();
    let directory = super::super::Kind::Directory;
    let expected = [
        (".", directory, 0),
        ("..", directory, 0),
        ("file", super::super::Kind::File, 4),
        ("folder", directory, 0),
        ("sub", directory, 0),
    ];
    assert_eq!(seen, expected);
    for name in ["file", "folder", "dangling", "loop", "device", "absolute", "parent"] {
        let is_listed = listed.iter().any(|(listed, ..)| listed == name);
        assert_eq!(share.open(&format!(r"d\{name}")).is_ok(), is_listed, "{name}");
    }
}

/// A failure here would leave Explorer with the old folder or the old attributes of a file that somebody has moved.
#[test]
fn a_move_is_reported_in_both_folders_and_a_renamed_file_is_to_archive() {
    let share = Share::new();
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    share.create("d", folder).unwrap();
    share.create("e", folder).unwrap();
    let file = share.create("d\\f", |_| ()).unwrap().open;
    let events = || std::mem::take(&mut *share.events.lock().unwrap());
    let changed = |name: &str, action| Event::Changed { path: path(name), action };
    let kind = super::super::Kind::File;
    events();
    file.rename(&path("d\\g"), false).unwrap();
    let [old, new] = [changed("d\\f", Action::RenamedOld(kind)), changed("d\\g", Action::RenamedNew(kind))];
    assert_eq!(events(), [old, new, changed("d\\g", Action::MarkedForArchiving)]);
    file.rename(&path("e\\g"), false).unwrap();
    let [old, new] = [changed("d\\g", Action::Removed(kind)), changed("e\\g", Action::Added(kind))];
    assert_eq!(events(), [old, new, changed("e\\g", Action::MarkedForArchiving)]);
    let folder = share.open("d").unwrap().open;
    folder.rename(&path("h"), false).unwrap();
    assert_eq!(events().len(), 2, "a folder has no such attribute");
}
