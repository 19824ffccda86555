use std::time::Duration;

use netsession_smb::client::Event;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{
    BreakAcknowledgment, BreakNotification, CreateOptions, CreateRequest, CreateResponse, FileId, LeaseBreak,
    LeaseKey, LeaseState, OplockBreak, OplockLevel, WriteRequest,
};
use netsession_wire::NtStatus;

use super::{ShareClient, answered, create};
use crate::simulation::world::World;

fn open(requested_oplock_level: OplockLevel) -> CreateRequest {
    CreateRequest { requested_oplock_level, ..create("f", CreateOptions::NON_DIRECTORY_FILE) }
}

/// The open and its oplock.
fn opened(events: &[Event]) -> (FileId, OplockLevel) {
    let [Event::Answered(answer)] = events else { panic!("{events:?}") };
    assert_eq!(answer.status(), NtStatus::SUCCESS);
    let response: CreateResponse = answer.body().unwrap();
    (response.file_id, response.oplock_level)
}

/// The notification of an oplock break.
fn next_break(client: &mut ShareClient) -> Option<OplockBreak> {
    client.peer.attend().unwrap();
    break_in(&client.peer.events())
}

fn break_in(events: &[Event]) -> Option<OplockBreak> {
    events.iter().find_map(|event| match event {
        Event::OplockBreak(message) => match message.body().unwrap() {
            BreakNotification::Oplock(oplock) => Some(oplock),
            BreakNotification::Lease(_) => None,
        },
        _ => None,
    })
}

fn acknowledge(client: &mut ShareClient, file_id: FileId) -> NtStatus {
    client.status(&BreakAcknowledgment::Oplock(OplockBreak { oplock_level: OplockLevel::NONE, file_id }))
}

/// A failure here would let a second program read a file before the first has written its cached data.
#[test]
fn an_open_waits_until_the_oplock_is_given_back() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (file, level) = opened(&a.ask(&open(OplockLevel::BATCH)));
    assert_eq!(level, OplockLevel::BATCH);
    assert_eq!(answered(&b.ask(&open(OplockLevel::BATCH))), None, "it waits");
    let broken = OplockBreak { oplock_level: OplockLevel::II, file_id: file };
    assert_eq!(next_break(&mut a), Some(broken));
    b.peer.attend().unwrap();
    assert_eq!(answered(&b.peer.events()), None, "it still waits");
    assert_eq!(acknowledge(&mut a, file), NtStatus::SUCCESS);
    b.peer.attend().unwrap();
    let (_, level) = opened(&b.peer.events());
    assert_eq!(level, OplockLevel::II, "two have it open");
    assert_eq!(acknowledge(&mut a, file), NtStatus::INVALID_DEVICE_STATE, "it has none any more");
}

/// A failure here would let a client read old data from its cache after another one has written.
#[test]
fn several_clients_cache_a_file_until_one_writes() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let (ours, _) = opened(&a.ask(&open(OplockLevel::II)));
    let (theirs, level) = opened(&b.ask(&open(OplockLevel::II)));
    assert_eq!((level, next_break(&mut a)), (OplockLevel::II, None));
    let events = b.ask(&WriteRequest::new(theirs, 0, b"new"));
    let broken = |file_id| Some(OplockBreak { oplock_level: OplockLevel::NONE, file_id });
    assert_eq!((next_break(&mut a), break_in(&events)), (broken(ours), broken(theirs)));
    assert_eq!(b.status(&WriteRequest::new(theirs, 0, b"newer")), NtStatus::SUCCESS);
    assert_eq!((next_break(&mut a), next_break(&mut b)), (None, None), "nobody caches anything");
    assert_eq!(acknowledge(&mut a, ours), NtStatus::INVALID_DEVICE_STATE, "that was no question");
}

/// A failure here would let a client that disconnects, closes the file or stays silent keep others out forever.
#[test]
fn no_open_waits_forever() {
    let world = World::new();
    for ending in ["close", "end of the session", "time", "time on a clock that is set back"] {
        let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
        let (file, _) = opened(&a.ask(&open(OplockLevel::EXCLUSIVE)));
        assert_eq!(answered(&b.ask(&open(OplockLevel::NONE))), None, "{ending}");
        match ending {
            "close" => drop(a.close(file)),
            "time" => world.advance(Duration::from_secs(36)),
            "time on a clock that is set back" => {
                world.advance(Duration::from_secs(36));
                world.set_clock_by(-86_400 * 10_000_000);
            }
            _ => drop(world.end(a.peer.session().unwrap())),
        }
        b.peer.attend().unwrap();
        let (again, _) = opened(&b.peer.events());
        assert_eq!(b.close(again), NtStatus::SUCCESS, "{ending}");
    }
}

/// A failure here would break the oplock of a file's user for everyone who only reads its attributes.
#[test]
fn reading_attributes_breaks_no_oplock() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    opened(&a.ask(&open(OplockLevel::BATCH)));
    let look = CreateRequest { desired_access: AccessMask::READ_ATTRIBUTES, ..open(OplockLevel::NONE) };
    opened(&b.ask(&look));
    assert_eq!(next_break(&mut a), None);
}

/// A failure here would leave a client whose session has ended waiting for a file that it cannot have.
#[test]
fn a_waiting_open_ends_with_its_session() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    opened(&a.ask(&open(OplockLevel::BATCH)));
    assert_eq!(answered(&b.ask(&open(OplockLevel::NONE))), None);
    assert!(world.end(b.peer.session().unwrap()));
    b.peer.attend().unwrap();
    assert_eq!(answered(&b.peer.events()), Some(NtStatus::NETWORK_NAME_DELETED));
}

/// A failure here would accept the acknowledgment of an oplock that the client does not hold.
#[test]
fn an_oplock_that_was_not_granted_cannot_be_acknowledged() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    assert_eq!(acknowledge(&mut client, file), NtStatus::INVALID_DEVICE_STATE);
    let lease = LeaseBreak { lease_key: LeaseKey([1; 16]), lease_state: LeaseState::empty() };
    assert_eq!(client.status(&BreakAcknowledgment::Lease(lease)), NtStatus::OBJECT_NAME_NOT_FOUND);
}

/// A failure here would make the server retry thousands of waiting opens for each message of their client.
#[test]
fn few_opens_wait_at_once() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    opened(&a.ask(&open(OplockLevel::BATCH)));
    for _ in 0..128 {
        assert_eq!(answered(&b.ask(&open(OplockLevel::NONE))), None);
    }
    assert_eq!(b.status(&open(OplockLevel::NONE)), NtStatus::SHARING_VIOLATION);
}
