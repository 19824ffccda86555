//! Requests that a client repeats on another connection, and how it learns of the server's addresses.

use netsession_smb::Structure;
use netsession_smb::msg::fsctl::NetworkInterfaces;
use netsession_smb::msg::{
    CtlCode, FileId, HeaderFlags, IoctlRequest, IoctlResponse, LockElement, LockFlags, LockRequest, Message,
};
use netsession_wire::NtStatus;

use super::raw::{Offer, packet};
use super::{Pair, data, read, world, write};
use crate::simulation::commands::ShareClient;
use crate::simulation::world::{INTERFACE, World};

impl Pair {
    /// Sends a request on the second connection after this number of changes of the channel, or on the first as if
    /// there were none.
    fn ask_after<'a, R: Message<'a>>(&mut self, changes: u16, replay: bool, request: &R) -> NtStatus {
        let second = changes > 0;
        let (raw, key) = match second {
            true => (&mut self.second, &self.key),
            false => (&mut self.first, &self.session.key),
        };
        let mut message = raw.message(self.session.id, self.tree, request);
        message[8..10].copy_from_slice(&changes.to_le_bytes());
        if replay {
            message[16..20].copy_from_slice(&HeaderFlags::REPLAY_OPERATION.bits().to_le_bytes());
        }
        key.sign(&mut message).unwrap();
        packet(&raw.exchange(&message)).header.status
    }
}

/// A failure here would let a write delayed on a lost connection overwrite what the client has since written on
/// another.
#[test]
fn a_late_write_on_an_abandoned_channel_changes_nothing() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let file = pair.file;
    assert_eq!(pair.ask_after(0, false, &write(file, b"one ")), NtStatus::SUCCESS);
    assert_eq!(pair.ask_after(1, true, &write(file, b"two ")), NtStatus::SUCCESS);
    assert_eq!(pair.ask_after(0, false, &write(file, b"late")), NtStatus::FILE_NOT_AVAILABLE);
    assert_eq!(pair.ask_after(0, false, &read(file)), NtStatus::SUCCESS, "reading changes nothing");
    let (_, answer) = pair.first.ask(pair.session.id, pair.tree, &pair.session.key, &read(file));
    assert_eq!(data(&answer), b"two ");
}

/// A failure here would refuse a client its own lock when it repeats a request whose answer was lost.
#[test]
fn a_repeated_lock_request_takes_one_lock() {
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let file_id = pair.file;
    let lock = |lock_sequence, flags| LockRequest {
        lock_sequence,
        file_id,
        locks: vec![LockElement { offset: 0, length: 1, flags }],
    };
    let exclusive = LockFlags::EXCLUSIVE_LOCK | LockFlags::FAIL_IMMEDIATELY;
    let (first, other, unlock) = (lock(0x11, exclusive), lock(0, exclusive), lock(0x12, LockFlags::UNLOCK));
    assert_eq!(pair.ask_after(0, false, &first), NtStatus::SUCCESS);
    assert_eq!(pair.ask_after(1, true, &first), NtStatus::SUCCESS, "it has it already");
    assert_eq!(pair.ask_after(1, false, &other), NtStatus::LOCK_NOT_GRANTED);
    assert_eq!(pair.ask_after(1, false, &unlock), NtStatus::SUCCESS);
    assert_eq!(pair.ask_after(1, true, &unlock), NtStatus::SUCCESS, "it is unlocked already");
    assert_eq!(pair.ask_after(1, false, &lock(0, LockFlags::UNLOCK)), NtStatus::RANGE_NOT_LOCKED);
}

/// A failure here would hide the server's other addresses from a client, or send it to a server that refuses it.
#[test]
fn a_client_learns_the_other_addresses_of_the_server() {
    let ask = IoctlRequest::fsctl(CtlCode::QUERY_NETWORK_INTERFACE_INFO, FileId::NONE, b"", 4096);
    let world = world();
    let mut pair = Pair::new(&world, Offer::usual());
    let (status, answer) = pair.second.ask(pair.session.id, pair.tree, &pair.key, &ask);
    assert_eq!(status, NtStatus::SUCCESS);
    let response: IoctlResponse<'_> = packet(&answer).body().unwrap();
    assert_eq!(NetworkInterfaces::from_bytes(response.output).unwrap().0, [INTERFACE]);
    let short = IoctlRequest { max_output_response: 151, ..ask };
    let (status, _) = pair.second.ask(pair.session.id, pair.tree, &pair.key, &short);
    assert_eq!(status, NtStatus::BUFFER_TOO_SMALL);
    let world = World::new();
    assert_eq!(ShareClient::new(&world, "data").status(&ask), NtStatus::NOT_SUPPORTED);
}
