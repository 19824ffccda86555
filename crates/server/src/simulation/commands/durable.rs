use std::time::Duration;

use netsession_smb::client::Event;
use netsession_smb::fscc::{FileInformationClass, FileRenameInformation};
use netsession_smb::msg::create_context::{
    CreateContextData, DurableFlags, DurableReconnect, DurableReconnectV2, DurableRequest, DurableRequestV2,
};
use netsession_smb::msg::{
    CreateContext, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, FileId, OplockLevel,
    ReadRequest, ShareAccess,
};
use netsession_wire::{Guid, NtStatus, Win32Error};

use super::{ShareClient, answered, create};
use crate::simulation::srvsvc::{end_sessions, sessions_of};
use crate::simulation::world::World;
use crate::state::{CloseReason, OpenNumber};

const CREATE: Guid = Guid([7; 16]);
const FILE: CreateOptions = CreateOptions::NON_DIRECTORY_FILE;

/// A CREATE request of `name` with one context.
fn with(name: &str, context: &impl CreateContextData) -> CreateRequest {
    let contexts = vec![CreateContext::new(context).unwrap()];
    let requested_oplock_level = OplockLevel::BATCH;
    CreateRequest { contexts, requested_oplock_level, ..create(name, CreateOptions::NON_DIRECTORY_FILE) }
}

/// A durable open, by the version of its request.
#[derive(Debug, Clone, Copy)]
enum Version {
    One,
    Two,
}

impl Version {
    fn open(self, client: &mut ShareClient, name: &str) -> FileId {
        let events = match self {
            Self::One => client.ask(&with(name, &DurableRequest)),
            Self::Two => {
                let (timeout, flags, create_guid) = (100_000, DurableFlags::empty(), CREATE);
                client.ask(&with(name, &DurableRequestV2 { timeout, flags, create_guid }))
            }
        };
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
        let response: CreateResponse = answer.body().unwrap();
        let granted = response.contexts.iter().any(|context| context.name.starts_with(b"DH"));
        assert!(granted && response.oplock_level == OplockLevel::BATCH, "{response:?}");
        response.file_id
    }

    fn reclaim(self, client: &mut ShareClient, file_id: FileId) -> NtStatus {
        match self {
            Self::One => client.status(&with("any", &DurableReconnect { file_id })),
            Self::Two => {
                let (create_guid, flags) = (CREATE, DurableFlags::empty());
                client.status(&with("f", &DurableReconnectV2 { file_id, create_guid, flags }))
            }
        }
    }
}

/// A failure here would lose the open documents of a client whose connection breaks, or give them to a stranger.
#[test]
fn only_its_own_client_reclaims_a_lost_file() {
    for version in [Version::One, Version::Two] {
        let world = World::new();
        let mut alice = ShareClient::new(&world, "data");
        let file = version.open(&mut alice, "f");
        assert_eq!(alice.write(file, 0, b"draft"), NtStatus::SUCCESS);
        let mut again = ShareClient::new(&world, "data");
        assert_eq!(version.reclaim(&mut again, file), NtStatus::OBJECT_NAME_NOT_FOUND, "it is not lost");
        drop(alice);
        assert_eq!(world.state.opens().len(), 1, "NetFileEnum lists it");
        let mut root = ShareClient::of(&world, "root", "data");
        assert_eq!(version.reclaim(&mut root, file), NtStatus::ACCESS_DENIED);
        let unknown =
            DurableReconnectV2 { file_id: file, create_guid: Guid([8; 16]), flags: DurableFlags::empty() };
        assert_eq!(again.status(&with("f", &unknown)), NtStatus::OBJECT_NAME_NOT_FOUND);
        // Another computer of the same user, or the same one after a restart.
        let mut elsewhere = ShareClient::in_client(&world, "alice", "data", Guid([9; 16]));
        assert_eq!(version.reclaim(&mut elsewhere, file), NtStatus::OBJECT_NAME_NOT_FOUND, "{version:?}");
        assert_eq!(version.reclaim(&mut again, file), NtStatus::SUCCESS, "{version:?}");
        assert_eq!(version.reclaim(&mut again, file), NtStatus::OBJECT_NAME_NOT_FOUND, "it has it");
        assert_eq!(again.status(&ReadRequest::new(file, 0, 5)), NtStatus::SUCCESS);
        // The oplock has come along.
        let plain = create("f", CreateOptions::NON_DIRECTORY_FILE);
        assert_eq!(answered(&root.ask(&plain)), None, "it waits");
        assert_eq!(again.close(file), NtStatus::SUCCESS);
        root.peer.attend().unwrap();
        assert_eq!(answered(&root.peer.events()), Some(NtStatus::SUCCESS));
    }
}

