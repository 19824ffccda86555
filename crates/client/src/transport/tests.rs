//! The transport against servers that do it in other ways, or not at all: on real sockets, with the server's machine
//! behind them.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use netsession_rpc::ndr::{self, Syntax};
use netsession_rpc::server::{Association, Config, Event, Interface};
use netsession_smb::auth::ntlm::{self, Claim, NtHash};
use netsession_smb::fscc::{AccessMask, FileAttributes, FileTime};
use netsession_smb::msg::{
    AsyncId, CloseResponse, Command, CreateAction, CreateResponse, CreateResponseFlags, FileId, HeaderFlags,
    IoctlRequest, IoctlResponse, OplockLevel, SessionId, ShareCapabilities, ShareFlags, ShareType,
    TreeConnectResponse, TreeDisconnectResponse, TreeId, WriteRequest, WriteResponse,
};
use netsession_smb::server::{
    Connection as SmbServer, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings,
};
use netsession_srvs::info::{SessionInfo, SessionLevel};
use netsession_srvs::{EnumStruct, session_del, session_enum};
use netsession_wire::{Guid, NtStatus, Win32Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Connection, resolve};
use crate::{ConnectOptions, Error, Login, Secret, ServerAddress, Step};

const FILE: FileId = FileId { persistent: 5, volatile: 6 };

