//! Shares that show the same files: a share in the folder of another one, and two shares of one folder.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::fs::leases::LeaseClaim;
use crate::fs::{Break, LeaseId, Leases, OplockKind};
use netsession_smb::msg::LeaseKey;
use netsession_wire::Guid;

/// Shares a folder, and the folder `sub` in it.
fn two() -> (Share, Share) {
    let outer = Share::new();
    std::fs::create_dir(outer.folder.path().join("sub")).unwrap();
    let inner = beside(&outer, "sub");
    (outer, inner)
}

/// Adds a share of a folder below that of `outer`.
fn beside(outer: &Share, path: &str) -> Share {
    Share::at(Arc::clone(&outer.folder), path, &outer.disk.files)
}

/// Shares a folder below that of `outer` on another server.
fn alone_at(outer: &Share, path: &str) -> Share {
    Share::at(Arc::clone(&outer.folder), path, &Arc::default())
}

fn path(name: &str) -> SharePath {
    SharePath::parse(name).unwrap()
}

/// Returns the paths of the changes since the last call.
fn changes(share: &Share) -> Vec<String> {
    let events = std::mem::take(&mut *share.events.lock().unwrap());
    let path = |event| match event {
        Event::Changed { path, action: Action::Added(_) } => Some(format!("+{}", path.to_wire())),
        Event::Changed { path, action: Action::Removed(_) } => Some(format!("-{}", path.to_wire())),
        Event::Changed { path, .. } => Some(path.to_wire()),
        Event::Deleting(path) => Some(format!("!{}", path.to_wire())),
        Event::Unlocked(_) => None,
    };
    events.into_iter().filter_map(path).collect()
}

fn alone(request: &mut Request<'_>) {
    request.share = ShareAccess::empty();
}

fn deleting(request: &mut Request<'_>) {
    request.options = CreateOptions::DELETE_ON_CLOSE;
}

/// A failure here would let a client overwrite a file that another client has open for itself alone.
#[test]
fn share_modes_and_locks_count_in_every_share() {
    let (outer, inner) = two();
    let same = beside(&outer, "");
    for (one, name, other, others) in
        [(&outer, "sub\\f", &inner, "f"), (&inner, "f", &outer, "sub\\f"), (&same, "f", &outer, "f")]
    {
        let open = one.create(name, alone).unwrap().open;
        assert_eq!(other.create(others, |_| ()).unwrap_err(), NtStatus::SHARING_VIOLATION, "{name}");
        open.close();
        let (first, second) = (one.open(name).unwrap().open, other.create(others, |_| ()).unwrap().open);
        let range = Range::new(0, 1).unwrap();
        first.lock(range, Mode::Exclusive).unwrap();
        assert_eq!(second.write(0, b"x"), Err(NtStatus::FILE_LOCK_CONFLICT), "{name}");
    }
    assert_eq!(outer.disk.open_files(), 0);
}

/// A failure here would let a client read old data from its cache after a client of another share has changed the file, or
/// refuse a client its own lease.
#[test]
fn caching_counts_in_every_share() {
    let (outer, inner) = two();
    let reader = inner.create("f", |_| ()).unwrap().open;
    let breaks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&breaks);
    let on_break = move |_: Break| {
        count.fetch_add(1, Ordering::Relaxed);
        true
    };
    reader.grant_oplock(OplockKind::LevelTwo, Box::new(on_break)).unwrap();
    outer.open("sub\\f").unwrap().open.write(0, b"x").unwrap();
    assert_eq!((breaks.load(Ordering::Relaxed), reader.oplock()), (1, None));
    drop(reader);
    let leases: &'static Leases = Box::leak(Box::default());
    let id = LeaseId { client: Guid::default(), key: LeaseKey([7; 16]) };
    let leased = |request: &mut Request<'_>| request.lease = Some(LeaseClaim { id, leases });
    let first = inner.create("f", leased).unwrap().open;
    let _second = outer.create("sub\\f", leased).unwrap().open;
    assert_eq!(outer.create("another", leased).unwrap_err(), NtStatus::INVALID_PARAMETER);
    first.close();
    let still = outer.create("another", leased).unwrap_err();
    assert_eq!(still, NtStatus::INVALID_PARAMETER, "the open through the other share still has the lease");
}

