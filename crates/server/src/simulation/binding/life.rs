//! How a session uses a bound connection, and how it ends.

use netsession_smb::crypto::SigningAlgorithm;
use netsession_smb::msg::{
    BreakNotification, Capabilities, CloseFlags, CloseRequest, Command, CreateOptions, Dialect, EchoRequest,
    HeaderFlags, LockElement, LockFlags, LockRequest, LogoffRequest, OplockLevel, TreeId,
};
use netsession_smb::server::Encryption;
use netsession_wire::{NtStatus, Win32Error};

use super::raw::{Offer, Raw, packet};
use super::{Pair, data, open, read, world, write};
use crate::simulation::commands::{ShareClient, answered, create};
use crate::simulation::srvsvc::end_session;
use crate::simulation::world::World;

const DELETED: NtStatus = NtStatus::USER_SESSION_DELETED;

/// A failure here would hide the session's opens from its second connection, or sign there with the wrong key.
#[test]
fn both_connections_reach_the_same_opens() {
    for (dialect, signing) in [
        (Dialect::SMB_3_0, SigningAlgorithm::AesCmac),
        (Dialect::SMB_3_0_2, SigningAlgorithm::AesCmac),
        (Dialect::SMB_3_1_1, SigningAlgorithm::AesCmac),
        (Dialect::SMB_3_1_1, SigningAlgorithm::HmacSha256),
    ] {
        let world = world();
        let mut pair = Pair::new(&world, Offer { dialect, signing, ..Offer::usual() });
        assert!(pair.second.capabilities.contains(Capabilities::MULTI_CHANNEL));
        let id = pair.session.id;
        let (status, _) = pair.second.ask(id, pair.tree, &pair.key, &write(pair.file, b"data"));
        assert_eq!(status, NtStatus::SUCCESS, "{dialect:?}");
        let (_, answer) = pair.first.ask(id, pair.tree, &pair.session.key, &read(pair.file));
        assert_eq!(data(&answer), b"data");
        assert_eq!(world.state.session_count(), 1);
        let session = world.state.session(id).unwrap();
        assert_eq!(session.connections().len(), 2);
        assert_eq!(session.client().to_string(), "127.0.0.1", "the first connection's address");

        let mut foreign = pair.second.message(id, pair.tree, &read(pair.file));
        pair.session.key.sign(&mut foreign).unwrap();
        let answer = pair.second.exchange(&foreign);
        assert_eq!(packet(&answer).header.status, NtStatus::ACCESS_DENIED, "each connection has its own key");
    }
}

/// A failure here would keep an encrypted session from using a second connection, or send its messages there in plain
/// text.
#[test]
fn the_sessions_cipher_protects_both_connections() {
    let world = World::with(|settings| {
        settings.multi_channel = true;
        settings.encryption = Encryption::Required;
    });
    let offer = Offer::usual();
    let mut first = Raw::new(&world, 1, offer);
    let session = first.log_on("alice");
    let mut second = Raw::new(&world, 2, offer);
    let key = second.bind(&session, "alice", "secret").unwrap();
    let (encrypt, decrypt) = session.cipher.as_ref().unwrap();
    for raw in [&mut first, &mut second] {
        let mut plain = raw.message(session.id, TreeId::NONE, &EchoRequest);
        let header = encrypt.encrypt(session.id.0, &mut plain).unwrap();
        let mut answer = raw.exchange(&[&header[..], &plain].concat());
        let plain = decrypt.decrypt(&mut answer).unwrap();
        assert_eq!(packet(plain).header.status, NtStatus::SUCCESS);
    }
    let (status, _) = second.ask(session.id, TreeId::NONE, &key, &EchoRequest);
    assert_eq!(status, NtStatus::ACCESS_DENIED, "in plain");
}

/// A failure here would leave an ended session open on one of its connections, or not notify the client there, under
/// that connection's key.
#[test]
fn an_ended_session_is_gone_on_every_connection() {
    for by_whom in 0..3 {
        let world = world();
        let mut pair = Pair::new(&world, Offer::usual());
        let mut other = Pair::new(&world, Offer { guid: 7, ..Offer::usual() });
        let id = pair.session.id;
        let (mut on_first, mut on_second) = (DELETED, DELETED);
        match by_whom {
            0 => assert!(world.end(id)),
            1 => on_first = pair.first.ask(id, TreeId::NONE, &pair.session.key, &LogoffRequest).0,
            _ => on_second = pair.second.ask(id, TreeId::NONE, &pair.key, &LogoffRequest).0,
        }
        assert_eq!(world.state.session_count(), 1);
        assert_eq!(world.state.opens().len(), 1);
        if by_whom != 0 {
            let logged_off = if by_whom == 1 { on_first } else { on_second };
            assert_eq!(logged_off, NtStatus::SUCCESS);
        }
        for _ in 0..2 {
            assert_eq!((pair.read_on_first(), pair.read_on_second()), (DELETED, DELETED), "{by_whom}");
        }
        assert_eq!((other.read_on_first(), other.read_on_second()).1, NtStatus::END_OF_FILE);
    }
}

