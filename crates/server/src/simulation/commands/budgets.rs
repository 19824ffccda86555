//! Limits by user: what one user holds leaves enough for the others.

use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::{
    ChangeNotifyFlags, ChangeNotifyRequest, CompletionFilter, CreateOptions, FileId, LockElement, LockFlags,
    LockRequest, QueryDirectoryFlags, QueryDirectoryRequest, TreeConnectFlags, TreeConnectRequest,
};
use netsession_wire::NtStatus;

use super::{ShareClient, answered, create};
use crate::named_pipe::OWN;
use crate::simulation::world::World;

fn watch(file_id: FileId) -> ChangeNotifyRequest {
    ChangeNotifyRequest {
        flags: ChangeNotifyFlags::empty(),
        output_buffer_length: 4096,
        file_id,
        completion_filter: CompletionFilter::FILE_NAME,
    }
}

/// A failure here would let one user open so many files that nobody else can, or change a file that it then refuses.
#[test]
fn files_are_limited_by_user() {
    let world = World::new();
    let mut mallory = ShareClient::of(&world, "alice", "data");
    let mut other = ShareClient::of(&world, "root", "data");
    let folder = mallory.folder("");
    let mut held = world.state.budgets.files.part("alice");
    held.set(1 << 30);
    for name in ["new", ""] {
        let refused = mallory.create(name, CreateOptions::empty());
        assert_eq!(refused, Err(NtStatus::TOO_MANY_OPENED_FILES), "{name}");
    }
    let all = QueryDirectoryRequest {
        class: FileInformationClass::NAMES,
        flags: QueryDirectoryFlags::empty(),
        file_index: 0,
        file_id: folder,
        output_buffer_length: 4096,
        pattern: "new".into(),
    };
    assert_eq!(mallory.status(&all), NtStatus::NO_SUCH_FILE, "the refused file was not created");
    held.set(0);
    let before = world.state.budgets.files.total();
    let file = other.file("new");
    assert_eq!(world.state.budgets.files.total(), before + 1);
    other.close(file);
    assert_eq!(world.state.budgets.files.total(), before, "closing the file returns its place");
}

/// A failure here would let one user's unread calls, or pipes without any, fill the memory, in however many sessions.
#[test]
fn pipes_are_limited_by_user() {
    let world = World::new();
    let pipes = &world.state.budgets.pipes;
    let mut mallory = ShareClient::of(&world, "alice", "IPC$");
    let mut other = ShareClient::of(&world, "root", "IPC$");
    let (pipe, others) = (mallory.file("srvsvc"), other.file("srvsvc"));
    assert_eq!(pipes.total(), 2 * OWN);
    // The head of a call that never ends.
    let part = [5, 0, 0, 3, 16, 0, 0, 0, 0xff, 0];
    assert_eq!((mallory.write(pipe, 0, &part), pipes.total()), (NtStatus::SUCCESS, 2 * OWN + part.len()));
    let mut held = pipes.part("alice");
    held.set(40 << 20);
    assert_eq!(mallory.write(pipe, 0, &part), NtStatus::INSUFFICIENT_RESOURCES);
    assert_eq!(mallory.create("srvsvc", CreateOptions::empty()), Err(NtStatus::INSUFFICIENT_RESOURCES));
    assert_eq!(other.write(others, 0, &part), NtStatus::SUCCESS);
    drop(held);
    mallory.close(pipe);
    assert_eq!(pipes.total(), OWN + part.len());
}

/// A failure here would let one user watch so many folders that each change is slow, or that nobody else can watch one.
#[test]
fn watches_are_limited_by_user() {
    let world = World::new();
    let mut mallory = ShareClient::of(&world, "alice", "data");
    let mut other = ShareClient::of(&world, "root", "data");
    let (folder, others) = (mallory.folder(""), other.folder(""));
    let mut held = world.state.budgets.watches.part("alice");
    held.set(10_000);
    assert_eq!(mallory.status(&watch(folder)), NtStatus::INSUFFICIENT_RESOURCES);
    assert_eq!(answered(&other.ask(&watch(others))), None, "it waits");
    let events = other.ask(&create("new", CreateOptions::empty()));
    let statuses: Vec<_> = events.iter().map(|event| answered(std::slice::from_ref(event))).collect();
    assert_eq!(statuses, [Some(NtStatus::SUCCESS); 2], "the file is open, and the change reported");
    held.set(0);
    assert_eq!(answered(&mallory.ask(&watch(folder))), None, "it waits");
}

/// A failure here would let one user's locks fill the memory, or count locks that no longer exist.
#[test]
fn locks_are_limited_by_user() {
    let world = World::new();
    let locks = &world.state.budgets.locks;
    let mut mallory = ShareClient::of(&world, "alice", "data");
    let mut other = ShareClient::of(&world, "root", "data");
    let (file, others) = (mallory.file("records"), other.file("other"));
    assert_eq!(mallory.status(&lock(file, &[1, 2], LockFlags::EXCLUSIVE_LOCK)), NtStatus::SUCCESS);
    assert_eq!(locks.total(), 2);
    assert_eq!(mallory.status(&lock(file, &[3, 2], LockFlags::EXCLUSIVE_LOCK)), NtStatus::LOCK_NOT_GRANTED);
    assert_eq!(locks.total(), 2, "a refused request takes nothing");
    let mut held = locks.part("alice");
    held.set(65_536);
    let refused = mallory.status(&lock(file, &[3, 4], LockFlags::EXCLUSIVE_LOCK));
    assert_eq!(refused, NtStatus::INSUFFICIENT_RESOURCES);
    assert_eq!(other.status(&lock(others, &[1, 2], LockFlags::EXCLUSIVE_LOCK)), NtStatus::SUCCESS);
    assert_eq!(mallory.status(&lock(file, &[1], LockFlags::UNLOCK)), NtStatus::SUCCESS);
    drop(held);
    assert_eq!(locks.total(), 3);
    mallory.close(file);
    other.close(others);
    assert_eq!(locks.total(), 0, "closing a file returns its locks");
}

fn lock(file_id: FileId, offsets: &[u64], mode: LockFlags) -> LockRequest {
    let flags = if mode == LockFlags::UNLOCK { mode } else { mode | LockFlags::FAIL_IMMEDIATELY };
    let locks = offsets.iter().map(|&offset| LockElement { offset, length: 1, flags }).collect();
    LockRequest { lock_sequence: 0, file_id, locks }
}

/// A failure here would let one user's connections to shares fill the memory.
#[test]
fn connections_to_shares_are_limited_by_user() {
    let world = World::new();
    let trees = &world.state.budgets.trees;
    let before = trees.total();
    let mut mallory = ShareClient::of(&world, "alice", "data");
    assert_eq!(trees.total(), before + 1);
    let mut held = trees.part("alice");
    held.set(32_768);
    let connect = TreeConnectRequest {
        flags: TreeConnectFlags::empty(),
        path: r"\\server\data".into(),
        contexts: None,
    };
    assert_eq!(mallory.status(&connect), NtStatus::INSUFFICIENT_RESOURCES);
    drop(held);
    assert_eq!(mallory.status(&connect), NtStatus::SUCCESS);
}