/// A failure here would delete a file that a client of another share still uses, let somebody open it, or never delete it.
#[test]
#[cfg_attr(windows, ignore = "no named streams on Windows")]
fn a_file_is_deleted_with_its_last_open_in_any_share() {
    let (outer, inner) = two();
    let on_disk = outer.folder.path().join("sub/f");
    for (one, name, other, others) in [(&outer, "sub\\f", &inner, "f"), (&inner, "f", &outer, "sub\\f")] {
        let reader = one.create(name, |_| ()).unwrap().open;
        other.create(others, deleting).unwrap().open.close();
        assert!(on_disk.exists() && reader.delete_pending(), "{name}");
        for (share, name) in [(one, name), (other, others), (other, &format!("{others}:s"))] {
            assert_eq!(share.create(name, |_| ()).unwrap_err(), NtStatus::DELETE_PENDING, "{name}");
        }
        changes(&outer);
        changes(&inner);
        reader.close();
        assert!(!on_disk.exists(), "{name}");
        assert_eq!((changes(&outer), changes(&inner)), (vec!["-sub\\f".into()], vec!["-f".into()]));
    }
    let stream = inner.create("f:s", |_| ()).unwrap().open;
    outer.create("sub\\f", deleting).unwrap().open.close();
    assert_eq!(inner.create("f", |_| ()).unwrap_err(), NtStatus::DELETE_PENDING);
    stream.close();
    assert!(!on_disk.exists(), "it waited for its stream");
}

/// A failure here would show an administrator another file than the client has open, or delete a file that has left the share.
#[test]
fn a_rename_through_one_share_is_seen_in_the_others() {
    let (outer, inner) = two();
    let open = inner.create("f", |_| ()).unwrap().open;
    outer.open("sub\\f").unwrap().open.rename(&path("sub\\g"), false).unwrap();
    assert_eq!(open.wire_path(), "g");
    inner.open("g").unwrap().open.rename(&path("h"), false).unwrap();
    assert_eq!(open.wire_path(), "h");
    open.set_delete_pending(true).unwrap();
    open.set_delete_pending(false).unwrap();
    changes(&inner);
    outer.open("sub\\h").unwrap().open.rename(&path("secret"), false).unwrap();
    assert_eq!(open.wire_path(), "h", "the client must not learn names outside its share");
    assert_eq!(changes(&inner), ["-h"]);
    open.set_delete_pending(true).unwrap();
    open.close();
    assert!(outer.folder.path().join("secret").exists());
    let open = inner.create("f", |_| ()).unwrap().open;
    open.set_delete_pending(true).unwrap();
    let renamed = outer.create("sub\\f", |_| ()).unwrap_err();
    assert_eq!(renamed, NtStatus::DELETE_PENDING);
}

/// A failure here would move a folder away from under the files that clients of another share have open.
#[test]
#[cfg_attr(windows, ignore = "Windows keeps a folder with an open file in its place")]
fn a_folder_with_open_files_of_another_share_stays() {
    let (outer, inner) = two();
    let folder = |share: &Share, name: &str| {
        let options = CreateOptions::DIRECTORY_FILE;
        share.create(name, |request| request.options = options).unwrap().open
    };
    folder(&outer, "sub\\d").close();
    let open = inner.create("d\\f", |_| ()).unwrap().open;
    for name in ["sub", "sub\\d"] {
        assert_eq!(
            folder(&outer, name).rename(&path("moved"), false),
            Err(NtStatus::ACCESS_DENIED),
            "{name}"
        );
    }
    open.close();
    folder(&outer, "sub").rename(&path("moved"), false).unwrap();
    let _reader = inner.open("d\\f").unwrap().open;
    assert_eq!(folder(&outer, "moved").rename(&path("sub"), false), Err(NtStatus::ACCESS_DENIED));
    outer.create("moved\\d\\f", deleting).unwrap().open.close();
    assert!(outer.folder.path().join("moved/d/f").exists(), "the server still knows that it is one name");
}

/// A failure here would hide changes from clients that watch a folder, or show them the names outside their share.
#[test]
#[cfg_attr(windows, ignore = "Windows keeps a folder with an open file in its place")]
fn changes_are_reported_in_every_share_that_shows_the_file() {
    let (outer, inner) = two();
    let same = beside(&outer, "sub");
    inner.create("f", |_| ()).unwrap().open.write(0, b"x").unwrap();
    assert_eq!(changes(&inner), ["+f", "f"]);
    assert_eq!(changes(&same), ["+f", "f"]);
    assert_eq!(changes(&outer), ["+sub\\f", "sub\\f"]);
    outer.create("secret", |_| ()).unwrap();
    outer.create("sub\\g", |_| ()).unwrap();
    assert_eq!(
        (changes(&inner), changes(&outer)),
        (vec!["+g".into()], vec!["+secret".into(), "+sub\\g".into()])
    );
    let folder = |request: &mut Request<'_>| request.options = CreateOptions::DIRECTORY_FILE;
    inner.create("d", folder).unwrap().open.set_delete_pending(true).unwrap();
    assert_eq!(changes(&outer), ["+sub\\d", "!sub\\d", "-sub\\d"]);
    changes(&inner);
    // Another program moves the folder away. Its clients keep it, and the names there are none of the outer share's.
    let root = outer.folder.path();
    let elsewhere = tempfile::tempdir_in(".").unwrap();
    std::fs::rename(root.join("sub"), elsewhere.path().join("sub")).unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    inner.create("hidden", |_| ()).unwrap();
    outer.create("sub\\other", |_| ()).unwrap();
    assert_eq!((changes(&inner), changes(&outer)), (vec!["+hidden".into()], vec!["+sub\\other".into()]));
}