/// A failure here would make NetSessionDel miss a session with several connections by its listed client, or leave it
/// on one of them.
#[test]
fn an_administrator_ends_the_session_by_its_listed_client() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    assert_ne!(end_session(&world, "127.0.0.2", "alice"), Win32Error::NERR_SUCCESS, "not the first address");
    assert_eq!(pair.read_on_second(), NtStatus::END_OF_FILE);
    assert_eq!(end_session(&world, "127.0.0.1", "alice"), Win32Error::NERR_SUCCESS);
    assert_eq!((pair.read_on_first(), pair.read_on_second()), (DELETED, DELETED));
    world.assert_empty();
}

/// A failure here would end a session that still has a connection, or keep one that has none.
#[test]
fn a_session_lives_as_long_as_one_of_its_connections() {
    for first_lost in [true, false] {
        let world = world();
        let pair = Pair::new(&world, Offer::usual());
        let Pair { session, mut first, mut second, key, tree, file } = pair;
        let kept = if first_lost { "127.0.0.2" } else { "127.0.0.1" };
        if first_lost {
            drop(first);
            assert_eq!(second.ask(session.id, tree, &key, &read(file)).0, NtStatus::END_OF_FILE);
            let third = Raw::new(&world, 3, Offer::usual()).bind(&session, "alice", "secret");
            assert!(third.is_ok(), "the session's key outlives the connection that it was made on");
        } else {
            drop(second);
            let (status, _) = first.ask(session.id, tree, &session.key, &read(file));
            assert_eq!(status, NtStatus::END_OF_FILE);
            drop(first);
            world.assert_empty();
            continue;
        }
        assert_eq!(world.state.sessions()[0].client().to_string(), kept);
        drop(second);
        world.assert_empty();
    }
}

/// A failure here would hide what happens on one connection of a session from a request that waits on another.
#[test]
fn a_waiting_request_sees_what_another_connection_does() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let mut holder = Pair::new(&world, Offer { guid: 7, ..Offer::usual() });
    let lock = |file_id, flags| {
        let locks = vec![LockElement { offset: 0, length: 1, flags }];
        LockRequest { lock_sequence: 0, file_id, locks }
    };
    let exclusive = lock(holder.file, LockFlags::EXCLUSIVE_LOCK);
    let (status, _) = holder.first.ask(holder.session.id, holder.tree, &holder.session.key, &exclusive);
    assert_eq!(status, NtStatus::SUCCESS);
    let waits = lock(pair.file, LockFlags::EXCLUSIVE_LOCK);
    let (status, _) = pair.first.ask(pair.session.id, pair.tree, &pair.session.key, &waits);
    assert_eq!(status, NtStatus::PENDING);
    let close = CloseRequest { flags: CloseFlags::empty(), file_id: pair.file };
    let (status, _) = pair.second.ask(pair.session.id, pair.tree, &pair.key, &close);
    assert_eq!(status, NtStatus::SUCCESS);
    let answers = pair.first.attend();
    assert_eq!(packet(&answers[0]).header.status, NtStatus::RANGE_NOT_LOCKED, "its open is closed");
    let unlock = lock(holder.file, LockFlags::UNLOCK);
    let (status, _) = holder.second.ask(holder.session.id, holder.tree, &holder.key, &unlock);
    assert_eq!(status, NtStatus::SUCCESS, "a lock is the open's, whatever connection it came on");
}

/// A failure here would let a client keep its oplock because it lost the connection on which it opened the file.
#[test]
fn an_oplock_is_taken_back_on_a_connection_that_is_left() {
    for is_signalled_before_loss in [false, true] {
        let world = world();
        let mut first = Raw::new(&world, 1, Offer::usual());
        let session = first.log_on("alice");
        let mut second = Raw::new(&world, 2, Offer::usual());
        second.bind(&session, "alice", "secret").unwrap();
        let (_, file) = open(&mut first, &session, &session.key, OplockLevel::BATCH);
        let mut first = Some(first).filter(|_| is_signalled_before_loss);
        let mut client = ShareClient::new(&world, "data");
        let waits = create("f", CreateOptions::NON_DIRECTORY_FILE);
        assert_eq!(answered(&client.ask(&waits)), None, "it waits");
        drop(first.take());
        let signalled = second.attend();
        let message = packet(&signalled[0]);
        assert_eq!(message.header.command, Command::OPLOCK_BREAK);
        assert!(!message.header.flags.contains(HeaderFlags::SIGNED));
        let Ok(BreakNotification::Oplock(broken)) = message.body() else { panic!("{message:?}") };
        assert_eq!(broken.file_id, file);
    }
}
