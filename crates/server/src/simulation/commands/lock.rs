use netsession_smb::msg::{FileId, LockElement, LockFlags, LockRequest};
use netsession_wire::NtStatus;

use super::{ShareClient, answered};
use crate::simulation::world::World;

const NOW: LockFlags = LockFlags::EXCLUSIVE_LOCK.union(LockFlags::FAIL_IMMEDIATELY);

fn lock(file_id: FileId, ranges: &[(u64, u64)], flags: LockFlags) -> LockRequest {
    let element = |(offset, length): &(u64, u64)| LockElement { offset: *offset, length: *length, flags };
    LockRequest { lock_sequence: 0, file_id, locks: ranges.iter().map(element).collect() }
}

/// A failure here would keep some locks of a request that was refused.
#[test]
fn several_ranges_are_locked_all_or_none() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (one, other) = (a.file("f"), b.file("f"));
    assert_eq!(a.status(&lock(one, &[(20, 5)], NOW)), NtStatus::SUCCESS);
    assert_eq!(b.status(&lock(other, &[(0, 5), (22, 1)], NOW)), NtStatus::LOCK_NOT_GRANTED);
    assert_eq!(a.status(&lock(one, &[(0, 5)], NOW)), NtStatus::SUCCESS, "it was given back");
    let waiting = lock(other, &[(40, 1), (50, 1)], LockFlags::EXCLUSIVE_LOCK);
    assert_eq!(b.status(&waiting), NtStatus::INVALID_PARAMETER, "several cannot wait");
}

/// A failure here would let one request make the server compare tens of thousands of locks with as many others.
#[test]
fn one_request_locks_few_ranges() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    let ranges = |count: u64| (0..count).map(|at| (at, 1)).collect::<Vec<_>>();
    assert_eq!(client.status(&lock(file, &ranges(1024), NOW)), NtStatus::SUCCESS);
    assert_eq!(
        client.status(&lock(file, &ranges(1025), LockFlags::UNLOCK)),
        NtStatus::INSUFFICIENT_RESOURCES
    );
    assert_eq!(client.status(&lock(file, &ranges(1024), LockFlags::UNLOCK)), NtStatus::SUCCESS);
}

/// A failure here would make the server retry thousands of waiting locks for each message of their client.
#[test]
fn few_locks_wait_at_once() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (one, other) = (a.file("f"), b.file("f"));
    assert_eq!(a.status(&lock(one, &[(0, 5)], NOW)), NtStatus::SUCCESS);
    let waiting = lock(other, &[(0, 5)], LockFlags::EXCLUSIVE_LOCK);
    for _ in 0..128 {
        assert_eq!(answered(&b.ask(&waiting)), None);
    }
    assert_eq!(b.status(&waiting), NtStatus::INSUFFICIENT_RESOURCES);
    assert_eq!(a.close(one), NtStatus::SUCCESS);
    b.peer.attend().unwrap();
    assert_eq!(answered(&b.peer.events()), Some(NtStatus::SUCCESS), "the first has it");
}

/// A failure here would make a program wait forever for a free lock, or not wait at all.
#[test]
fn a_lock_waits_until_it_is_free() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (one, other) = (a.file("f"), b.file("f"));
    assert_eq!(a.status(&lock(one, &[(0, 5)], NOW)), NtStatus::SUCCESS);
    let waiting = b.ask(&lock(other, &[(4, 1)], LockFlags::SHARED_LOCK));
    assert_eq!(answered(&waiting), None, "{waiting:?}");
    assert_eq!(a.status(&lock(one, &[(0, 5)], LockFlags::UNLOCK)), NtStatus::SUCCESS);
    b.peer.attend().unwrap();
    assert_eq!(answered(&b.peer.events()), Some(NtStatus::SUCCESS));
}

/// A failure here would leave a lock request unanswered if the client closes the file.
#[test]
fn closing_ends_the_wait() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (one, other) = (a.file("f"), b.file("f"));
    assert_eq!(a.status(&lock(one, &[(0, 5)], NOW)), NtStatus::SUCCESS);
    assert_eq!(answered(&b.ask(&lock(other, &[(0, 1)], LockFlags::EXCLUSIVE_LOCK))), None);
    let events = b.ask(&netsession_smb::msg::CloseRequest {
        flags: netsession_smb::msg::CloseFlags::empty(),
        file_id: other,
    });
    let statuses: Vec<_> = events.iter().filter_map(|event| answered(std::slice::from_ref(event))).collect();
    assert_eq!(statuses, [NtStatus::SUCCESS, NtStatus::RANGE_NOT_LOCKED]);
}

/// A failure here would let an invalid request lock or unlock something.
#[test]
fn invalid_lock_requests_are_refused() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    for flags in [
        LockFlags::empty(),
        LockFlags::SHARED_LOCK | LockFlags::EXCLUSIVE_LOCK,
        LockFlags::UNLOCK | LockFlags::SHARED_LOCK,
        LockFlags::UNLOCK | LockFlags::FAIL_IMMEDIATELY,
    ] {
        assert_eq!(client.status(&lock(file, &[(0, 1)], flags)), NtStatus::INVALID_PARAMETER, "{flags:?}");
    }
    assert_eq!(client.status(&lock(file, &[], NOW)), NtStatus::INVALID_PARAMETER);
    assert_eq!(client.status(&lock(file, &[(u64::MAX, 2)], NOW)), NtStatus::INVALID_LOCK_RANGE);
    assert_eq!(client.status(&lock(file, &[(0, 1)], LockFlags::UNLOCK)), NtStatus::RANGE_NOT_LOCKED);
}
