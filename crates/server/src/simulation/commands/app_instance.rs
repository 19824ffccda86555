use netsession_smb::msg::create_context::{
    AppInstanceId, AppInstanceVersion, DurableFlags, DurableRequestV2,
};
use netsession_smb::msg::{CreateContext, CreateOptions, CreateRequest, OplockLevel, ShareAccess};
use netsession_wire::{Guid, NtStatus};

use super::{ShareClient, create};
use crate::simulation::world::World;

const HERE: Guid = Guid([1; 16]);
const ELSEWHERE: Guid = Guid([2; 16]);

/// A CREATE request that nobody may share, of an application, with the version of its instance.
fn alone(name: &str, application: u8, version: Option<(u64, u64)>) -> CreateRequest {
    let create_guid = Guid([application; 16]);
    let durable = DurableRequestV2 { timeout: 100_000, flags: DurableFlags::empty(), create_guid };
    let mut contexts = vec![
        CreateContext::new(&durable).unwrap(),
        CreateContext::new(&AppInstanceId { app_instance_id: Guid([application; 16]) }).unwrap(),
    ];
    contexts
        .extend(version.map(|(high, low)| CreateContext::new(&AppInstanceVersion { high, low }).unwrap()));
    CreateRequest {
        contexts,
        share_access: ShareAccess::empty(),
        requested_oplock_level: OplockLevel::BATCH,
        ..create(name, CreateOptions::NON_DIRECTORY_FILE)
    }
}

/// A failure here would keep an application from its files after it has moved to another computer, until the server gives
/// up the first one.
#[test]
fn an_application_goes_on_at_another_computer() {
    for is_lost in [false, true] {
        let world = World::new();
        let mut here = ShareClient::in_client(&world, "alice", "data", HERE);
        assert_eq!(here.status(&alone("Disk", 5, None)), NtStatus::SUCCESS);
        let kept = if is_lost { None } else { Some(here) };
        let mut elsewhere = ShareClient::in_client(&world, "alice", "data", ELSEWHERE);
        assert_eq!(elsewhere.status(&alone("DISK", 5, None)), NtStatus::SUCCESS, "{is_lost}");
        assert_eq!(world.state.opens().len(), 1, "the first one is closed");
        drop(kept);
    }
}

/// A failure here would let a client close files of somebody else, of another application, or of its own computer.
#[test]
fn nothing_else_is_taken_over() {
    let world = World::new();
    let mut here = ShareClient::in_client(&world, "alice", "data", HERE);
    assert_eq!(here.status(&alone("disk", 5, None)), NtStatus::SUCCESS);
    let first = world.state.opens()[0].number;
    let keeps = |user, client, name, application| {
        let mut other = ShareClient::in_client(&world, user, "data", client);
        other.ask(&alone(name, application, None));
        world.state.open(first).is_some()
    };
    assert!(keeps("root", ELSEWHERE, "disk", 5), "another user");
    assert!(keeps("alice", ELSEWHERE, "disk", 6), "another application");
    assert!(keeps("alice", HERE, "disk", 5), "the same computer");
    assert!(keeps("alice", ELSEWHERE, "other", 5), "another file");
    assert!(keeps("alice", Guid::ZERO, "disk", 5), "a computer without an identifier");
    assert!(!keeps("alice", Guid([3; 16]), "disk", 5), "a third computer");
}

/// A failure here would let an instance that was given up take a file away from the one that works.
#[test]
fn an_earlier_instance_takes_nothing_over() {
    let world = World::new();
    let open = |client, version| {
        ShareClient::in_client(&world, "alice", "data", client).status(&alone("disk", 5, version))
    };
    let mut working = ShareClient::in_client(&world, "alice", "data", HERE);
    assert_eq!(working.status(&alone("disk", 5, Some((2, 1)))), NtStatus::SUCCESS);
    for earlier in [None, Some((1, 9)), Some((2, 0)), Some((2, 1))] {
        assert_eq!(open(ELSEWHERE, earlier), NtStatus::FILE_FORCED_CLOSED, "{earlier:?}");
    }
    assert_eq!(world.state.opens().len(), 1);
    assert_eq!(open(ELSEWHERE, Some((2, 2))), NtStatus::SUCCESS);
}
