//! Calls of srvsvc over the client's state machine: the client gets the answer before the session or pipe that carries
//! it ends, whichever way it reads.

use std::sync::Arc;

use crate::state::{Account, Channel, Inbox};
use netsession_rpc::Response as _;
use netsession_rpc::client::{Answer, Association, Config};
use netsession_rpc::ndr::{Syntax, decode, encode};
use netsession_smb::auth::Claim;
use netsession_smb::auth::ntlm::NtHash;
use netsession_smb::client::Event;
use netsession_smb::msg::{
    Command, CreateOptions, CtlCode, Dialect, FileId, IoctlRequest, IoctlResponse, ReadRequest, ReadResponse,
    SessionId, WriteRequest,
};
use netsession_smb::server::LoggedOn;
use netsession_srvs::info::{FileId as FileNumber, SessionLevel};
use netsession_srvs::{Operation, file_close, session_del, session_enum};
use netsession_wire::{NtStatus, Win32Error};

use crate::simulation::commands::ShareClient;
use crate::simulation::world::World;

/// How the client writes the call and reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In one request.
    Transceive,
    /// In one request, and the rest of the answer in another.
    TransceiveInPieces,
    /// One after the other.
    WriteThenRead,
    /// The read waits for the write.
    ReadThenWrite,
}

const WAYS: [Way; 4] = [Way::Transceive, Way::TransceiveInPieces, Way::WriteThenRead, Way::ReadThenWrite];

/// An administrator with srvsvc open.
struct Caller {
    client: ShareClient,
    pipe: FileId,
    association: Association,
}

impl Caller {
    fn new(world: &World) -> Self {
        let mut client = ShareClient::of(world, "root", "IPC$");
        let pipe = client.create("srvsvc", CreateOptions::empty()).unwrap();
        let mut caller = Self { client, pipe, association: Association::new(Config::default()) };
        let (_, bind) = caller.association.bind(netsession_srvs::INTERFACE).unwrap();
        let bound = caller.exchange(Way::Transceive, &bind);
        assert!(matches!(bound, Answer::Bound { .. }), "{bound:?}");
        caller
    }

    fn call<Op: Operation>(&mut self, way: Way, request: Op) -> Win32Error {
        self.response(way, request).status()
    }