/// How the server behaves.
#[derive(Debug, Clone, Copy)]
struct Manners {
    /// It carries out a compound whose requests are related.
    compounds: bool,
    /// It knows FSCTL_PIPE_TRANSCEIVE.
    transceives: bool,
    /// The most bytes of one answer.
    most: usize,
    /// What it does when it is called.
    called: Called,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Called {
    Answers,
    IsSilent,
    HangsUp,
    EndsTheSession,
}

const GOOD: Manners = Manners { compounds: true, transceives: true, most: 65_536, called: Called::Answers };

/// A server with one user and the pipe.
struct Stage {
    manners: Manners,
    pipe: Option<Association>,
    waiting: VecDeque<Vec<u8>>,
    opened: usize,
    hang_up: bool,
}

impl Stage {
    /// Takes what was written to the pipe, and carries out what it asks for.
    fn write(&mut self, bytes: &[u8]) {
        let pipe = self.pipe.as_mut().unwrap();
        pipe.push(bytes);
        while let Some(event) = pipe.poll() {
            match event {
                Event::Send(message) => self.waiting.push_back(message),
                Event::Call(call) if self.manners.called == Called::Answers => {
                    let stub = answer(call.opnum, &call.stub);
                    pipe.respond(call.call_id, &stub).unwrap();
                }
                Event::Call(_) => self.hang_up = self.manners.called == Called::HangsUp,
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next bytes of the pipe, and whether the message goes on.
    fn read(&mut self, length: usize) -> Option<(Vec<u8>, NtStatus)> {
        let mut message = self.waiting.pop_front()?;
        let rest = message.split_off(message.len().min(length).min(self.manners.most));
        if rest.is_empty() {
            return Some((message, NtStatus::SUCCESS));
        }
        self.waiting.push_front(rest);
        Some((message, NtStatus::BUFFER_OVERFLOW))
    }

    fn ioctl(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        let ioctl: IoctlRequest<'_> = request.body().unwrap();
        if !self.manners.transceives {
            return reply.error(NtStatus::NOT_SUPPORTED);
        }
        self.write(ioctl.input);
        let length = usize::try_from(ioctl.max_output_response).unwrap();
        match self.read(length) {
            Some((output, status)) => {
                let ctl_code = ioctl.ctl_code;
                reply.send(status, &IoctlResponse { ctl_code, file_id: FILE, input: &[], output: &output });
            }
            None if self.manners.called == Called::EndsTheSession => {
                reply.error(NtStatus::USER_SESSION_DELETED);
            }
            None => drop(reply.announce()),
        }
    }
}

impl Host for Stage {
    fn now(&self) -> FileTime {
        FileTime(134_000_000_000_000_000)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn account(&mut self, _: &Claim) -> Option<NtHash> {
        Some(NtHash::of_password("secret"))
    }

    fn session_id(&mut self) -> SessionId {
        SessionId(3)
    }

    fn logged_on(&mut self, _: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        Ok(())
    }

    fn session(&self, _: SessionId) -> Option<Arc<SessionKeys>> {
        None
    }

    fn bound(&mut self, _: SessionId, _: &Claim) -> Result<(), NtStatus> {
        Err(NtStatus::ACCESS_DENIED)
    }

    fn logon_failed(&mut self, _: Option<&Claim>) {}

    fn logged_off(&mut self, _: SessionId) {}

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        let header = request.header();
        if header.flags.contains(HeaderFlags::RELATED_OPERATIONS) && !self.manners.compounds {
            return reply.error(NtStatus::INVALID_PARAMETER);
        }
        match header.command {
            Command::TREE_CONNECT => {
                reply.tree(TreeId(9));
                reply.ok(&TreeConnectResponse {
                    share_type: ShareType::PIPE,
                    share_flags: ShareFlags::empty(),
                    capabilities: ShareCapabilities::empty(),
                    maximal_access: AccessMask::FILE_ALL,
                });
            }
            Command::CREATE => {
                self.opened += 1;
                let endpoint = r"\PIPE\srvsvc".to_owned();
                let interface = Interface::new(netsession_srvs::INTERFACE);
                self.pipe = Some(Association::new(Config::new(endpoint, vec![interface])));
                self.waiting.clear();
                reply.file(FILE);
                reply.ok(&created());
            }
            Command::IOCTL => self.ioctl(request, reply),
            Command::WRITE => {
                let write: WriteRequest<'_> = request.body().unwrap();
                self.write(write.data);
                reply.ok(&WriteResponse { count: u32::try_from(write.data.len()).unwrap() });
            }
            Command::READ => match self.read(65_536) {
                Some((data, status)) => reply.read(data.len(), |buffer| {
                    buffer.copy_from_slice(&data);
                    Ok((data.len(), status))
                }),
                None => reply.error(NtStatus::PIPE_DISCONNECTED),
            },
            Command::CLOSE => reply.ok(&CloseResponse::default()),
            Command::TREE_DISCONNECT => reply.ok(&TreeDisconnectResponse),
            _ => reply.error(NtStatus::NOT_SUPPORTED),
        }
    }

    fn cancelled(&mut self, _: AsyncId) {}
}

fn created() -> CreateResponse {
    CreateResponse {
        oplock_level: OplockLevel::NONE,
        flags: CreateResponseFlags::empty(),
        create_action: CreateAction::OPENED,
        creation_time: FileTime(0),
        last_access_time: FileTime(0),
        last_write_time: FileTime(0),
        change_time: FileTime(0),
        allocation_size: 4096,
        end_of_file: 0,
        file_attributes: FileAttributes::NORMAL,
        file_id: FILE,
        contexts: Vec::new(),
    }
}

/// NetrSessionDel succeeds where it is asked for somebody; NetrSessionEnum lists 300 sessions.
fn answer(opnum: u16, stub: &[u8]) -> Vec<u8> {
    match opnum {
        session_del::Request::OPNUM => {
            let request: session_del::Request = ndr::decode(stub, Syntax::Ndr32).unwrap();
            assert_eq!(request.user_name.map(|user| user.len()), Some(1000));
            ndr::encode(session_del::Response { status: Win32Error::NERR_SUCCESS }, Syntax::Ndr32).unwrap()
        }
        _ => {
            let entry = |index| SessionInfo {
                cname: Some(format!("10.0.0.{index}")),
                username: Some("somebody with a long name".into()),
                ..SessionInfo::default()
            };
            let response = session_enum::Response {
                info_struct: EnumStruct::with(SessionLevel::INFO_1, (0..300).map(entry).collect()),
                total_entries: 300,
                resume_handle: Some(0),
                status: Win32Error::NERR_SUCCESS,
            };
            ndr::encode(response, Syntax::Ndr32).unwrap()
        }
    }
}

/// Serves one connection.
async fn serve(mut stream: TcpStream, manners: Manners) -> std::io::Result<()> {
    let names = ntlm::ServerConfig {
        netbios_computer: "STAGE".into(),
        netbios_domain: "STAGE".into(),
        dns_computer: "stage".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    let mut server = SmbServer::new(Arc::new(Settings::new(Guid([9; 16]), names)));
    let mut stage = Stage { manners, pipe: None, waiting: VecDeque::new(), opened: 0, hang_up: false };
    let mut output = Output::new();
    loop {
        let length = stream.read_u32().await?;
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut frame).await?;
        server.receive(&mut frame, &mut stage, &mut output).unwrap();
        if stage.hang_up {
            return Ok(());
        }
        stream.write_all(output.as_slice()).await?;
        output.clear(0);
    }
}

/// Where a server with these manners listens.
async fn start(manners: Manners) -> ServerAddress {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = ServerAddress::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream, manners).await;
        }
    });
    address
}

fn login() -> Login {
    Login::new("alice", Secret::password("secret")).unwrap()
}

fn options() -> ConnectOptions {
    ConnectOptions::default()
}

async fn connect(server: &ServerAddress, options: &ConnectOptions) -> Result<Connection, Error> {
    let addresses = resolve(server, options).await?;
    Connection::connect(server, &addresses, &login(), options).await
}

fn del() -> session_del::Request {
    session_del::Request { server_name: None, client_name: None, user_name: Some("u".repeat(1000)) }
}

