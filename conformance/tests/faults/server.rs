//! [`Faulty`]: a server that logs everybody on and answers each call with a fault.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use netsession::FaultCode;
use netsession_conformance::PASSWORD;
use netsession_rpc::server::{Association, Config, Event, Interface};
use netsession_smb::auth::ntlm::{NtHash, ServerConfig};
use netsession_smb::auth::{AuthError, Claim, Verifier};
use netsession_smb::fscc::{AccessMask, FileAttributes, FileTime};
use netsession_smb::msg::{
    AsyncId, CloseResponse, Command, CreateAction, CreateResponse, CreateResponseFlags, FileId, IoctlRequest,
    IoctlResponse, OplockLevel, SessionId, ShareCapabilities, ShareFlags, ShareType, TreeConnectResponse,
    TreeDisconnectResponse, TreeId,
};
use netsession_smb::server::{
    Connection, Decision, Host, LoggedOn, Output, Reply, Request, SessionKeys, Settings,
};
use netsession_wire::{Guid, NtStatus};

const FILE: FileId = FileId { persistent: 5, volatile: 6 };

/// The server. Its threads end with the test.
pub(crate) struct Faulty {
    address: SocketAddr,
    code: Arc<AtomicU32>,
}

impl Faulty {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let code = Arc::new(AtomicU32::new(0));
        let shared = Arc::clone(&code);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let code = Arc::clone(&shared);
                // A client that disconnects ends its thread.
                thread::spawn(move || drop(serve(stream, &code)));
            }
        });
        Ok(Self { address, code })
    }

    pub(crate) fn name(&self) -> String {
        self.address.to_string()
    }

    /// Makes the server answer every further call with this status.
    pub(crate) fn answer(&self, code: FaultCode) {
        self.code.store(code.0, Ordering::Relaxed);
    }
}

fn serve(mut stream: TcpStream, code: &AtomicU32) -> Result<()> {
    let names = ServerConfig {
        netbios_computer: "FAULTY".into(),
        netbios_domain: "FAULTY".into(),
        dns_computer: "faulty".into(),
        dns_domain: String::new(),
        require_mic: false,
    };
    let mut connection = Connection::new(Arc::new(Settings::new(Guid([9; 16]), names)));
    let mut host = FaultyHost { code, pipe: None };
    let mut output = Output::new();
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length))?];
        stream.read_exact(&mut frame)?;
        connection.receive(&mut frame, &mut host, &mut output)?;
        stream.write_all(output.as_slice())?;
        output.clear(0);
    }
}

struct FaultyHost<'a> {
    code: &'a AtomicU32,
    pipe: Option<Association>,
}

impl FaultyHost<'_> {
    /// Writes to the pipe, and returns the response: to a call, the fault.
    fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let pipe = self.pipe.as_mut().ok_or_else(|| anyhow!("no pipe is open"))?;
        pipe.push(bytes);
        let mut response = Vec::new();
        while let Some(event) = pipe.poll() {
            match event {
                Event::Send(message) => response.extend(message),
                Event::Call(call) => {
                    pipe.fault(call.call_id, FaultCode(self.code.load(Ordering::Relaxed)))?;
                }
                other => return Err(anyhow!("{other:?}")),
            }
        }
        Ok(response)
    }
}

impl Host for FaultyHost<'_> {
    fn now(&self) -> FileTime {
        FileTime(134_000_000_000_000_000)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn decide(&mut self, _: &Claim) -> Decision {
        Decision::Verify(Verifier::NtHash(NtHash::of_password(PASSWORD)))
    }

    fn session_id(&mut self) -> SessionId {
        SessionId(3)
    }

    fn logged_on(&mut self, _: &LoggedOn, _: &Arc<SessionKeys>) -> Result<(), NtStatus> {
        Ok(())
    }

    fn logon_failed(&mut self, _: Option<&Claim>, _: Option<&AuthError>) {}

    fn logged_off(&mut self, _: SessionId) {}

    fn request(&mut self, request: &Request<'_>, reply: &mut Reply<'_>) {
        match request.header().command {
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
                let interface = Interface::new(netsession_srvs::INTERFACE);
                let config = Config::new(r"\PIPE\srvsvc".to_owned(), vec![interface]);
                self.pipe = Some(Association::new(config));
                reply.file(FILE);
                reply.ok(&created());
            }
            Command::IOCTL => {
                let answered = request.body::<IoctlRequest<'_>>().map_err(anyhow::Error::from);
                match answered.and_then(|ioctl| Ok((ioctl.ctl_code, self.exchange(ioctl.input)?))) {
                    Ok((ctl_code, output)) => {
                        reply.ok(&IoctlResponse { ctl_code, file_id: FILE, input: &[], output: &output });
                    }
                    Err(_) => reply.error(NtStatus::INVALID_PARAMETER),
                }
            }
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
