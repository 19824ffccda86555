//! Each command, requested by the client's state machine.

mod app_instance;
mod apple;
mod attributes;
mod budgets;
mod change_notify;
mod coverage;
mod durable;
mod ioctl;
mod lease;
mod lock;
mod oplock_break;
mod query_directory;
mod query_info;
mod set_info;
mod silence;
mod streams;

use crate::state::Session;
use netsession_smb::Structure;
use netsession_smb::client::{Chain, Config, Event, Request};
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    Channel, CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse,
    FileId, ImpersonationLevel, InfoType, IoctlRequest, OplockLevel, QueryInfoFlags, QueryInfoRequest,
    ReadRequest, ReadResponse, SetInfoRequest, ShareAccess, TreeConnectFlags, TreeConnectRequest, TreeId,
    WriteFlags, WriteRequest,
};
use netsession_wire::{Guid, NtStatus};

use crate::simulation::world::{Peer, World};

const ALL: ShareAccess = ShareAccess::READ.union(ShareAccess::WRITE).union(ShareAccess::DELETE);

/// A client that has logged on and is connected to a share.
pub(crate) struct ShareClient {
    pub(crate) peer: Peer,
    pub(crate) tree: TreeId,
}

impl ShareClient {
    pub(crate) fn new(world: &World, share: &str) -> Self {
        Self::of(world, "alice", share)
    }

    pub(crate) fn of(world: &World, user: &str, share: &str) -> Self {
        Self::in_client(world, user, share, Guid([1; 16]))
    }

    /// Logs on from the client with this identifier.
    pub(crate) fn in_client(world: &World, user: &str, share: &str, guid: Guid) -> Self {
        let mut peer = Peer::in_client(world, Config::new("world"), guid);
        peer.log_in_as(user).unwrap();
        let path = format!(r"\\world\{share}");
        let request = TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None };
        let events = peer.ask_one(TreeId::NONE, &request).unwrap();
        let tree = events.iter().find_map(|event| match event {
            Event::Answered(answer) => answer.header().tree_id(),
            _ => None,
        });
        Self { peer, tree: tree.unwrap() }
    }

    /// Sends a request and returns the events.
    pub(crate) fn ask<'a, R: Request<'a>>(&mut self, request: &R) -> Vec<Event> {
        self.peer.ask_one(self.tree, request).unwrap()
    }

    pub(crate) fn status<'a, R: Request<'a>>(&mut self, request: &R) -> NtStatus {
        answered(&self.ask(request)).expect("an answer")
    }

    pub(crate) fn create(&mut self, name: &str, options: CreateOptions) -> Result<FileId, NtStatus> {
        self.try_open(&create(name, options))
    }

    pub(crate) fn open(&mut self, request: &CreateRequest) -> FileId {
        self.try_open(request).unwrap()
    }

    fn try_open(&mut self, request: &CreateRequest) -> Result<FileId, NtStatus> {
        let events = self.ask(request);
        match events.as_slice() {
            [Event::Answered(answer)] if answer.status() == NtStatus::SUCCESS => {
                Ok(answer.body::<CreateResponse>().unwrap().file_id)
            }
            [Event::Answered(answer)] => Err(answer.status()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn file(&mut self, name: &str) -> FileId {
        self.create(name, CreateOptions::NON_DIRECTORY_FILE).unwrap()
    }

    pub(crate) fn folder(&mut self, name: &str) -> FileId {
        self.create(name, CreateOptions::DIRECTORY_FILE).unwrap()
    }

    pub(crate) fn close(&mut self, file_id: FileId) -> NtStatus {
        self.status(&CloseRequest { flags: CloseFlags::empty(), file_id })
    }

    pub(crate) fn write(&mut self, file_id: FileId, offset: u64, data: &[u8]) -> NtStatus {
        self.status(&WriteRequest {
            offset,
            file_id,
            channel: Channel::NONE,
            remaining_bytes: 0,
            channel_info: &[],
            flags: WriteFlags::empty(),
            data,
        })
    }

    pub(crate) fn read(&mut self, file_id: FileId, offset: u64, length: u32) -> Vec<u8> {
        let events = self.ask(&ReadRequest::new(file_id, offset, length));
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
        answer.body::<ReadResponse<'_>>().unwrap().data.to_vec()
    }

    pub(crate) fn set(&mut self, file_id: FileId, class: u8, input: &[u8]) -> NtStatus {
        let info_type = InfoType::FILE;
        self.status(&SetInfoRequest { info_type, class, additional_information: 0, file_id, input })
    }

    pub(crate) fn set_structure(&mut self, file_id: FileId, class: u8, value: &impl Structure) -> NtStatus {
        self.set(file_id, class, &value.to_bytes().unwrap())
    }

    pub(crate) fn query(
        &mut self,
        file_id: FileId,
        info_type: InfoType,
        class: u8,
        additional: u32,
    ) -> NtStatus {
        self.status(&QueryInfoRequest {
            info_type,
            class,
            output_buffer_length: 4096,
            additional_information: additional,
            flags: QueryInfoFlags::empty(),
            file_id,
            input: &[],
        })
    }

    pub(crate) fn control(&mut self, request: &IoctlRequest<'_>) -> (NtStatus, Vec<u8>) {
        let events = self.ask(request);
        let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
        let output = answer.body::<netsession_smb::msg::IoctlResponse<'_>>();
        (answer.status(), output.map(|body| body.output.to_vec()).unwrap_or_default())
    }

    /// Sends several related requests in one message and returns their statuses.
    pub(crate) fn chain(&mut self, chain: Chain) -> Vec<NtStatus> {
        let (_, events) = self.peer.ask(chain).unwrap();
        events.iter().filter_map(|event| answered(std::slice::from_ref(event))).collect()
    }
}

pub(crate) fn create(name: &str, create_options: CreateOptions) -> CreateRequest {
    CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::MAXIMUM_ALLOWED,
        file_attributes: FileAttributes::NORMAL,
        share_access: ALL,
        create_disposition: CreateDisposition::OPEN_IF,
        create_options,
        name: name.into(),
        contexts: Vec::new(),
    }
}

/// Returns the status of the first answer; `None` if the server only sent an interim answer.
pub(crate) fn answered(events: &[Event]) -> Option<NtStatus> {
    events.iter().find_map(|event| match event {
        Event::Answered(answer) => Some(answer.status()),
        _ => None,
    })
}

/// A failure here would let one session hold tens of thousands of pipes with unread data.
#[test]
fn pipes_of_a_session_are_limited() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "IPC$");
    let mut open = || client.create("srvsvc", CreateOptions::empty());
    let last = (0..Session::PIPES).map(|_| open().unwrap()).last().unwrap();
    assert_eq!(open(), Err(NtStatus::INSUFFICIENT_RESOURCES));
    assert_eq!(client.close(last), NtStatus::SUCCESS);
    assert!(client.create("srvsvc", CreateOptions::empty()).is_ok());
}
