//! Names in another case in a large folder.

use rustix::fs::AtFlags;

use super::*;
use crate::fs::root::Root;

/// More names than the server reads on a thread of the runtime.
const MANY: usize = 1000;

fn path(wire: &str) -> SharePath {
    SharePath::parse(wire).unwrap()
}

fn share() -> Share {
    let share = Share::new();
    let big = share.folder.path().join("big");
    std::fs::create_dir(&big).unwrap();
    (0..MANY).for_each(|number| std::fs::write(big.join(format!("file {number}")), "").unwrap());
    share
}

/// Finds a name without reading a large folder.
fn light(root: &Root, name: &str) -> Result<bool, NtStatus> {
    let light = Effort::new(false, &[]);
    root.spell(&path(name), &light).map(|spelled| spelled.exists).map_err(crate::fs::status::to_status)
}

fn slow(root: &Root, name: &str) -> bool {
    root.spell(&path(name), &Effort::UNLIMITED).unwrap().exists
}

/// Creates a file in a later tick of the file system's clock than the last change of the folder.
fn create_later(share: &Share, name: &str) {
    let big = share.folder.path().join("big");
    let stamp = || rustix::fs::statat(rustix::fs::CWD, &big, AtFlags::empty()).unwrap();
    let before = stamp();
    loop {
        std::fs::write(big.join(name), "").unwrap();
        let after = stamp();
        if (after.st_mtime, after.st_mtime_nsec) != (before.st_mtime, before.st_mtime_nsec) {
            return;
        }
        std::fs::remove_file(big.join(name)).unwrap();
    }
}

/// A failure here would read a large folder for each CREATE of a missing name, on a thread that serves all clients.
#[test]
fn a_large_folder_is_read_once_on_another_thread() {
    let share = share();
    let root = &share.disk.root;
    assert_eq!(light(root, "big\\file 3"), Ok(true), "the exact name needs no search");
    assert_eq!(light(root, "big\\NONESUCH"), Err(NtStatus::CANT_WAIT));
    assert!(slow(root, "big\\FILE 999") && !slow(root, "big\\nonesuch"));
    for number in [0, 3, 999] {
        assert_eq!(light(root, &format!("BIG\\FILE {number}")), Ok(true));
    }
    assert_eq!(light(root, "big\\nonesuch"), Ok(false));
}

/// A failure here would hide files that other programs have created, or show files that they have removed.
#[test]
fn changes_by_others_are_seen() {
    let share = share();
    let root = &share.disk.root;
    assert!(!slow(root, "big\\NEW"));
    create_later(&share, "new");
    assert_ne!(light(root, "big\\NEW"), Ok(false), "the folder must be read again");
    assert!(slow(root, "big\\NEW"));
    std::fs::remove_file(share.folder.path().join("big/new")).unwrap();
    assert!(!slow(root, "big\\NEW"));
}

/// A failure here would read the folder again for each file that a client copies into it, or forget the server's own
/// changes.
#[test]
fn changes_by_the_server_need_no_reading() {
    let share = share();
    let root = &share.disk.root;
    assert!(!slow(root, "big\\one"));
    let one = share.create("big\\one", |_| ()).unwrap().open;
    assert_eq!(light(root, "big\\ONE"), Ok(true));
    one.rename(&path("big\\two"), false).unwrap();
    assert_eq!((light(root, "big\\ONE"), light(root, "big\\TWO")), (Ok(false), Ok(true)));
    one.set_delete_pending(true).unwrap();
    one.close();
    assert!(!slow(root, "big\\TWO"));
}

/// A failure here would continue the search for a disconnected client.
#[test]
fn a_search_ends_with_its_client() {
    let share = share();
    let gone = std::sync::atomic::AtomicBool::new(true);
    let stops = [&gone];
    let error = share.disk.root.spell(&path("big\\nonesuch"), &Effort::new(true, &stops)).unwrap_err();
    assert_eq!(crate::fs::status::to_status(error), NtStatus::CANCELLED);
    let big = share.open("big").unwrap().open;
    let started = big.list(|folder, _| {
        Listing::start(folder, "*", &Arc::default(), "", &Effort::new(true, &stops)).map(drop)
    });
    assert_eq!(started, Err(NtStatus::CANCELLED));
}
