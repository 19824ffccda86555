use std::task::{Context, Waker};
use std::time::Duration;

use netsession_smb::Structure;
use netsession_smb::client::{Chain, Event};
use netsession_smb::fscc::{
    AccessMask, FileDispositionInformation, FileInformationClass, FileRenameInformation,
};
use netsession_smb::msg::create_context::{
    DurableFlags, DurableReconnectV2, DurableRequestV2, Lease, LeaseFlags, LeaseState, LeaseV2,
};
use netsession_smb::msg::{
    BreakAcknowledgment, BreakNotification, CloseFlags, CloseRequest, CreateContext, CreateDisposition,
    CreateOptions, CreateRequest, CreateResponse, CtlCode, FileId, InfoType, IoctlRequest, LeaseBreak,
    LeaseBreakFlags, LeaseBreakNotification, LeaseKey, LockElement, LockFlags, LockRequest, OplockLevel,
    ReadRequest, SetInfoRequest, ShareAccess,
};
use netsession_smb::server::Encryption;
use netsession_wire::{Guid, NtStatus};

use super::{ShareClient, answered, create};
use crate::simulation::srvsvc::end_sessions;
use crate::simulation::world::World;

const R: LeaseState = LeaseState::READ_CACHING;
const RH: LeaseState = R.union(LeaseState::HANDLE_CACHING);
const RW: LeaseState = R.union(LeaseState::WRITE_CACHING);
const RWH: LeaseState = LeaseState::all();
const NONE: LeaseState = LeaseState::empty();
const CREATE: Guid = Guid([7; 16]);
const FILE: CreateOptions = CreateOptions::NON_DIRECTORY_FILE;

/// A server that does not encrypt: a notification about a lease belongs to no session, so nothing can encrypt it.
fn world() -> World {
    World::with(|settings| settings.encryption = Encryption::Off)
}

fn lease(key: u8, lease_state: LeaseState) -> Lease {
    Lease { lease_key: LeaseKey([key; 16]), lease_state, flags: LeaseFlags::empty(), v2: None }
}

fn lease_v2(key: u8, lease_state: LeaseState, epoch: u16) -> Lease {
    let v2 = Some(LeaseV2 { parent_lease_key: LeaseKey([9; 16]), epoch });
    Lease { flags: LeaseFlags::PARENT_LEASE_KEY_SET, v2, ..lease(key, lease_state) }
}

/// A CREATE request with a lease.
fn open(name: &str, lease: &Lease) -> CreateRequest {
    let contexts = vec![CreateContext::new(lease).unwrap()];
    CreateRequest { contexts, requested_oplock_level: OplockLevel::LEASE, ..create(name, FILE) }
}

/// The open and its lease.
fn opened(events: &[Event]) -> (FileId, Lease) {
    let answer = events.iter().find_map(|event| match event {
        Event::Answered(answer) => Some(answer),
        _ => None,
    });
    let answer = answer.unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!(answer.status(), NtStatus::SUCCESS);
    let response: CreateResponse = answer.body().unwrap();
    assert_eq!(response.oplock_level, OplockLevel::LEASE);
    (response.file_id, CreateContext::find(&response.contexts).unwrap().unwrap())
}

/// The open of an answer without a lease.
fn opened_plain(events: &[Event]) -> FileId {
    let [Event::Answered(answer)] = events else { panic!("{events:?}") };
    assert_eq!(answer.status(), NtStatus::SUCCESS);
    answer.body::<CreateResponse>().unwrap().file_id
}

/// The notifications that a client has received: for each lease, from what to what, and whether it must be acknowledged.
fn breaks(client: &mut ShareClient) -> Vec<LeaseBreakNotification> {
    client.peer.attend().unwrap();
    breaks_in(&client.peer.events())
}

fn breaks_in(events: &[Event]) -> Vec<LeaseBreakNotification> {
    let broken = events.iter().filter_map(|event| match event {
        Event::OplockBreak(message) => match message.body().unwrap() {
            BreakNotification::Lease(broken) => Some(broken),
            BreakNotification::Oplock(_) => None,
        },
        _ => None,
    });
    broken.collect()
}

