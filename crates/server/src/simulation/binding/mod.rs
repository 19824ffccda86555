//! One session over several connections.

mod again;
mod life;
pub(super) mod raw;
mod refusals;
mod threads;

use netsession_smb::crypto::SigningKey;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{
    Channel, CreateOptions, CreateResponse, FileId, OplockLevel, ReadFlags, ReadRequest, ReadResponse,
    TreeConnectFlags, TreeConnectRequest, TreeId, WriteFlags, WriteRequest,
};
use netsession_wire::NtStatus;

use crate::simulation::commands::create;
use crate::simulation::world::World;
use raw::{Offer, Raw, Session, packet};

/// A server whose sessions can have several connections.
fn world() -> World {
    World::with(|settings| settings.multi_channel = true)
}

/// A session of alice over two connections, and the open of a file.
struct Pair {
    session: Session,
    first: Raw,
    second: Raw,
    /// The second connection's signing key.
    key: SigningKey,
    tree: TreeId,
    file: FileId,
}

impl Pair {
    fn new(world: &World, offer: Offer) -> Self {
        let mut first = Raw::new(world, 1, offer);
        let session = first.log_on("alice");
        let mut second = Raw::new(world, 2, offer);
        let key = second.bind(&session, "alice", "secret").unwrap();
        let (tree, file) = open(&mut first, &session, &session.key, OplockLevel::NONE);
        Self { session, first, second, key, tree, file }
    }

    /// Reads the file on the second connection.
    fn read_on_second(&mut self) -> NtStatus {
        self.second.ask(self.session.id, self.tree, &self.key, &read(self.file)).0
    }

    fn read_on_first(&mut self) -> NtStatus {
        self.first.ask(self.session.id, self.tree, &self.session.key, &read(self.file)).0
    }
}

/// Connects `data` and opens the file `f` on one connection of a session.
fn open(raw: &mut Raw, session: &Session, key: &SigningKey, oplock: OplockLevel) -> (TreeId, FileId) {
    let connect =
        TreeConnectRequest { flags: TreeConnectFlags::empty(), path: r"\\world\data".into(), contexts: None };
    let (status, answer) = raw.ask(session.id, TreeId::NONE, key, &connect);
    assert_eq!(status, NtStatus::SUCCESS);
    let tree = packet(&answer).header.tree_id().unwrap();
    let mut request = create("f", CreateOptions::NON_DIRECTORY_FILE);
    request.requested_oplock_level = oplock;
    request.desired_access = AccessMask::READ_DATA | AccessMask::WRITE_DATA;
    let (status, answer) = raw.ask(session.id, tree, key, &request);
    assert_eq!(status, NtStatus::SUCCESS);
    let created: CreateResponse = packet(&answer).body().unwrap();
    assert_eq!(created.oplock_level, oplock);
    (tree, created.file_id)
}

fn read(file_id: FileId) -> ReadRequest<'static> {
    ReadRequest { flags: ReadFlags::empty(), channel: Channel::NONE, ..ReadRequest::new(file_id, 0, 4) }
}

fn write(file_id: FileId, data: &[u8]) -> WriteRequest<'_> {
    WriteRequest {
        offset: 0,
        file_id,
        channel: Channel::NONE,
        remaining_bytes: 0,
        channel_info: &[],
        flags: WriteFlags::empty(),
        data,
    }
}

fn data(answer: &[u8]) -> Vec<u8> {
    packet(answer).body::<ReadResponse<'_>>().unwrap().data.to_vec()
}