fn list() -> session_enum::Request {
    session_enum::Request::asking(SessionLevel::INFO_1)
}

/// If this fails, a server that does not do the compound, or knows only plain reads and writes of a pipe, could not
/// be managed; or a long request or answer would be cut.
#[tokio::test]
async fn every_way_through_a_pipe_works() {
    for compounds in [true, false] {
        for transceives in [true, false] {
            for most in [65_536, 1000, 16] {
                let manners = Manners { compounds, transceives, most, ..GOOD };
                let mut connection = connect(&start(manners).await, &options()).await.unwrap();
                let deleted = connection.call(del()).await.unwrap();
                assert_eq!(deleted.status, Win32Error::NERR_SUCCESS);
                let listed = connection.call(list()).await.unwrap();
                assert_eq!(listed.info_struct.entries().len(), 300, "{manners:?}");
                connection.close().await.unwrap();
            }
        }
    }
}

/// If this fails, a call that may yet be carried out would be reported as failed, or the next answer on that connection
/// taken for its own.
#[tokio::test]
async fn a_call_without_an_answer_is_unknown() {
    let server = start(Manners { called: Called::IsSilent, ..GOOD }).await;
    let after = Duration::from_millis(100);
    let mut connection =
        connect(&server, &ConnectOptions { call_timeout: after, ..options() }).await.unwrap();
    let error = connection.call(del()).await.unwrap_err();
    assert!(matches!(&error, Error::Unknown { step: Step::Call("NetrSessionDel"), .. }), "{error:?}");
    assert!(error.is_unknown());
    let error = connection.call(del()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Disconnected { .. }) && !error.is_unknown(),
        "the second was not sent: {error:?}"
    );
}

/// If this fails, a connection whose call was given up would take the late answer for that of the next call.
#[tokio::test]
async fn a_call_that_is_dropped_spoils_the_connection() {
    let server = start(Manners { called: Called::IsSilent, ..GOOD }).await;
    let mut connection = connect(&server, &options()).await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(50), connection.call(del())).await;
    assert!(dropped.is_err());
    let error = connection.call(del()).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
}

/// If this fails, a connection that is lost in mid-call, as Samba does when it ends the caller's own session, would be
/// reported as a failure.
#[tokio::test]
async fn a_connection_lost_in_mid_call_leaves_it_unknown() {
    for called in [Called::HangsUp, Called::EndsTheSession] {
        let server = start(Manners { called, ..GOOD }).await;
        let mut connection = connect(&server, &options()).await.unwrap();
        let error = connection.call(del()).await.unwrap_err();
        assert!(matches!(&error, Error::Disconnected { step: Step::Call(_), .. }), "{error:?}");
        assert!(error.is_unknown());
    }
}

/// If this fails, a server with a dead address among several could not be reached, or only after a long wait.
#[tokio::test]
async fn the_first_address_that_answers_is_taken() {
    let server = start(GOOD).await;
    let closed = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let good = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let connection = Connection::connect(&server, &[closed, good], &login(), &options()).await.unwrap();
    assert!(connection.is_encrypted());
    let error = Connection::connect(&server, &[closed], &login(), &options()).await.err().unwrap();
    assert_eq!(error.win32(), Win32Error::ERROR_CONNECTION_REFUSED);
    let error = Connection::connect(&server, &[], &login(), &options()).await.err().unwrap();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

/// If this fails, something that is no SMB server, or says nothing, would be waited for without end.
#[tokio::test]
async fn what_is_no_smb_server_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = ServerAddress::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    let options = ConnectOptions { connect_timeout: Duration::from_millis(200), ..options() };
    let silent = connect(&server, &options).await.err().unwrap();
    assert!(matches!(silent, Error::TimedOut { step: Step::Negotiate, .. }), "{silent:?}");
    let talk = tokio::spawn(async move {
        let _ = listener.accept().await;
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        drop(stream);
    });
    let other = connect(&server, &options).await.err().unwrap();
    assert!(matches!(other, Error::NotSmb { .. }), "{other:?}");
    let closing = connect(&server, &options).await.err().unwrap();
    assert!(matches!(closing, Error::Disconnected { step: Step::Negotiate, .. }), "{closing:?}");
    talk.await.unwrap();
}

/// If this fails, a login that the server refuses would be told as another error.
#[tokio::test]
async fn a_wrong_password_is_told() {
    let server = start(GOOD).await;
    let addresses = resolve(&server, &options()).await.unwrap();
    let login = Login::new("alice", Secret::password("wrong")).unwrap();
    let error = Connection::connect(&server, &addresses, &login, &options()).await.err().unwrap();
    assert!(matches!(error, Error::Logon { status: NtStatus::LOGON_FAILURE, .. }), "{error:?}");
}
