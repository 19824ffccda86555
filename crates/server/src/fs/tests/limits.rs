//! Requests that fail half-way change nothing.

use std::process::Command;

use netsession_smb::fscc::{FileFullEaInformation, FileTime};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;
use crate::fs::open::Basic;

/// The environment variable with the limit within which a test runs again, in a process of its own.
const LIMIT: &str = "NETSESSION_TEST_LIMIT";

/// Runs the test `name` in a process of its own with a limit. Returns false in that process.
fn runs_elsewhere(name: &str, resource: Resource, limit: u64) -> bool {
    if std::env::var_os(LIMIT).is_some() {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) }).unwrap();
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let name = format!("fs::tests::limits::{name}");
    let output = Command::new(own).args(["--exact", &name, "--nocapture"]).env(LIMIT, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
    true
}

/// Runs the test `name` in a process of its own whose current folder is a disk of `bytes`. Returns false in that process.
#[cfg(target_os = "linux")]
fn runs_on_small_disk(name: &str, bytes: u64) -> bool {
    const SET_UP: &str = "mount -t tmpfs -o size=$0 tmpfs \"$TMPDIR\" && cd \"$TMPDIR\" && exec \"$@\"";
    if std::env::var_os(LIMIT).is_some() {
        return false;
    }
    let disk = tempfile::tempdir().unwrap();
    let name = format!("fs::tests::limits::{name}");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", SET_UP, &bytes.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .envs([(LIMIT, "1".as_ref()), ("TMPDIR", disk.path().as_os_str())])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
    true
}

/// Returns more bytes than the file system has.
fn too_much(share: &Share) -> u64 {
    let volume = rustix::fs::statvfs(share.folder.path()).unwrap();
    volume.f_blocks * volume.f_frsize + (1 << 30)
}

/// Returns the bytes that a file takes on the disk.
fn allocated(share: &Share, name: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(share.folder.path().join(name)).unwrap().blocks() * 512
}

/// A failure here would fill the disk for everybody, leave the file of a failed CREATE, or empty the file that a failed
/// CREATE should replace.
#[test]
fn a_request_for_more_space_than_there_is_changes_nothing() {
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    let bytes = too_much(&share);
    let create = |name: &str, disposition| {
        share.create(name, |request| (request.allocation, request.disposition) = (bytes, disposition))
    };
    assert_eq!(create("new", CreateDisposition::CREATE).unwrap_err(), NtStatus::DISK_FULL);
    assert!(!at("new").exists());
    std::fs::write(at("old"), "x".repeat(1000)).unwrap();
    let before = allocated(&share, "old");
    let overwriting =
        [CreateDisposition::OVERWRITE, CreateDisposition::OVERWRITE_IF, CreateDisposition::SUPERSEDE];
    for disposition in overwriting {
        assert_eq!(create("old", disposition).unwrap_err(), NtStatus::DISK_FULL, "{disposition:?}");
        assert_eq!(std::fs::read(at("old")).unwrap(), "x".repeat(1000).as_bytes(), "{disposition:?}");
    }
    let open = share.open("old").unwrap().open;
    assert_eq!(open.set_allocation(bytes), Err(NtStatus::DISK_FULL));
    assert_eq!(open.info().unwrap().size, 1000);
    open.close();
    assert_eq!(allocated(&share, "old"), before);
    assert_eq!(share.disk.open_files(), 0);
}

/// A failure here would let a client end the server by a file that is longer than the process may write: the system sends
/// SIGXFSZ.
#[test]
fn a_file_beyond_the_limit_of_the_process_is_refused() {
    if runs_elsewhere("a_file_beyond_the_limit_of_the_process_is_refused", Resource::Fsize, 1 << 20) {
        return;
    }
    let share = Share::new();
    let over = (1 << 20) + 1;
    std::fs::write(share.folder.path().join("old"), "data").unwrap();
    let open = share.open("old").unwrap().open;
    assert_eq!(open.set_end_of_file(over), Err(NtStatus::DISK_FULL));
    assert_eq!(open.set_allocation(over), Err(NtStatus::DISK_FULL));
    assert_eq!(open.write(over - 1, b"x"), Err(NtStatus::DISK_FULL));
    assert_eq!(open.write(over - 2, b"x"), Ok(1), "the last byte within the limit");
    open.set_end_of_file(4).unwrap();
    open.close();
    for disposition in [CreateDisposition::CREATE, CreateDisposition::OVERWRITE_IF] {
        let name = if disposition == CreateDisposition::CREATE { "new" } else { "old" };
        let change =
            |request: &mut Request<'_>| (request.allocation, request.disposition) = (over, disposition);
        assert_eq!(share.create(name, change).unwrap_err(), NtStatus::DISK_FULL);
    }
    assert!(!share.folder.path().join("new").exists());
    assert_eq!(std::fs::read(share.folder.path().join("old")).unwrap(), b"data");
}

