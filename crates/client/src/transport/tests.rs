//! Runs the transport against servers that behave differently, or wrongly, on real sockets and with the server's state
//! machine.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use netsession_rpc::RpcError;
use netsession_rpc::ndr::{self, Syntax};
use netsession_rpc::pdu::{ContextReason, ContextResult, RejectReason};
use netsession_rpc::server::{Association, Config, Event, Interface};
use netsession_smb::auth::ntlm::{self, NtHash};
use netsession_smb::auth::{AuthError, Claim, Verifier};
use netsession_smb::client::{self, Stage};
use netsession_smb::fscc::{AccessMask, FileAttributes, FileTime};
use netsession_smb::msg::{
    AsyncId, CloseResponse, Command, CreateAction, CreateResponse, CreateResponseFlags, FileId, HeaderFlags,
    IoctlRequest, IoctlResponse, OplockLevel, SessionId, ShareCapabilities, ShareFlags, ShareType,
    TreeConnectResponse, TreeDisconnectResponse, TreeId, WriteRequest, WriteResponse,
};
use netsession_smb::server::{
    Connection as SmbServer, Decision, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings,
};
use netsession_srvs::info::{SessionInfo, SessionLevel};
use netsession_srvs::{EnumStruct, session_del, session_enum};
use netsession_wire::{Guid, NtStatus, Win32Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::context::ErrorContext;
use super::resolve::resolve;
use super::{Connection, EarlyConnection, LOGOFF_LIMIT};
use crate::{
    ConnectOptions, Dialect, DiskShare, Encryption, Error, FaultCode, Hint, Login, Protection, Secret,
    ServerAddress, Step,
};

const FILE: FileId = FileId { persistent: 5, volatile: 6 };

/// The behaviour of the server.
#[derive(Debug, Clone, Copy)]
struct Behaviour {
    /// Whether it carries out a compound of related requests.
    compounds: bool,
    /// Whether it supports FSCTL_PIPE_TRANSCEIVE.
    transceives: bool,
    /// The longest output of one response.
    max_output: usize,
    /// Its reaction to a call.
    on_call: OnCall,
    /// Whether it answers the request to close the pipe.
    answers_close: bool,
    /// Whether it refuses to open the pipe.
    refuses_pipe: bool,
    /// The most bytes that one request writes to a file. Without it, there is only the pipe.
    most_written: Option<usize>,
}

/// How many clients have logged off from servers that refuse to open the pipe.
static LOGGED_OFF_WITHOUT_PIPE: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnCall {
    Answers,
    IsSilent,
    HangsUp,
    EndsTheSession,
}

const GOOD: Behaviour = Behaviour {
    compounds: true,
    transceives: true,
    max_output: 65_536,
    on_call: OnCall::Answers,
    answers_close: true,
    refuses_pipe: false,
    most_written: None,
};

/// A server with one user and the pipe.
struct FakeServer {
    behaviour: Behaviour,
    pipe: Option<Association>,
    waiting: VecDeque<Vec<u8>>,
    file: Vec<u8>,
    opened: usize,
    hang_up: bool,
    is_silent: bool,
}

impl FakeServer {
    /// Writes to the pipe, and carries out the calls.
    fn write(&mut self, bytes: &[u8]) {
        let pipe = self.pipe.as_mut().unwrap();
        pipe.push(bytes);
        while let Some(event) = pipe.poll() {
            match event {
                Event::Send(message) => self.waiting.push_back(message),
                Event::Call(call) if self.behaviour.on_call == OnCall::Answers => {
                    let stub = answer(call.opnum, &call.stub);
                    pipe.respond(call.call_id, &stub).unwrap();
                }
                Event::Call(_) => self.hang_up = self.behaviour.on_call == OnCall::HangsUp,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Writes to the file, and returns how many bytes.
    fn write_file(&mut self, offset: u64, bytes: &[u8]) -> usize {
        let offset = usize::try_from(offset).unwrap();
        let end = offset + bytes.len();
        if self.file.len() < end {
            self.file.resize(end, 0);
        }
        self.file[offset..end].copy_from_slice(bytes);
        bytes.len()
    }

    /// Reads the next bytes of the pipe. The status says whether the message has more bytes.
    fn read(&mut self, length: usize) -> Option<(Vec<u8>, NtStatus)> {
        let mut message = self.waiting.pop_front()?;
        let rest = message.split_off(message.len().min(length).min(self.behaviour.max_output));
        if rest.is_empty() {
            return Some((message, NtStatus::SUCCESS));
        }
        self.waiting.push_front(rest);
        Some((message, NtStatus::BUFFER_OVERFLOW))
    }

    fn ioctl(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        let ioctl: IoctlRequest<'_> = request.body().unwrap();
        if !self.behaviour.transceives {
            return reply.error(NtStatus::NOT_SUPPORTED);
        }
        self.write(ioctl.input);
        let length = usize::try_from(ioctl.max_output_response).unwrap();
        match self.read(length) {
            Some((output, status)) => {
                let ctl_code = ioctl.ctl_code;
                reply.send(status, &IoctlResponse { ctl_code, file_id: FILE, input: &[], output: &output });
            }
            None if self.behaviour.on_call == OnCall::EndsTheSession => {
                reply.error(NtStatus::USER_SESSION_DELETED);
            }
            None => drop(reply.announce()),
        }
    }
}

impl Host for FakeServer {
    fn now(&self) -> FileTime {
        FileTime(134_000_000_000_000_000)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn decide(&mut self, _: &Claim) -> Decision {
        Decision::Verify(Verifier::NtHash(NtHash::of_password("secret")))
    }

    fn session_id(&mut self) -> SessionId {
        SessionId(3)
    }

    fn logged_on(&mut self, _: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        Ok(())
    }

    fn logon_failed(&mut self, _: Option<&Claim>, _: Option<&AuthError>) {}

    fn logged_off(&mut self, _: SessionId) {
        if self.behaviour.refuses_pipe {
            LOGGED_OFF_WITHOUT_PIPE.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        let header = request.header();
        if header.flags.contains(HeaderFlags::RELATED_OPERATIONS) && !self.behaviour.compounds {
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
            Command::CREATE | Command::IOCTL if self.behaviour.refuses_pipe => {
                reply.error(NtStatus::ACCESS_DENIED);
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
                let count = match self.behaviour.most_written {
                    Some(most) => self.write_file(write.offset, &write.data[..write.data.len().min(most)]),
                    None => {
                        self.write(write.data);
                        write.data.len()
                    }
                };
                reply.ok(&WriteResponse { count: u32::try_from(count).unwrap() });
            }
            Command::READ => match self.read(65_536) {
                Some((data, status)) => reply.read(data.len(), |buffer| {
                    buffer.copy_from_slice(&data);
                    Ok((data.len(), status))
                }),
                None => reply.error(NtStatus::PIPE_DISCONNECTED),
            },
            Command::CLOSE if self.behaviour.most_written.is_some() && self.file != content() => {
                reply.error(NtStatus::INTERNAL_ERROR);
            }
            Command::CLOSE => {
                self.is_silent = !self.behaviour.answers_close;
                reply.ok(&CloseResponse::default());
            }
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

/// Answers a call: success for NetrSessionDel, 300 sessions for NetrSessionEnum.
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
async fn serve(mut stream: TcpStream, behaviour: Behaviour) -> std::io::Result<()> {
    let names = ntlm::ServerConfig {
        netbios_computer: "STAGE".into(),
        netbios_domain: "STAGE".into(),
        dns_computer: "stage".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    let mut server = SmbServer::new(Arc::new(Settings::new(Guid([9; 16]), names)));
    let mut host = FakeServer {
        behaviour,
        pipe: None,
        waiting: VecDeque::new(),
        file: Vec::new(),
        opened: 0,
        hang_up: false,
        is_silent: false,
    };
    let mut output = Output::new();
    loop {
        let length = stream.read_u32().await?;
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut frame).await?;
        server.receive(&mut frame, &mut host, &mut output).unwrap();
        if host.hang_up {
            return Ok(());
        }
        if !host.is_silent {
            stream.write_all(output.as_slice()).await?;
        }
        output.clear(0);
    }
}

/// Starts a server with this behaviour and returns its address.
async fn start(behaviour: Behaviour) -> ServerAddress {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = ServerAddress::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream, behaviour).await;
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

/// Returns the content of the file that the tests copy.
fn content() -> Vec<u8> {
    (0..3_000_000_u32).map(|number| number.to_le_bytes()[0] ^ number.to_le_bytes()[2]).collect()
}

/// A failure here would lose the end of each block at a server that writes only a part of it, or repeat a request for
/// ever at one that writes nothing.
#[tokio::test]
async fn the_rest_of_a_short_write_is_sent_again() {
    for most_written in [usize::MAX, 1_000_000, 99_999] {
        let (written, result) = copied(most_written).await;
        assert_eq!((written, result.unwrap()), (content().len(), 3_000_000), "{most_written}");
    }
    let (_, result) = copied(0).await;
    assert!(matches!(result, Err(Error::Protocol { .. })), "{result:?}");
}

/// Copies the file to a server that writes at most so many bytes at once; returns how many bytes were read.
async fn copied(most_written: usize) -> (usize, Result<u64, Error>) {
    let server = start(Behaviour { most_written: Some(most_written), ..GOOD }).await;
    let mut share = DiskShare::connect(&server.into(), "data", &login(), &options()).await.unwrap();
    let (content, mut read) = (content(), 0);
    let result = share
        .put("file", async |most| {
            let block = content[read..].iter().take(most).copied().collect::<Vec<_>>();
            read += block.len();
            Ok(block)
        })
        .await;
    (read, result)
}

/// A failure here would make servers unusable that refuse the compound or support only plain reads and writes of a
/// pipe, or would truncate a long request or response.
#[tokio::test]
#[cfg_attr(windows, ignore = "in Wine, its thousands of small reads take longer than the time limit")]
async fn a_pipe_works_with_and_without_compounds_and_transceive() {
    for compounds in [true, false] {
        for transceives in [true, false] {
            for max_output in [65_536, 1000, 16] {
                let behaviour = Behaviour { compounds, transceives, max_output, ..GOOD };
                let mut connection = connect(&start(behaviour).await, &options()).await.unwrap();
                let deleted = connection.call(del()).await.unwrap();
                assert_eq!(deleted.status, Win32Error::NERR_SUCCESS);
                let listed = connection.call(list()).await.unwrap();
                assert_eq!(listed.info_struct.entries().len(), 300, "{behaviour:?}");
                connection.close().await.unwrap();
            }
        }
    }
}

/// A failure here would report a call as failed that the server may still carry out, or match its late response to the
/// next call.
#[tokio::test]
async fn a_call_without_a_response_is_unknown() {
    let server = start(Behaviour { on_call: OnCall::IsSilent, ..GOOD }).await;
    let after = Duration::from_millis(100);
    let mut connection =
        connect(&server, &ConnectOptions { call_timeout: after, ..options() }).await.unwrap();
    let error = connection.call(del()).await.unwrap_err();
    assert!(matches!(&error, Error::Unknown { step: Step::Call("NetrSessionDel"), .. }), "{error:?}");
    assert!(error.is_unknown());
    let error = connection.call(del()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Disconnected { .. }) && !error.is_unknown(),
        "the second call is not sent: {error:?}"
    );
}

/// A failure here would leave a session at a server that refuses the pipe, until the server notices that its connection
/// is gone.
#[tokio::test]
async fn a_refused_pipe_logs_off() {
    let server = start(Behaviour { refuses_pipe: true, ..GOOD }).await;
    let error = connect(&server, &options()).await.err().unwrap();
    assert!(
        matches!(error, Error::Refused { step: Step::OpenPipe, status: NtStatus::ACCESS_DENIED, .. }),
        "{error}"
    );
    assert_eq!(LOGGED_OFF_WITHOUT_PIPE.load(Ordering::Relaxed), 1);
}

/// A failure here would match the late response of a dropped call to the next call.
#[tokio::test]
async fn a_dropped_call_makes_the_connection_unusable() {
    let server = start(Behaviour { on_call: OnCall::IsSilent, ..GOOD }).await;
    let mut connection = connect(&server, &options()).await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(50), connection.call(del())).await;
    assert!(dropped.is_err());
    let error = connection.call(del()).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
}

/// A failure here would report a failed call when the connection breaks during it, as Samba breaks it to end the
/// caller's own session.
#[tokio::test]
async fn a_connection_lost_during_a_call_leaves_it_unknown() {
    for on_call in [OnCall::HangsUp, OnCall::EndsTheSession] {
        let server = start(Behaviour { on_call, ..GOOD }).await;
        let mut connection = connect(&server, &options()).await.unwrap();
        let error = connection.call(del()).await.unwrap_err();
        assert!(matches!(&error, Error::Disconnected { step: Step::Call(_), .. }), "{error:?}");
        assert!(error.is_unknown());
    }
}

/// A failure here would make a server with one dead address unreachable, or reachable only after a long wait.
#[tokio::test]
async fn the_first_address_that_answers_is_used() {
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

/// A failure here would connect twice for each logon by a ticket, or not at all.
#[tokio::test]
async fn an_early_connection_carries_the_logon() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = ServerAddress::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    tokio::spawn(async move {
        // Only the first connection is accepted: the listener closes.
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        let _ = serve(stream, GOOD).await;
    });
    let early = EarlyConnection::open(&server, &options()).unwrap();
    assert!(early.is_fresh());
    let connection = Connection::connect_early(early, &login(), &options()).await.unwrap();
    assert!(connection.is_encrypted());
}

/// A failure here would hide why a server cannot be reached, or try to reach it twice.
#[tokio::test]
async fn the_error_of_an_early_connection_is_the_one_of_connecting() {
    let nobody = ServerAddress::new("127.0.0.1", 1).unwrap();
    let early = EarlyConnection::open(&nobody, &options()).unwrap();
    let error = Connection::connect_early(early, &login(), &options()).await.err().unwrap();
    assert_eq!(error.win32(), Win32Error::ERROR_CONNECTION_REFUSED);
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

/// A failure here would wait without end for a peer that is silent or not an SMB server.
#[tokio::test]
async fn a_peer_that_is_not_an_smb_server_is_an_error() {
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

/// A failure here would report a refused logon as another error.
#[tokio::test]
async fn a_wrong_password_is_a_refused_logon() {
    let server = start(GOOD).await;
    let addresses = resolve(&server, &options()).await.unwrap();
    let login = Login::new("alice", Secret::password("wrong")).unwrap();
    let error = Connection::connect(&server, &addresses, &login, &options()).await.err().unwrap();
    assert!(matches!(error, Error::Logon { status: NtStatus::LOGON_FAILURE, .. }), "{error:?}");
}

/// A failure here would make a program wait at its end for a server that does not answer the logoff.
#[tokio::test]
async fn a_silent_server_delays_the_close_by_one_second() {
    let server = start(Behaviour { answers_close: false, ..GOOD }).await;
    let connection = connect(&server, &options()).await.unwrap();
    let start = Instant::now();
    let error = connection.close().await.unwrap_err();
    assert!(
        matches!(error, Error::TimedOut { step: Step::Logoff, after, .. } if after == LOGOFF_LIMIT),
        "{error:?}"
    );
    assert!(start.elapsed() < LOGOFF_LIMIT * 3, "{:?}", start.elapsed());
}

/// A failure here would log on to a server that offers less protection than the caller requires.
#[tokio::test]
async fn a_dialect_outside_the_range_is_refused() {
    let server = start(GOOD).await;
    let unencrypted = ConnectOptions {
        max_dialect: Dialect::Smb2_1,
        encryption: Encryption::Required,
        ..ConnectOptions::default()
    };
    let error = connect(&server, &unencrypted).await.err().unwrap();
    let expected = Protection::Encryption;
    assert!(matches!(error, Error::Insecure { lacks, .. } if lacks == expected), "{error:?}");
}

/// A failure here would advise a person to report a bug, when the server does not offer the interface or is busy.
#[test]
fn a_refused_bind_is_a_fault_with_its_own_hint() {
    let server = ServerAddress::new("fs1", 445).unwrap();
    let context = ErrorContext::new(&server, &login(), &options());
    let interface = |reason| RpcError::ContextRefused { result: ContextResult::PROVIDER_REJECTION, reason };
    let bind = |reason| RpcError::BindRefused { reason };
    for (error, hint) in [
        (interface(ContextReason::ABSTRACT_SYNTAX_NOT_SUPPORTED), Hint::NotOffered),
        (bind(RejectReason::TEMPORARY_CONGESTION), Hint::TryLater),
        (bind(RejectReason::LOCAL_LIMIT_EXCEEDED), Hint::TryLater),
        (bind(RejectReason::NOT_SPECIFIED), Hint::ReportBug),
        (RpcError::Fault(FaultCode::ACCESS_DENIED), Hint::LogOnAsAdministrator),
        (RpcError::Shutdown, Hint::TryAgain),
    ] {
        let error = context.rpc(Step::Bind, error);
        assert_eq!(error.hint(), Some(hint), "{error}");
    }
}

/// A failure here would report a server's policy as a breach of the protocol, or hide that the network changes
/// messages.
#[test]
fn each_smb_failure_is_an_error_of_its_own() {
    let server = ServerAddress::new("fs1", 445).unwrap();
    let context = ErrorContext::new(&server, &login(), &options());
    let stage = |stage, status| client::Error::Refused { stage, status };
    for (error, hint) in [
        (client::Error::NotSmb, Hint::CheckService),
        (client::Error::Smb1Only, Hint::EnableSmb2),
        (stage(Stage::Negotiate, NtStatus::NOT_SUPPORTED), Hint::CheckDialects),
        (stage(Stage::SessionSetup, NtStatus::ACCOUNT_LOCKED_OUT), Hint::UnlockAccount),
        (stage(Stage::Requests, NtStatus::ACCESS_DENIED), Hint::LogOnAsAdministrator),
        (stage(Stage::Requests, NtStatus::USER_SESSION_DELETED), Hint::TryAgain),
        (client::Error::Guest, Hint::CheckUser),
        (client::Error::Anonymous, Hint::CheckUser),
        (client::Error::EncryptionNotOffered, Hint::EnableEncryption),
        (client::Error::EncryptionDemanded, Hint::AllowSmb3),
        (client::Error::Violation(client::Violation::Unsigned), Hint::EnableSigning),
        (client::Error::Violation(client::Violation::BadSignature), Hint::DistrustNetwork),
        (client::Error::Violation(client::Violation::WrongCommand), Hint::ReportBug),
        (client::Error::SessionDeleted { proven: false }, Hint::TryAgain),
        (client::Error::Login(AuthError::NoCommonMechanism), Hint::AllowNtlm),
        (client::Error::Login(AuthError::WrongMic), Hint::DistrustNetwork),
        (client::Error::Login(AuthError::WeakChallenge("keys")), Hint::ReportBug),
    ] {
        let error = context.smb(Step::Logon, error);
        assert_eq!(error.hint(), Some(hint), "{error}");
    }
}