fn broken(key: u8, from: LeaseState, to: LeaseState, new_epoch: u16) -> LeaseBreakNotification {
    LeaseBreakNotification {
        new_epoch,
        flags: if from == R { LeaseBreakFlags::empty() } else { LeaseBreakFlags::ACK_REQUIRED },
        lease_key: LeaseKey([key; 16]),
        current_lease_state: from,
        new_lease_state: to,
    }
}

fn acknowledgment(key: u8, lease_state: LeaseState) -> BreakAcknowledgment {
    BreakAcknowledgment::Lease(LeaseBreak { lease_key: LeaseKey([key; 16]), lease_state })
}

fn acknowledge(client: &mut ShareClient, key: u8, lease_state: LeaseState) -> NtStatus {
    client.status(&acknowledgment(key, lease_state))
}

/// Two clients of alice.
fn two(world: &World) -> (ShareClient, ShareClient) {
    let second = ShareClient::in_client(world, "alice", "data", Guid([2; 16]));
    (ShareClient::new(world, "data"), second)
}

/// The answer that a waiting request gets now.
fn later(client: &mut ShareClient) -> Vec<Event> {
    client.peer.attend().unwrap();
    client.peer.events()
}

/// A failure here would let a second client read a file before the first has written its cached data, or never.
#[test]
fn an_open_waits_until_the_other_client_writes_its_cache() {
    let world = world();
    let (mut a, mut b) = two(&world);
    let (_, granted) = opened(&a.ask(&open("f", &lease_v2(1, RWH, 5))));
    assert_eq!(granted, lease_v2(1, RWH, 6));
    assert_eq!(answered(&b.ask(&open("f", &lease(1, RWH)))), None, "the keys of two clients differ");
    assert_eq!(breaks(&mut a), [broken(1, RWH, RH, 7)]);
    assert_eq!(answered(&later(&mut b)), None, "it still waits");
    let (_, same) = opened(&a.ask(&open("f", &lease_v2(1, RWH, 7))));
    assert!(same.flags.contains(LeaseFlags::BREAK_IN_PROGRESS) && same.lease_state == RWH, "{same:?}");
    assert_eq!(acknowledge(&mut a, 1, RWH), NtStatus::REQUEST_NOT_ACCEPTED);
    assert_eq!(acknowledge(&mut a, 2, RH), NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(acknowledge(&mut a, 1, RH), NtStatus::SUCCESS);
    assert_eq!(acknowledge(&mut a, 1, RH), NtStatus::UNSUCCESSFUL, "that was no question");
    let (_, granted) = opened(&later(&mut b));
    assert_eq!(granted, lease(1, RH), "two have it open");
}

/// A failure here would grant two clients overlapping locks: one that caches writes keeps its locks to itself, and sends them
/// before it acknowledges the break.
#[test]
fn cached_locks_reach_the_server_before_another_open() {
    let world = world();
    let (mut a, mut b) = two(&world);
    let (file, _) = opened(&a.ask(&open("f", &lease(1, RWH))));
    assert_eq!(answered(&b.ask(&open("f", &lease(2, RWH)))), None, "it waits");
    let lock = |file_id| {
        let flags = LockFlags::EXCLUSIVE_LOCK | LockFlags::FAIL_IMMEDIATELY;
        let locks = vec![LockElement { offset: 0, length: 10, flags }];
        LockRequest { lock_sequence: 0, file_id, locks }
    };
    assert_eq!(a.status(&lock(file)), NtStatus::SUCCESS);
    assert_eq!(acknowledge(&mut a, 1, RH), NtStatus::SUCCESS);
    let (other, granted) = opened(&later(&mut b));
    assert_eq!(b.status(&lock(other)), NtStatus::LOCK_NOT_GRANTED);
    assert_eq!(granted.lease_state, NONE, "a file with locks is not cached");
}

/// A failure here would let a client read old data from its cache after another one has written, or take its own cache.
#[test]
fn a_write_ends_the_read_caching_of_others() {
    let world = world();
    let (mut a, mut b) = two(&world);
    opened(&a.ask(&open("f", &lease(1, RH))));
    let (file, granted) = opened(&b.ask(&open("f", &lease(2, R))));
    assert_eq!(granted.lease_state, R);
    assert_eq!(b.write(file, 0, b"new"), NtStatus::SUCCESS, "nobody waits");
    assert_eq!((breaks(&mut a), breaks(&mut b)), (vec![broken(1, RH, NONE, 0)], vec![]));
    assert_eq!(b.write(file, 0, b"newer"), NtStatus::SUCCESS);
    assert_eq!(acknowledge(&mut a, 1, NONE), NtStatus::SUCCESS);
    assert_eq!(breaks(&mut a), []);
    let mut c = ShareClient::in_client(&world, "root", "data", Guid([3; 16]));
    let third = c.file("f");
    assert_eq!(c.write(third, 0, b"newest"), NtStatus::SUCCESS);
    assert_eq!(breaks(&mut b), [broken(2, R, NONE, 0)], "which needs no acknowledgment");
    assert_eq!(acknowledge(&mut b, 2, NONE), NtStatus::UNSUCCESSFUL);
}

/// A failure here would let a client keep old data if it must give up more while it gives up something: Linux ignores a
/// notification whose epoch it knows already.
#[test]
fn a_write_during_a_break_is_not_forgotten() {
    let world = world();
    let (mut a, mut b) = two(&world);
    opened(&a.ask(&open("f", &lease_v2(1, RH, 5))));
    let alone = CreateRequest { share_access: ShareAccess::empty(), ..create("f", FILE) };
    let mut c = ShareClient::in_client(&world, "root", "data", Guid([3; 16]));
    let file = b.file("f");
    assert_eq!(answered(&c.ask(&alone)), None);
    assert_eq!(breaks(&mut a), [broken(1, RH, R, 7)]);
    assert_eq!(b.write(file, 0, b"new"), NtStatus::SUCCESS);
    assert_eq!(breaks(&mut a), [], "one at a time");
    let events = a.ask(&acknowledgment(1, R));
    assert_eq!(answered(&events), Some(NtStatus::SUCCESS));
    let now = [breaks_in(&events), breaks(&mut a)].concat();
    assert_eq!(now, [broken(1, R, NONE, 8)]);
    assert_eq!(answered(&later(&mut c)), Some(NtStatus::SHARING_VIOLATION));
}

/// A failure here would give a client less than it asks for, or take from it what it has.
#[test]
fn opens_with_one_key_share_and_extend_a_lease() {
    let world = world();
    let (mut a, mut b) = two(&world);
    for (wanted, granted) in [(R, R), (RW, RW), (RH, RW), (RWH, RWH), (R, RWH), (NONE, RWH)] {
        assert_eq!(opened(&a.ask(&open("f", &lease(1, wanted)))).1.lease_state, granted, "{wanted:?}");
    }
    for senseless in [LeaseState::HANDLE_CACHING, LeaseState::WRITE_CACHING] {
        assert_eq!(opened(&a.ask(&open("g", &lease(2, senseless)))).1.lease_state, NONE);
    }
    assert_eq!(a.status(&open("h", &lease(1, RWH))), NtStatus::INVALID_PARAMETER, "it is the lease of f");
    assert!(b.create("h", FILE).is_ok(), "which was not created");
    assert!(opened(&b.ask(&open("h", &lease(1, RWH)))).1.lease_state == RH, "one open has no lease");
    let plain = CreateRequest { requested_oplock_level: OplockLevel::BATCH, ..open("i", &lease(3, RWH)) };
    let events = a.ask(&plain);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(answer.body::<CreateResponse>().unwrap().oplock_level, OplockLevel::BATCH);
}

/// A failure here would refuse or overtake the client that deletes, renames or replaces a file which another client has
/// closed, and only keeps open in its cache.
#[test]
fn a_name_changes_after_others_close_their_cached_handles() {
    let world = world();
    let delete = FileDispositionInformation { delete_pending: true }.to_bytes().unwrap();
    let rename = |to: &str| {
        FileRenameInformation { replace_if_exists: true, file_name: to.into() }.to_bytes().unwrap()
    };
    for (cached, changed, class, input) in [
        ("f", "f", FileInformationClass::DISPOSITION, delete),
        ("f", "f", FileInformationClass::RENAME, rename("g")),
        ("f", "new", FileInformationClass::RENAME, rename("f")),
        (r"d\f", "d", FileInformationClass::RENAME, rename("e")),
    ] {
        let what = format!("{changed} {class:?}");
        let (mut a, mut b) = two(&world);
        if cached.starts_with('d') {
            let folder = a.folder("d");
            assert_eq!(a.close(folder), NtStatus::SUCCESS);
        }
        let (file, _) = opened(&a.ask(&open(cached, &lease(1, RH))));
        let changes =
            CreateRequest { desired_access: AccessMask::DELETE, ..create(changed, CreateOptions::empty()) };
        let events = b.ask(&changes);
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{what}: {events:?}") };
        let file_id = answer.body::<CreateResponse>().unwrap().file_id;
        let (info_type, class, input) = (InfoType::FILE, class.0, &*input);
        let change = SetInfoRequest { info_type, class, additional_information: 0, file_id, input };
        assert_eq!(answered(&b.ask(&change)), None, "{what}: it waits");
        assert_eq!(breaks(&mut a), [broken(1, RH, R, 0)], "{what}");
        assert_eq!(a.close(file), NtStatus::SUCCESS, "{what}");
        assert_eq!(answered(&later(&mut b)), Some(NtStatus::SUCCESS), "{what}");
    }
}

/// A failure here would leave a deleted file in its folder for as long as another client only caches that it has it open.
#[test]
fn a_file_that_is_deleted_on_close_is_taken_from_caches() {
    let world = world();
    let (mut a, mut b) = two(&world);
    let (file, _) = opened(&a.ask(&open("f", &lease(1, RH))));
    let deletes = CreateRequest {
        desired_access: AccessMask::DELETE,
        create_options: FILE | CreateOptions::DELETE_ON_CLOSE,
        ..create("f", FILE)
    };
    assert_eq!(answered(&b.ask(&deletes)), None, "it waits");
    assert_eq!(breaks(&mut a), [broken(1, RH, R, 0)]);
    assert_eq!(a.close(file), NtStatus::SUCCESS);
    let deleting = opened_plain(&later(&mut b));
    let (again, _) = opened(&a.ask(&open("f", &lease(1, RH))));
    assert_eq!(b.close(deleting), NtStatus::SUCCESS, "nobody waits");
    assert_eq!(breaks(&mut a), [broken(1, RH, R, 0)]);
    assert_eq!(b.create("f", FILE), Err(NtStatus::DELETE_PENDING));
    assert_eq!(a.close(again), NtStatus::SUCCESS);
    let new = CreateRequest { create_disposition: CreateDisposition::CREATE, ..create("f", FILE) };
    assert_eq!(b.status(&new), NtStatus::SUCCESS);
}

/// A failure here would keep Linux from renaming a file that its own programs have open: it opens, renames and closes the file
/// in one compound, in the middle of which nothing can wait.
#[test]
fn a_rename_in_a_compound_does_not_wait_for_cached_handles() {
    let world = world();
    let (mut a, mut b) = two(&world);
    opened(&a.ask(&open("f", &lease_v2(1, RWH, 5))));
    let file_id = FileId { persistent: u64::MAX, volatile: u64::MAX };
    let rename =
        FileRenameInformation { replace_if_exists: false, file_name: "g".into() }.to_bytes().unwrap();
    let change = SetInfoRequest {
        info_type: InfoType::FILE,
        class: FileInformationClass::RENAME.0,
        additional_information: 0,
        file_id,
        input: &rename,
    };
    let opens = CreateRequest { desired_access: AccessMask::DELETE, ..create("f", CreateOptions::empty()) };
    let close = CloseRequest { flags: CloseFlags::empty(), file_id };
    let chain = Chain::new(b.tree, &opens).and_then(|chain| chain.then(&change)?.then(&close));
    let (_, events) = b.peer.ask(chain.unwrap()).unwrap();
    let statuses: Vec<_> = events.iter().map(|event| answered(std::slice::from_ref(event))).collect();
    assert_eq!(statuses, [Some(NtStatus::SUCCESS); 3]);
    assert_eq!(breaks(&mut a), [broken(1, RWH, RH, 7)]);
    let events = a.ask(&acknowledgment(1, RH));
    assert_eq!([breaks_in(&events), breaks(&mut a)].concat(), [broken(1, RH, R, 8)], "the rest follows");
}

/// A failure here would let a client that disconnects, or stays silent, keep others out of a file.
#[test]
fn no_open_waits_for_a_lease_forever() {
    let world = world();
    for ending in ["end", "loss", "time"] {
        let (mut a, mut b) = two(&world);
        opened(&a.ask(&open("f", &lease(1, RWH))));
        assert_eq!(answered(&b.ask(&open("f", &lease(2, RWH)))), None, "{ending}");
        match ending {
            "end" => assert!(world.end(a.peer.session().unwrap())),
            "loss" => a = ShareClient::new(&world, "data"),
            _ => world.advance(Duration::from_secs(36)),
        }
        let (file, granted) = opened(&later(&mut b));
        assert!(granted.lease_state.contains(RH), "{ending}: {granted:?}");
        if ending == "time" {
            assert_eq!(acknowledge(&mut a, 1, RH), NtStatus::UNSUCCESSFUL);
        }
        assert_eq!(b.close(file), NtStatus::SUCCESS);
    }
}

/// A failure here would lose the open files of a client whose connection breaks, give them to another client, or leave them
/// after an ending.
#[test]
fn a_lost_lease_is_reclaimed_by_its_own_client() {
    let world = world();
    let lost = |client: &mut ShareClient| {
        let (timeout, flags, create_guid) = (0, DurableFlags::empty(), CREATE);
        let mut request = open("f", &lease_v2(1, RH, 0));
        request.contexts.push(CreateContext::new(&DurableRequestV2 { timeout, flags, create_guid }).unwrap());
        opened(&client.ask(&request)).0
    };
    let reclaim = |name: &str, file_id, lease: &Lease| {
        let (create_guid, flags) = (CREATE, DurableFlags::empty());
        let mut request = open(name, lease);
        request
            .contexts
            .push(CreateContext::new(&DurableReconnectV2 { file_id, create_guid, flags }).unwrap());
        request
    };
    let (mut a, mut b) = two(&world);
    let file = lost(&mut a);
    drop(a);
    // Another reader does not disturb the lost one.
    let (other, _) = opened(&b.ask(&open("f", &lease(2, RH))));
    assert_eq!(b.close(other), NtStatus::SUCCESS);
    let own = lease_v2(1, RH, 1);
    assert_eq!(b.status(&reclaim("f", file, &own)), NtStatus::OBJECT_NAME_NOT_FOUND, "another client");
    let mut a = ShareClient::new(&world, "data");
    for (name, lease, status) in [
        ("f", lease_v2(3, RH, 1), NtStatus::OBJECT_NAME_NOT_FOUND),
        ("f", lease(1, RH), NtStatus::OBJECT_NAME_NOT_FOUND),
        ("g", own, NtStatus::INVALID_PARAMETER),
    ] {
        assert_eq!(a.status(&reclaim(name, file, &lease)), status, "{name} {lease:?}");
    }
    assert_eq!(opened(&a.ask(&reclaim("f", file, &own))), (file, lease_v2(1, RH, 1)));
    drop(a);
    // A writer ends the caching of which nobody can be told.
    let writer = b.file("f");
    assert_eq!(b.write(writer, 0, b"new"), NtStatus::SUCCESS);
    let mut a = ShareClient::new(&world, "data");
    assert_eq!(a.status(&reclaim("f", file, &own)), NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(b.close(writer), NtStatus::SUCCESS);
    let file = lost(&mut a);
    drop(a);
    assert!(end_sessions(&world, "", "alice").is_success());
    assert_eq!(world.open_files(), 0);
    let mut a = ShareClient::new(&world, "data");
    assert_eq!(a.status(&reclaim("f", file, &own)), NtStatus::OBJECT_NAME_NOT_FOUND);
}

/// A failure here would list a file for minutes as open that its client can no longer reclaim, and keep its share mode and its
/// locks.
#[test]
fn a_lost_file_that_others_change_is_closed_soon() {
    let world = world();
    let (mut a, mut b) = two(&world);
    let writer = b.file("f");
    let (timeout, flags, create_guid) = (0, DurableFlags::empty(), CREATE);
    let mut request = open("f", &lease_v2(1, RH, 0));
    request.contexts.push(CreateContext::new(&DurableRequestV2 { timeout, flags, create_guid }).unwrap());
    opened(&a.ask(&request));
    drop(a);
    let is_notified = || {
        let mut notified = std::pin::pin!(world.state.durables.changed.notified());
        notified.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    };
    assert!(is_notified(), "it begins to wait");
    assert!(!is_notified() && !world.state.close_due());
    assert_eq!(b.write(writer, 0, b"new"), NtStatus::SUCCESS);
    assert!(is_notified() && world.state.close_due());
    assert_eq!((world.state.opens().len(), world.state.lost_opens().len()), (1, 0));
}

/// A failure here would keep others for minutes from the bytes that a client has locked before it lost its connection: nobody
/// can unlock them.
#[test]
#[cfg_attr(windows, ignore = "no sparse files on Windows")]
fn locks_of_a_lost_client_keep_nobody_out() {
    let world = world();
    let lock = |file_id, offset| {
        let flags = LockFlags::EXCLUSIVE_LOCK | LockFlags::FAIL_IMMEDIATELY;
        LockRequest { lock_sequence: 0, file_id, locks: vec![LockElement { offset, length: 10, flags }] }
    };
    for what in ["read", "write", "lock", "hole"] {
        let (mut a, mut b) = two(&world);
        let other = b.file("f");
        assert_eq!(b.write(other, 0, &[1; 100]), NtStatus::SUCCESS);
        let (timeout, flags, create_guid) = (0, DurableFlags::empty(), CREATE);
        let mut request = open("f", &lease_v2(1, RH, 0));
        request.contexts.push(CreateContext::new(&DurableRequestV2 { timeout, flags, create_guid }).unwrap());
        let (file, _) = opened(&a.ask(&request));
        assert_eq!(a.status(&lock(file, 0)), NtStatus::SUCCESS);
        let read = |file_id, offset| ReadRequest::new(file_id, offset, 10);
        assert_eq!(b.status(&read(other, 0)), NtStatus::FILE_LOCK_CONFLICT, "the client is there");
        drop(a);
        assert_eq!(b.status(&read(other, 50)), NtStatus::SUCCESS, "other bytes");
        assert_eq!(world.state.lost_opens().len(), 1, "{what}: its client can come back");
        let done = match what {
            "read" => b.status(&read(other, 5)),
            "write" => b.write(other, 9, b"new"),
            "lock" => b.status(&lock(other, 5)),
            _ => {
                let range = [0_u64, 5].map(u64::to_le_bytes).concat();
                b.control(&IoctlRequest::fsctl(CtlCode::SET_ZERO_DATA, other, &range, 0)).0
            }
        };
        assert_eq!((done, world.state.lost_opens().len()), (NtStatus::SUCCESS, 0), "{what}");
    }
}

/// A failure here would close a document that a client comes back for, though its locks are not what is in the way of others.
#[test]
fn a_lost_client_keeps_locks_that_are_not_in_the_way() {
    let world = world();
    let lock = |file_id, offset, mode| {
        let flags = mode | LockFlags::FAIL_IMMEDIATELY;
        LockRequest { lock_sequence: 0, file_id, locks: vec![LockElement { offset, length: 10, flags }] }
    };
    let (mut a, mut b) = two(&world);
    let mut c = ShareClient::in_client(&world, "root", "data", Guid([3; 16]));
    let (mine, other) = (b.file("f"), c.file("f"));
    assert_eq!(b.write(mine, 0, &[1; 100]), NtStatus::SUCCESS);
    let (timeout, flags, create_guid) = (0, DurableFlags::empty(), CREATE);
    let mut request = open("f", &lease_v2(1, RH, 0));
    request.contexts.push(CreateContext::new(&DurableRequestV2 { timeout, flags, create_guid }).unwrap());
    let (file, _) = opened(&a.ask(&request));
    assert_eq!(a.status(&lock(file, 20, LockFlags::SHARED_LOCK)), NtStatus::SUCCESS);
    assert_eq!(a.status(&lock(file, 40, LockFlags::EXCLUSIVE_LOCK)), NtStatus::SUCCESS);
    drop(a);
    assert_eq!(c.status(&lock(other, 0, LockFlags::EXCLUSIVE_LOCK)), NtStatus::SUCCESS);
    let kept = || world.state.lost_opens().len() == 1;
    // Another lock refuses all of these.
    for length in [30, 100] {
        let read = b.status(&ReadRequest::new(mine, 0, length));
        assert_eq!((read, kept()), (NtStatus::FILE_LOCK_CONFLICT, true), "{length}");
    }
    assert_eq!((b.write(mine, 0, &[2; 100]), kept()), (NtStatus::FILE_LOCK_CONFLICT, true));
    let beside = b.status(&lock(mine, 25, LockFlags::SHARED_LOCK));
    assert_eq!((beside, kept()), (NtStatus::SUCCESS, true), "two shared locks go together");
    assert_eq!((b.status(&ReadRequest::new(mine, 40, 10)), kept()), (NtStatus::SUCCESS, false));
}

/// A failure here would not notify a client whose first connection is lost, so that another one waits for half a minute.
#[test]
fn a_break_reaches_another_connection_of_the_client() {
    let world = world();
    let (mut a, mut b) = two(&world);
    let mut beside = ShareClient::new(&world, "data");
    opened(&a.ask(&open("f", &lease(1, RWH))));
    opened(&beside.ask(&open("f", &lease(1, RWH))));
    assert_eq!(answered(&b.ask(&create("f", FILE))), None);
    drop(a);
    assert_eq!(breaks(&mut beside), [broken(1, RWH, RH, 0)]);
    assert_eq!(acknowledge(&mut beside, 1, RH), NtStatus::SUCCESS);
    assert_eq!(answered(&later(&mut b)), Some(NtStatus::SUCCESS));
}

/// A failure here would let two clients cache what one of them changes: one has an oplock, the other a lease.
#[test]
fn oplocks_and_leases_go_together() {
    let oplock = |level| CreateRequest { requested_oplock_level: level, ..create("f", FILE) };
    let granted = |client: &mut ShareClient, level| {
        let events = client.ask(&oplock(level));
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
        answer.body::<CreateResponse>().unwrap().oplock_level
    };
    for (held, level, expected) in
        [(R, OplockLevel::BATCH, OplockLevel::II), (RH, OplockLevel::II, OplockLevel::NONE)]
    {
        let world = world();
        let (mut a, mut b) = two(&world);
        opened(&a.ask(&open("f", &lease(1, held))));
        assert_eq!(granted(&mut b, level), expected, "{held:?}");
    }
    let world = world();
    let (mut a, mut b) = two(&world);
    assert_eq!(granted(&mut a, OplockLevel::II), OplockLevel::II);
    assert_eq!(opened(&b.ask(&open("f", &lease(1, RWH)))).1.lease_state, R);
    let overwriting =
        CreateRequest { create_disposition: CreateDisposition::OVERWRITE, ..open("f", &lease(1, RW)) };
    assert_eq!(opened(&b.ask(&overwriting)).1.lease_state, R, "its own lease stays");
}

/// A failure here would let a client show an old list of a folder: the server does not see what programs on its own computer
/// change there, so it grants no lease of a folder.
#[test]
fn a_folder_has_no_lease() {
    let world = world();
    let mut client = ShareClient::new(&world, "data");
    for lease in [lease(1, RH), lease_v2(2, RWH, 0)] {
        let folder = CreateOptions::DIRECTORY_FILE;
        let request = CreateRequest { create_options: folder, ..open("", &lease) };
        let events = client.ask(&request);
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
        let response: CreateResponse = answer.body().unwrap();
        assert_eq!((answer.status(), response.oplock_level), (NtStatus::SUCCESS, OplockLevel::NONE));
        assert_eq!(CreateContext::find::<Lease>(&response.contexts), Ok(None));
    }
}