/// A failure here would empty, delete or create files for requests that the server refuses because too many files are
/// open.
#[test]
fn a_refused_create_at_the_limit_of_descriptors_changes_nothing() {
    let name = "a_refused_create_at_the_limit_of_descriptors_changes_nothing";
    if runs_elsewhere(name, Resource::Nofile, 64) {
        return;
    }
    let share = Share::new();
    let at = |name: &str| share.folder.path().join(name);
    std::fs::write(at("old"), "data").unwrap();
    let mut open = Vec::new();
    let full = loop {
        match share.open("old") {
            Ok(created) => open.push(created),
            Err(status) => break status,
        }
    };
    assert!(full == NtStatus::TOO_MANY_OPENED_FILES && open.len() > 10, "{full:?}");
    // With each number of free descriptors, a request fails at another step.
    let mut spare: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    for free in 0..8 {
        let refused = |name: &str, change: &dyn Fn(&mut Request<'_>)| {
            assert_eq!(
                share.create(name, change).unwrap_err(),
                NtStatus::TOO_MANY_OPENED_FILES,
                "{name} {free}"
            );
        };
        refused("old", &|request| request.disposition = CreateDisposition::OVERWRITE_IF);
        refused("old", &|request| request.disposition = CreateDisposition::SUPERSEDE);
        refused("old", &|request| request.options = CreateOptions::DELETE_ON_CLOSE);
        refused("new", &|request| request.disposition = CreateDisposition::CREATE);
        refused("new", &|request| request.options = CreateOptions::DIRECTORY_FILE);
        assert_eq!(std::fs::metadata(at("old")).unwrap().len(), 4);
        assert!(!at("new").exists());
        assert!(spare.pop().is_some());
    }
    drop(spare);
    drop(open);
    assert_eq!(share.disk.open_files(), 0);
    assert!(share.open("old").is_ok());
}

/// A failure here would let a client copy for hours to a disk on which the file cannot fit, or refuse a sparse file.
#[cfg(target_os = "linux")]
#[test]
fn only_a_sparse_file_can_be_longer_than_the_disk() {
    if runs_on_small_disk("only_a_sparse_file_can_be_longer_than_the_disk", 256 << 10) {
        return;
    }
    let share = Share::new();
    let open = share.create("f", |_| {}).unwrap().open;
    assert_eq!(open.set_end_of_file(1 << 20), Err(NtStatus::DISK_FULL));
    assert_eq!(open.write(1 << 20, b"x"), Err(NtStatus::DISK_FULL));
    assert_eq!(open.end(), Ok(0), "nothing has changed");
    assert_eq!(open.write(100 << 10, b"x"), Ok(1), "there is room for what is before it");
    assert_eq!(open.set_end_of_file(200 << 10), Ok(()));
    open.set_sparse(true).unwrap();
    assert_eq!(open.set_end_of_file(1 << 30), Ok(()));
    assert_eq!(open.write(2 << 30, b"x"), Ok(1));
    assert_eq!(open.set_end_of_file(0), Ok(()));
}

/// A failure here would tell a client that nothing was written although a part was, or that everything was.
#[cfg(target_os = "linux")]
#[test]
fn a_write_to_a_full_disk_reports_what_fits() {
    if runs_on_small_disk("a_write_to_a_full_disk_reports_what_fits", 256 << 10) {
        return;
    }
    let share = Share::new();
    let open = share.create("f", |_| {}).unwrap().open;
    let data = vec![7; 1 << 20];
    let written = open.write(0, &data).unwrap();
    assert!((1..=256 << 10).contains(&written), "{written} bytes");
    let end = open.end().unwrap();
    assert_eq!(end, u64::try_from(written).unwrap());
    assert_eq!(open.write(end, b"x"), Err(NtStatus::DISK_FULL));
    assert_eq!(open.end().unwrap(), end);
    assert_eq!(open.write(0, b"x"), Ok(1), "there is room for what is there already");
}

/// A failure here would make a file with many attributes one that nobody can hide, date or give a stream: ext4 has a
/// block for all attributes of a file.
#[test]
fn attributes_leave_room_for_those_of_the_server() {
    let share = Share::new();
    let file = share.create("f", |_| {}).unwrap().open;
    let set = |name: String, size: usize| {
        let attribute =
            FileFullEaInformation { need_ea: false, name: name.into_bytes(), value: vec![b'x'; size] };
        file.set_attributes(&[attribute])
    };
    let (mut number, mut kept) = (0, String::new());
    for size in [3000, 700, 100, 1] {
        let refused = loop {
            number += 1;
            let name = format!("a{number}");
            match set(name.clone(), size) {
                Ok(()) => kept = name,
                Err(status) => break status,
            }
        };
        assert!(matches!(refused, NtStatus::DISK_FULL | NtStatus::EA_TOO_LARGE), "{refused:?}");
    }
    let attributes = FileAttributes::HIDDEN;
    let (creation, change) = (FileTime(1 << 56), FileTime(1 << 57));
    assert_eq!(file.set_basic(&Basic { attributes, creation, change, ..Basic::default() }), Ok(()));
    share.create("f:AFP_Resource", |_| {}).unwrap().open.write(0, &[7; 100_000]).unwrap();
    assert_eq!(file.streams().unwrap().len(), 1);
    let info = share.open("f").unwrap().info;
    assert_eq!((info.creation, info.change, info.has_streams), (creation, change, true));
    assert_eq!(set(kept, 1), Ok(()), "a value of the same size needs no more room");
}