/// A failure here would give the files of one computer to another one, because clients of SMB 2.0.2 have no identifier.
#[test]
fn a_client_without_an_identifier_leaves_nothing() {
    let world = World::new();
    let mut alice = ShareClient::in_client(&world, "alice", "data", Guid::ZERO);
    let events = alice.ask(&with("f", &DurableRequest));
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let response: CreateResponse = answer.body().unwrap();
    assert_eq!((response.oplock_level, response.contexts.len()), (OplockLevel::BATCH, 0), "{response:?}");
    drop(alice);
    assert_eq!(world.open_files(), 0);
    let mut elsewhere = ShareClient::in_client(&world, "alice", "data", Guid::ZERO);
    assert_eq!(Version::One.reclaim(&mut elsewhere, response.file_id), NtStatus::OBJECT_NAME_NOT_FOUND);
}

/// A failure here would let somebody who was put out go on with the files of that session.
#[test]
fn nothing_is_left_to_reclaim_after_an_ending() {
    let world = World::new();
    let version = Version::One;
    let (mut lost, mut ended) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let files = [version.open(&mut lost, "lost"), version.open(&mut ended, "ended")];
    drop(lost);
    assert_eq!(world.state.opens().len(), 2);
    assert!(world.end(ended.peer.session().unwrap()));
    assert_eq!(world.state.opens().len(), 0, "what the client has lost before goes, too");
    let mut again = ShareClient::new(&world, "data");
    for file in files {
        assert_eq!(version.reclaim(&mut again, file), NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    // A client that logs off has not been ended ([MS-SMB2] 3.3.5.6).
    let logged_off = version.open(&mut again, "left");
    assert_eq!(again.status(&netsession_smb::msg::LogoffRequest), NtStatus::SUCCESS);
    let mut last = ShareClient::new(&world, "data");
    assert_eq!(version.reclaim(&mut last, logged_off), NtStatus::SUCCESS);
}

/// A failure here would answer that a user has no session, and leave that user's files open for five minutes.
#[test]
fn an_ending_closes_what_a_lost_connection_keeps() {
    let world = World::new();
    for (client, user, is_ended) in [
        (r"\\127.0.0.1", "alice", true),
        (r"\\127.0.0.1", "", true),
        ("", "ALICE", true),
        ("", "root", false),
        (r"\\127.0.0.2", "alice", false),
    ] {
        let mut alice = ShareClient::new(&world, "data");
        let file = Version::Two.open(&mut alice, "f");
        drop(alice);
        let what = format!("{client} {user}");
        assert_eq!(sessions_of(&world, "alice"), [(r"\\127.0.0.1".to_owned(), 1)], "{what}");
        // The administrator's own session ends, too, if the request selects it.
        let status = end_sessions(&world, client, user);
        let is_found = is_ended || user == "root";
        assert_eq!(status == Win32Error::NERR_SUCCESS, is_found, "{what}: {status:?}");
        assert_eq!(world.open_files(), usize::from(!is_ended), "{what}");
        assert_eq!(sessions_of(&world, "alice").is_empty(), is_ended, "{what}");
        let mut root = ShareClient::of(&world, "root", "data");
        if is_ended {
            let alone = CreateRequest { share_access: ShareAccess::empty(), ..create("f", FILE) };
            assert_eq!(root.status(&alone), NtStatus::SUCCESS, "{what}");
        }
        let mut again = ShareClient::new(&world, "data");
        let reclaimed = if is_ended { NtStatus::OBJECT_NAME_NOT_FOUND } else { NtStatus::SUCCESS };
        assert_eq!(Version::Two.reclaim(&mut again, file), reclaimed, "{what}");
        assert!(is_ended || again.close(file) == NtStatus::SUCCESS, "{what}");
    }
}

/// A failure here would let a client that is gone keep others out of a file.
#[test]
fn a_lost_file_blocks_nobody() {
    let world = World::new();
    let version = Version::One;
    for ending in ["open", "time", "administrator"] {
        let mut alice = ShareClient::new(&world, "data");
        let file = version.open(&mut alice, "f");
        drop(alice);
        let mut root = ShareClient::of(&world, "root", "data");
        match ending {
            "open" => assert!(root.create("f", CreateOptions::NON_DIRECTORY_FILE).is_ok(), "at once"),
            "time" => {
                world.advance(Duration::from_secs(299));
                assert!(!world.state.close_due());
                world.advance(Duration::from_secs(2));
                assert!(world.state.close_due());
            }
            _ => {
                let number = OpenNumber::of(file).unwrap();
                assert!(world.state.close(number, CloseReason::ClosedBy(None)));
            }
        }
        let mut again = ShareClient::new(&world, "data");
        assert_eq!(version.reclaim(&mut again, file), NtStatus::OBJECT_NAME_NOT_FOUND, "{ending}");
    }
}

/// A failure here would let a client that is gone keep others from replacing its file, or from renaming a folder above it.
#[test]
fn a_lost_file_gives_way_to_other_names() {
    let world = World::new();
    let mut root = ShareClient::of(&world, "root", "data");
    let folder = root.folder("d");
    assert_eq!(root.close(folder), NtStatus::SUCCESS);
    for (lost, renamed, to) in [("f", "new", "f"), (r"d\f", "d", "e")] {
        let mut alice = ShareClient::new(&world, "data");
        let file = Version::Two.open(&mut alice, lost);
        drop(alice);
        let rename = FileRenameInformation { replace_if_exists: true, file_name: to.into() };
        let other = root.create(renamed, CreateOptions::empty()).unwrap();
        let class = FileInformationClass::RENAME.0;
        assert_eq!(root.set_structure(other, class, &rename), NtStatus::SUCCESS, "{renamed} to {to}");
        assert_eq!(root.close(other), NtStatus::SUCCESS);
        let mut again = ShareClient::new(&world, "data");
        assert_eq!(Version::Two.reclaim(&mut again, file), NtStatus::OBJECT_NAME_NOT_FOUND, "{lost}");
    }
}

/// A failure here would let a client that is gone keep a file that others delete, because it has left a stream of it open.
#[test]
#[cfg_attr(windows, ignore = "no named streams on Windows")]
fn a_lost_stream_does_not_keep_a_deleted_file() {
    for is_lost_first in [true, false] {
        let world = World::new();
        let mut alice = Some(ShareClient::new(&world, "data"));
        let stream = Version::Two.open(alice.as_mut().unwrap(), "f:s");
        alice.take_if(|_| is_lost_first);
        let mut root = ShareClient::of(&world, "root", "data");
        let file = root.file("f");
        let deleted = root.set(file, FileInformationClass::DISPOSITION.0, &[1]);
        assert_eq!((deleted, root.close(file)), (NtStatus::SUCCESS, NtStatus::SUCCESS));
        if !is_lost_first {
            assert_eq!(root.create("f", FILE), Err(NtStatus::DELETE_PENDING), "its client has it open");
        }
        drop(alice);
        world.state.close_due();
        let left: Vec<_> = world.state.opens().iter().map(|open| (open.path(), open.user.clone())).collect();
        assert_eq!((world.open_files(), left), (0, Vec::new()), "{is_lost_first}");
        let new = CreateRequest { create_disposition: CreateDisposition::CREATE, ..create("f", FILE) };
        assert_eq!(root.status(&new), NtStatus::SUCCESS, "{is_lost_first}");
        let mut again = ShareClient::new(&world, "data");
        assert_eq!(Version::Two.reclaim(&mut again, stream), NtStatus::OBJECT_NAME_NOT_FOUND);
    }
}

/// A failure here would let a user fill the server with files that nobody uses, or forget to delete one.
#[test]
fn a_client_leaves_a_limited_number_of_files() {
    let world = World::new();
    let mut alice = ShareClient::new(&world, "data");
    for number in 0..20 {
        Version::One.open(&mut alice, &format!("f{number}"));
    }
    let delete = CreateOptions::NON_DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE;
    let temporary = CreateRequest { create_options: delete, ..with("temporary", &DurableRequest) };
    assert_eq!(alice.status(&temporary), NtStatus::SUCCESS);
    drop(alice);
    // Half of the places that tests have.
    assert_eq!((world.state.opens().len(), world.open_files()), (8, 8));
    let mut again = ShareClient::new(&world, "data");
    let old = CreateRequest { create_disposition: CreateDisposition::OPEN, ..create("temporary", FILE) };
    assert_eq!(again.status(&old), NtStatus::OBJECT_NAME_NOT_FOUND);
}

/// A failure here would delete the temporary file with somebody's work because the connection broke, or leave it for ever.
#[test]
fn a_lost_temporary_file_is_kept_for_its_client_only() {
    for version in [Version::One, Version::Two] {
        for ending in ["close", "time", "other"] {
            let world = World::new();
            let mut alice = ShareClient::new(&world, "data");
            let request = match version {
                Version::One => with("f", &DurableRequest),
                Version::Two => {
                    let (timeout, flags, create_guid) = (100_000, DurableFlags::empty(), CREATE);
                    with("f", &DurableRequestV2 { timeout, flags, create_guid })
                }
            };
            let temporary =
                CreateRequest { create_options: FILE | CreateOptions::DELETE_ON_CLOSE, ..request };
            let file = alice.open(&temporary);
            assert_eq!(alice.write(file, 0, b"draft"), NtStatus::SUCCESS);
            drop(alice);
            let mut root = ShareClient::of(&world, "root", "data");
            let new = CreateRequest { create_disposition: CreateDisposition::CREATE, ..create("f", FILE) };
            match ending {
                "close" => {
                    let mut again = ShareClient::new(&world, "data");
                    assert_eq!(version.reclaim(&mut again, file), NtStatus::SUCCESS, "{version:?}");
                    assert_eq!(again.read(file, 0, 5), b"draft");
                    assert_eq!(again.close(file), NtStatus::SUCCESS);
                }
                "time" => {
                    world.advance(Duration::from_secs(301));
                    assert!(world.state.close_due());
                }
                _ => {
                    let alone = CreateRequest { share_access: ShareAccess::empty(), ..create("f", FILE) };
                    let alone = CreateRequest { create_disposition: CreateDisposition::OPEN, ..alone };
                    assert_eq!(
                        root.status(&alone),
                        NtStatus::OBJECT_NAME_NOT_FOUND,
                        "it gives way, and is gone"
                    );
                }
            }
            assert_eq!(root.status(&new), NtStatus::SUCCESS, "{version:?}, {ending}");
        }
    }
}

/// A failure here would open a file twice for a client that has not received the first answer.
#[test]
fn a_create_guid_names_one_open() {
    let world = World::new();
    let mut alice = ShareClient::new(&world, "data");
    let file = Version::Two.open(&mut alice, "f");
    let (timeout, flags, create_guid) = (0, DurableFlags::empty(), CREATE);
    let request = with("f", &DurableRequestV2 { timeout, flags, create_guid });
    assert_eq!(alice.status(&request), NtStatus::DUPLICATE_OBJECTID);
    let mut elsewhere = ShareClient::in_client(&world, "alice", "data", Guid([9; 16]));
    assert_eq!(
        elsewhere.status(&with("g", &DurableRequestV2 { timeout, flags, create_guid })),
        NtStatus::SUCCESS
    );
    assert_eq!(alice.close(file), NtStatus::SUCCESS);
    assert_eq!(alice.status(&request), NtStatus::SUCCESS);
}