/// A failure here would lose a stream that a client has made through another share, or leave it behind.
#[test]
#[cfg_attr(windows, ignore = "no named streams on Windows")]
fn streams_are_the_same_in_every_share() {
    let (outer, inner) = two();
    let write = |share: &Share, name: &str| {
        share.create(name, |_| ()).unwrap().open.write(0, name.as_bytes()).unwrap();
    };
    let streams = |share: &Share, name: &str| -> Vec<String> {
        let open = share.open(name).unwrap().open;
        open.streams().unwrap().iter().map(|one| one.name.as_str().to_owned()).collect()
    };
    write(&inner, "f:one");
    write(&outer, "sub\\f:two");
    write(&outer, "sub\\g:three");
    assert_eq!(
        (streams(&inner, "f"), streams(&outer, "sub\\f")),
        (vec!["one".into(), "two".into()], vec!["one".into(), "two".into()])
    );
    // The next run of the server shares one of the folders alone.
    for (place, file) in [("", "sub\\g"), ("sub", "g")] {
        let alone = alone_at(&outer, place);
        write(&alone, &format!("{file}:four"));
        assert_eq!(streams(&alone, file), ["four", "three"], "{place}");
    }
    let (by_outer, by_inner) = (alone_at(&outer, ""), alone_at(&outer, "sub"));
    write(&by_outer, "sub\\h:before");
    write(&by_inner, "h:after");
    assert_eq!(streams(&by_inner, "h"), ["after"], "it cannot reach the folder of the outer share");
    for (share, name) in [(&by_outer, "sub\\h"), (&outer, "sub\\h"), (&inner, "h")] {
        assert_eq!(streams(share, name), ["before"], "nothing is lost");
    }
    outer.create("sub\\h", deleting).unwrap().open.close();
    let file = outer.open("sub\\f").unwrap().open;
    file.rename(&path("f"), false).unwrap();
    file.close();
    assert_eq!(streams(&outer, "f"), ["one", "two"]);
    outer.create("f", deleting).unwrap().open.close();
    outer.create("sub\\g", deleting).unwrap().open.close();
    for place in ["", "sub"] {
        let hidden = outer.folder.path().join(place).join(".netsession-streams");
        let kept = std::fs::read_dir(hidden).into_iter().flatten();
        let kept: usize = kept.map(|one| std::fs::read_dir(one.unwrap().path()).unwrap().count()).sum();
        assert_eq!(kept, 0, "{place}");
    }
}

/// Runs the test of this name again in a mount namespace in which the folder `b` shows the folder `a`. Returns false if this is that run.
#[cfg(target_os = "linux")]
fn runs_with_bind_mount(name: &str) -> bool {
    const SET_UP: &str = "mkdir a b && mount --bind a b && exec \"$@\"";
    if std::env::var_os("NETSESSION_TEST_BIND").is_some() {
        return false;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = format!("fs::tests::overlap::{name}");
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", SET_UP, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env("NETSESSION_TEST_BIND", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
    true
}

/// A failure here would let clients of a share overwrite or delete what clients of another share have open, because the system shows
/// the folder in two places.
#[cfg(target_os = "linux")]
#[test]
fn a_bind_mount_destroys_nothing() {
    if runs_with_bind_mount("a_bind_mount_destroys_nothing") {
        return;
    }
    let at = |path: &str, files: &Arc<Files>| {
        let disk = Disk::new(files, Root::open(std::path::Path::new(path)).unwrap(), false, |_| {});
        Share { folder: Arc::new(tempfile::tempdir().unwrap()), disk, events: Arc::default() }
    };
    let files = Arc::default();
    let (one, other) = (at("a", &files), at("b", &files));
    let open = one.create("f", alone).unwrap().open;
    assert_eq!(other.create("f", |_| {}).unwrap_err(), NtStatus::SHARING_VIOLATION);
    open.write(0, b"first").unwrap();
    drop(open);

    let (first, again) = (one.create("f", |_| {}).unwrap().open, other.create("f", deleting).unwrap().open);
    let new = other.create("new", |_| {}).unwrap().open;
    assert_eq!(new.rename(&path("f"), true), Err(NtStatus::ACCESS_DENIED), "it is open in the other share");
    // The other share does not learn the new name, and deletes nothing that only has the old one.
    first.rename(&path("g"), false).unwrap();
    new.write(0, b"second").unwrap();
    new.rename(&path("f"), false).unwrap();
    drop((again, new, first));
    let data = |name: &str| std::fs::read(format!("a/{name}")).unwrap();
    assert_eq!((data("f"), data("g")), (b"second".to_vec(), b"first".to_vec()));
}
