//! Clients that do not acknowledge the breaks of their oplocks and leases ([MS-SMB2] 3.3.6.1, 3.3.6.5).

use std::time::Duration;

use netsession_smb::client::Event;
use netsession_smb::msg::create_context::{Lease, LeaseFlags, LeaseState};
use netsession_smb::msg::{
    BreakAcknowledgment, CreateContext, CreateOptions, CreateRequest, CreateResponse, LeaseBreak, LeaseKey,
    OplockLevel,
};
use netsession_smb::server::Encryption;
use netsession_wire::{Guid, NtStatus};

use super::{ShareClient, answered, create};
use crate::simulation::world::World;

/// How a client caches a file.
#[derive(Debug, Clone, Copy)]
enum By {
    Oplock,
    Lease,
}

/// A CREATE request that asks for all caching of the file with this number.
fn caching(by: By, number: u8) -> CreateRequest {
    let request = create(&format!("f{number}"), CreateOptions::NON_DIRECTORY_FILE);
    match by {
        By::Oplock => CreateRequest { requested_oplock_level: OplockLevel::BATCH, ..request },
        By::Lease => {
            let (lease_key, lease_state) = (LeaseKey([number; 16]), LeaseState::all());
            let lease = Lease { lease_key, lease_state, flags: LeaseFlags::empty(), v2: None };
            let contexts = vec![CreateContext::new(&lease).unwrap()];
            CreateRequest { contexts, requested_oplock_level: OplockLevel::LEASE, ..request }
        }
    }
}

/// Opens a file, and returns what the client may cache.
fn granted(client: &mut ShareClient, by: By, number: u8) -> LeaseState {
    let events = client.ask(&caching(by, number));
    let answer = events.iter().find_map(|event| match event {
        Event::Answered(answer) => Some(answer),
        _ => None,
    });
    let response: CreateResponse = answer.unwrap_or_else(|| panic!("{events:?}")).body().unwrap();
    match response.oplock_level {
        OplockLevel::BATCH => LeaseState::all(),
        OplockLevel::II => LeaseState::READ_CACHING,
        _ => CreateContext::find::<Lease>(&response.contexts).unwrap().unwrap().lease_state,
    }
}

/// How many breaks a client has received.
fn breaks(client: &mut ShareClient) -> usize {
    client.peer.attend().unwrap();
    client.peer.events().iter().filter(|event| matches!(event, Event::OplockBreak(_))).count()
}

/// Opens a file that another client caches, without a request for caching; `None` if it must wait.
fn open(client: &mut ShareClient, number: u8) -> Option<NtStatus> {
    answered(&client.ask(&create(&format!("f{number}"), CreateOptions::NON_DIRECTORY_FILE)))
}

fn later(client: &mut ShareClient) -> Option<NtStatus> {
    client.peer.attend().unwrap();
    answered(&client.peer.events())
}

/// A server that does not encrypt: a notification about a lease belongs to no session, so nothing can encrypt it.
fn world() -> World {
    World::with(|settings| settings.encryption = Encryption::Off)
}

fn two(world: &World) -> (ShareClient, ShareClient) {
    (ShareClient::new(world, "data"), ShareClient::in_client(world, "root", "data", Guid([2; 16])))
}

/// A failure here would let one client that acknowledges nothing delay everybody by half a minute for each of its files.
#[test]
fn a_client_that_ignores_a_break_has_a_second_from_then_on() {
    for by in [By::Oplock, By::Lease] {
        let world = world();
        let (mut silent, mut other) = two(&world);
        for number in 1..=9 {
            assert_eq!(granted(&mut silent, by, number), LeaseState::all(), "{by:?}");
        }
        assert_eq!(open(&mut other, 1), None, "{by:?}: it waits");
        world.advance(Duration::from_secs(36));
        assert_eq!(later(&mut other), Some(NtStatus::SUCCESS), "{by:?}");
        assert_eq!(breaks(&mut silent), 1, "{by:?}");
        for number in 2..=9 {
            assert_eq!(open(&mut other, number), None, "{by:?}: it waits");
            world.advance(Duration::from_secs(2));
            assert_eq!(later(&mut other), Some(NtStatus::SUCCESS), "{by:?}");
        }
        assert_eq!(breaks(&mut silent), 8, "{by:?}");
        // Until it logs on again.
        assert_eq!(granted(&mut silent, by, 10), LeaseState::all(), "{by:?}");
        let mut again = ShareClient::in_client(&world, "alice", "data", Guid([3; 16]));
        assert_eq!(granted(&mut again, by, 11), LeaseState::all(), "{by:?}");
        for (number, answer) in [(10, Some(NtStatus::SUCCESS)), (11, None)] {
            assert_eq!(open(&mut other, number), None, "{by:?}");
            world.advance(Duration::from_secs(2));
            assert_eq!(later(&mut other), answer, "{by:?} {number}");
        }
    }
}

/// A failure here would keep everybody out of a file for good who waits for less than half a minute, as many programs do.
#[test]
fn a_break_has_one_time_limit_however_often_others_ask() {
    for by in [By::Oplock, By::Lease] {
        let world = world();
        let mut silent = ShareClient::new(&world, "data");
        granted(&mut silent, by, 1);
        for wait in [20, 16] {
            let mut impatient = ShareClient::in_client(&world, "root", "data", Guid([2; 16]));
            assert_eq!(open(&mut impatient, 1), None, "{by:?}");
            world.advance(Duration::from_secs(wait));
        }
        let mut other = ShareClient::in_client(&world, "root", "data", Guid([2; 16]));
        assert_eq!(open(&mut other, 1), Some(NtStatus::SUCCESS), "{by:?}");
    }
}

/// A failure here would end the session of a client for being idle while the client waits for an answer.
#[test]
fn a_session_that_waits_for_a_file_is_not_idle() {
    let world = world();
    let (mut silent, mut other) = two(&world);
    granted(&mut silent, By::Oplock, 1);
    assert_eq!(open(&mut other, 1), None);
    for _ in 0..3 {
        world.advance(Duration::from_secs(8));
        assert_eq!(later(&mut other), None);
        world.state.end_idle(Duration::from_secs(10));
    }
    world.advance(Duration::from_secs(12));
    assert_eq!(later(&mut other), Some(NtStatus::SUCCESS));
}

/// A failure here would take the caches of a client that acknowledges each break in time, but must give up several things one
/// after the other.
#[test]
fn a_client_that_acknowledges_each_break_is_not_silent() {
    let world = world();
    let (mut slow, mut other) = two(&world);
    granted(&mut slow, By::Lease, 1);
    granted(&mut slow, By::Lease, 2);
    let overwriting = CreateRequest {
        create_disposition: netsession_smb::msg::CreateDisposition::OVERWRITE_IF,
        ..create("f1", CreateOptions::NON_DIRECTORY_FILE)
    };
    assert_eq!(answered(&other.ask(&overwriting)), None);
    world.advance(Duration::from_secs(30));
    let lease_key = LeaseKey([1; 16]);
    let kept = LeaseBreak { lease_key, lease_state: LeaseState::empty() };
    assert_eq!(slow.status(&BreakAcknowledgment::Lease(kept)), NtStatus::SUCCESS);
    assert_eq!(later(&mut other), Some(NtStatus::SUCCESS));
    assert_eq!(open(&mut other, 2), None, "the other file has its own time");
    assert_eq!(granted(&mut slow, By::Lease, 3), LeaseState::all());
}