    fn response<Op: Operation>(&mut self, way: Way, request: Op) -> Op::Response {
        let bytes = self.call_bytes(request);
        match self.exchange(way, &bytes) {
            Answer::Response { stub } => decode::<Op::Response>(&stub, Syntax::Ndr32).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn call_bytes<Op: Operation>(&mut self, request: Op) -> Vec<u8> {
        let stub = encode(request, Syntax::Ndr32).unwrap();
        // The first bound interface.
        let mut other = Association::new(Config::default());
        let (interface, _) = other.bind(netsession_srvs::INTERFACE).unwrap();
        self.association.call(interface, Op::OPNUM, &stub).unwrap().concat()
    }

    fn exchange(&mut self, way: Way, bytes: &[u8]) -> Answer {
        let read = ReadRequest::new(self.pipe, 0, 4_280);
        let write = WriteRequest::new(self.pipe, 0, bytes);
        let room = if way == Way::TransceiveInPieces { 20 } else { 4_280 };
        let transceive = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, self.pipe, bytes, room);
        let mut events = match way {
            Way::Transceive => self.client.ask(&transceive),
            Way::TransceiveInPieces => {
                let mut events = self.client.ask(&transceive);
                events.extend(self.client.ask(&read));
                events
            }
            Way::WriteThenRead => {
                assert_eq!(self.client.status(&write), NtStatus::SUCCESS);
                self.client.ask(&read)
            }
            Way::ReadThenWrite => {
                let pending = self.client.ask(&read);
                assert!(matches!(&pending[..], [Event::Pending(_)]), "{pending:?}");
                self.client.ask(&write)
            }
        };
        events.retain(|event| matches!(event, Event::Answered(_)));
        let mut whole = None;
        for event in events {
            let Event::Answered(answer) = event else { continue };
            let bytes = match answer.header().command {
                Command::IOCTL => answer.body::<IoctlResponse<'_>>().unwrap().output.to_vec(),
                Command::READ => answer.body::<ReadResponse<'_>>().unwrap().data.to_vec(),
                _ => continue,
            };
            whole = self.association.push(&bytes).unwrap();
        }
        whole.unwrap_or_else(|| panic!("{way:?}: no answer"))
    }

    /// Somebody else logs on over the same connection.
    fn beside(&self, world: &World, user: &str) {
        let own = world.state.session(self.client.peer.session().unwrap()).unwrap();
        let claim = Claim::of_user(user);
        let logon = LoggedOn {
            session: world.state.new_session_id(),
            claim,
            previous: SessionId(0),
            dialect: Dialect::SMB_3_1_1,
            signed: true,
            encrypted: false,
            again: false,
        };
        let hash = NtHash::of_password("secret");
        let account = Account { name: user.into(), hash, admin: false, loopback_only: false };
        let first = Channel { peer: own.peer(), inbox: Arc::new(Inbox::new(|| ())) };
        world.state.set_up(&logon, None, &(&account).into(), first);
    }
}

/// An administrator ends the sessions of `user`.
pub(crate) fn end_session(world: &World, client: &str, user: &str) -> Win32Error {
    end_sessions(world, &format!(r"\\{client}"), user)
}

/// An administrator ends the sessions of a client and a user, either of which may be empty.
pub(crate) fn end_sessions(world: &World, client: &str, user: &str) -> Win32Error {
    let mut caller = Caller::new(world);
    let (client_name, user_name) = (Some(client.into()), Some(user.into()));
    let request = session_del::Request { client_name, user_name, ..session_del::Request::default() };
    caller.call(Way::Transceive, request)
}

/// Returns the sessions of `user` that an administrator sees: each client with the number of its open files.
pub(crate) fn sessions_of(world: &World, user: &str) -> Vec<(String, u32)> {
    let mut caller = Caller::new(world);
    let request = session_enum::Request {
        user_name: Some(user.into()),
        ..session_enum::Request::asking(SessionLevel::INFO_502)
    };
    let listed = caller.response(Way::Transceive, request).info_struct.into_entries();
    listed.into_iter().map(|session| (session.cname.unwrap(), session.num_opens.unwrap())).collect()
}

fn all_sessions_from_this_client() -> session_del::Request {
    session_del::Request { client_name: Some(r"\\127.0.0.1".into()), ..session_del::Request::default() }
}

/// A failure here would end the sessions of another user than the named one.
#[test]
fn a_user_with_a_similar_name_keeps_the_session() {
    let world = World::new();
    let _alice = ShareClient::of(&world, "alice", "data");
    for similar in ["al\u{131}ce", "AL\u{131}CE", "al\u{130}ce", "\u{212b}lice"] {
        assert_eq!(
            end_session(&world, "127.0.0.1", similar),
            Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            "{similar}"
        );
    }
    assert!(world.state.sessions().iter().any(|session| session.user == "alice"));
    assert_eq!(end_session(&world, "127.0.0.1", "ALICE"), Win32Error::NERR_SUCCESS);
    assert!(!world.state.sessions().iter().any(|session| session.user == "alice"));
}

/// A failure here would lose the reply when a caller ends its own session and others of the same connection, or not
/// end them.
#[test]
fn the_answer_comes_before_the_end_of_the_own_session() {
    for way in WAYS {
        let world = World::new();
        let mut caller = Caller::new(&world);
        caller.beside(&world, "alice");
        caller.beside(&world, "bob");
        assert_eq!(caller.call(way, all_sessions_from_this_client()), Win32Error::NERR_SUCCESS, "{way:?}");
        world.assert_empty();
        caller.client.peer.attend().unwrap();
        let events = caller.client.ask(&ReadRequest::new(caller.pipe, 0, 10));
        assert!(events.iter().any(|event| matches!(event, Event::SessionEnded)), "{way:?}: {events:?}");
    }
}

/// A failure here would lose the reply when a caller closes its own pipe, or not close it.
#[test]
fn the_answer_comes_before_the_end_of_the_own_pipe() {
    for way in WAYS {
        let world = World::new();
        let mut caller = Caller::new(&world);
        let number = FileNumber(u32::try_from(caller.pipe.volatile).unwrap());
        let request = file_close::Request { file_id: number, ..file_close::Request::default() };
        assert_eq!(caller.call(way, request), Win32Error::NERR_SUCCESS, "{way:?}");
        let read = ReadRequest::new(caller.pipe, 0, 10);
        assert_eq!(caller.client.status(&read), NtStatus::FILE_CLOSED, "{way:?}");
        assert_eq!((world.state.session_count(), world.state.opens().len()), (1, 0), "{way:?}");
    }
}

/// A failure here would let a client keep an ended session by not reading the reply.
#[test]
fn an_unread_response_does_not_keep_a_session() {
    let world = World::new();
    let mut caller = Caller::new(&world);
    let call = caller.call_bytes(all_sessions_from_this_client());
    assert_eq!(caller.client.status(&WriteRequest::new(caller.pipe, 0, &call)), NtStatus::SUCCESS);
    assert_eq!(world.state.session_count(), 1);
    assert_eq!(caller.client.close(caller.pipe), NtStatus::SUCCESS);
    world.assert_empty();
    let world = World::new();
    let mut caller = Caller::new(&world);
    let call = caller.call_bytes(all_sessions_from_this_client());
    assert_eq!(caller.client.status(&WriteRequest::new(caller.pipe, 0, &call)), NtStatus::SUCCESS);
    drop(caller);
    world.assert_empty();
}

/// A failure here would tell a client whose session has ended that its share or file does not exist, so that it does
/// not log on again.
#[test]
fn a_request_right_after_the_end_learns_of_it() {
    let world = World::new();
    let mut client = ShareClient::of(&world, "alice", "data");
    let file = client.file("file");
    assert!(world.end(client.peer.session().unwrap()));
    let events = client.ask(&ReadRequest::new(file, 0, 10));
    assert!(events.iter().any(|event| matches!(event, Event::SessionEnded)), "{events:?}");
}

/// A failure here would let a client that never reads fill the server's memory.
#[test]
fn a_client_that_never_reads_gets_no_further_answers() {
    let world = World::new();
    let mut caller = Caller::new(&world);
    let call = caller.call_bytes(session_enum::Request::asking(SessionLevel::INFO_502));
    let write = WriteRequest::new(caller.pipe, 0, &call);
    let taken = (0..100_000).take_while(|_| caller.client.status(&write) == NtStatus::SUCCESS).count();
    assert!((1..100_000).contains(&taken), "{taken}");
    assert_eq!(caller.client.status(&write), NtStatus::INSUFFICIENT_RESOURCES);
    let read = ReadRequest::new(caller.pipe, 0, 4_280);
    while caller.client.status(&write) == NtStatus::INSUFFICIENT_RESOURCES {
        assert_eq!(caller.client.status(&read), NtStatus::SUCCESS, "and goes on once it reads");
    }
    assert_eq!(caller.client.close(caller.pipe), NtStatus::SUCCESS);
}
