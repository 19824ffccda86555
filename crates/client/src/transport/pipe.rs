//! [`Pipe`]: a pipe on `IPC$`, most often `srvsvc`, and calls through it ([MS-SMB2] 3.2.4.3.1, 3.2.4.20.4; [MS-RPCE] 2.1.1.2).

use netsession_rpc::client::{Answer as RpcAnswer, Association, Config, Interface};
use netsession_rpc::{RpcError, SyntaxId};
use netsession_smb::client::{Answer, Chain};
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, CtlCode,
    FileId, ImpersonationLevel, IoctlRequest, IoctlResponse, LogoffRequest, OplockLevel, ReadRequest,
    ReadResponse, ShareAccess, TreeDisconnectRequest, TreeId, WriteRequest, WriteResponse,
};

use super::context::ErrorContext;
use super::request::{body, has_output, require, single, tree_connect, tree_of};
use super::socket::{Limit, Socket};
use crate::{Error, ServerAddress, Step};

/// The longest output of one request: the bytes that one credit allows.
const MAX_OUTPUT: u32 = 65_536;

/// A pipe, its interface, and the steps that errors name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) interface: SyntaxId,
    pub(super) open: Step,
    pub(super) bind: Step,
}

impl Target {
    const SRVSVC: Self = Self {
        name: netsession_srvs::PIPE,
        interface: netsession_srvs::INTERFACE,
        open: Step::OpenPipe,
        bind: Step::Bind,
    };
}

/// The open pipe, bound to the interface.
pub(super) struct Pipe {
    tree_id: TreeId,
    file_id: FileId,
    association: Association,
    interface: Interface,
    /// Whether the server supports FSCTL_PIPE_TRANSCEIVE: one round trip instead of two.
    transceives: bool,
}

impl Pipe {
    /// Connects to `IPC$`, opens the pipe `srvsvc` and binds. It sends the three requests as one compound, which takes one round
    /// trip. If a request fails in the compound, it sends that request once more on its own, and the second response
    /// counts.
    pub(super) async fn open(
        socket: &mut Socket,
        server: &ServerAddress,
        limit: Limit,
    ) -> Result<Self, Error> {
        let mut association = Association::new(Config::default());
        let target = Target::SRVSVC;
        let (interface, bind) = bind(socket, &mut association, target)?;
        let tree = tree_connect(server, "IPC$");
        let create = create(target);
        let transceive = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, FileId::NONE, &bind, MAX_OUTPUT);
        let chain = Chain::new(TreeId::NONE, &tree)
            .and_then(|chain| chain.then(&create))
            .and_then(|chain| chain.then(&transceive));
        let chain = chain.map_err(|_| ErrorContext::too_long(Step::ConnectIpc))?;
        let answers = socket.exchange(chain, Step::ConnectIpc, limit).await?;
        let [connected, created, bound] = answers.as_slice() else {
            return Err(socket.context().broken_rule(Step::ConnectIpc, "responses are missing"));
        };
        let tree_id = if connected.status().is_success() {
            tree_of(connected)
        } else {
            let answer = single(socket, TreeId::NONE, &tree, Step::ConnectIpc, limit).await?;
            require(socket, &answer, Step::ConnectIpc)?;
            tree_of(&answer)
        };
        let whole = created.status().is_success() && has_output(bound);
        if !whole {
            return Self::open_in_steps(socket, tree_id, target, limit).await;
        }
        let file_id = body::<CreateResponse>(socket, created, Step::OpenPipe)?.file_id;
        let mut pipe = Self { tree_id, file_id, association, interface, transceives: true };
        let output = output(socket, bound, Step::Bind)?;
        pipe.bound(socket, &output, Step::Bind, limit).await?;
        Ok(pipe)
    }

    /// Opens a pipe and binds by separate requests: for servers that refuse the compound, and for a second pipe.
    pub(super) async fn open_in_steps(
        socket: &mut Socket,
        tree_id: TreeId,
        target: Target,
        limit: Limit,
    ) -> Result<Self, Error> {
        let created = single(socket, tree_id, &create(target), target.open, limit).await?;
        require(socket, &created, target.open)?;
        let file_id = body::<CreateResponse>(socket, &created, target.open)?.file_id;
        let mut association = Association::new(Config::default());
        let (interface, bytes) = bind(socket, &mut association, target)?;
        let mut pipe = Self { tree_id, file_id, association, interface, transceives: true };
        let transceive = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, file_id, &bytes, MAX_OUTPUT);
        let answer = single(socket, tree_id, &transceive, target.bind, limit).await?;
        let output = if has_output(&answer) {
            output(socket, &answer, target.bind)?
        } else {
            pipe.transceives = false;
            pipe.write(socket, &bytes, target.bind, limit).await?;
            pipe.read(socket, target.bind, limit).await?
        };
        pipe.bound(socket, &output, target.bind, limit).await?;
        Ok(pipe)
    }

    /// Returns the tree of `IPC$`.
    pub(super) const fn ipc(&self) -> TreeId {
        self.tree_id
    }

    /// Reads the whole response to the bind.
    async fn bound(
        &mut self,
        socket: &mut Socket,
        output: &[u8],
        step: Step,
        limit: Limit,
    ) -> Result<(), Error> {
        match self.whole_answer(socket, output, step, limit).await? {
            RpcAnswer::Bound { .. } => Ok(()),
            _ => Err(socket.context().broken_rule(step, "the response is not one to a bind")),
        }
    }

    /// Sends one call and returns the stub data of its response.
    pub(super) async fn call(
        &mut self,
        socket: &mut Socket,
        opnum: u16,
        stub: &[u8],
        step: Step,
        limit: Limit,
    ) -> Result<Vec<u8>, Error> {
        let fragments = self.association.call(self.interface, opnum, stub);
        let fragments = fragments.map_err(|error| socket.context().rpc(step, error))?;
        let (last, first) = fragments.split_last().unzip();
        for fragment in first.unwrap_or_default() {
            self.write(socket, fragment, step, limit).await?;
        }
        let last = last.map_or(&[][..], Vec::as_slice);
        let output = if self.transceives {
            let request = IoctlRequest::fsctl(CtlCode::PIPE_TRANSCEIVE, self.file_id, last, MAX_OUTPUT);
            let answer = single(socket, self.tree_id, &request, step, limit).await?;
            output(socket, &answer, step)?
        } else {
            self.write(socket, last, step, limit).await?;
            self.read(socket, step, limit).await?
        };
        match self.whole_answer(socket, &output, step, limit).await? {
            RpcAnswer::Response { stub } => Ok(stub),
            RpcAnswer::Fault { code, .. } => Err(socket.context().rpc(step, RpcError::Fault(code))),
            RpcAnswer::Bound { .. } => {
                Err(socket.context().broken_rule(step, "the response is one to a bind"))
            }
        }
    }

    /// Closes the pipe, disconnects from `IPC$` and logs off, in one round trip. It ignores a refusal, because the
    /// server does the same when the connection closes.
    pub(super) async fn close(&self, socket: &mut Socket, limit: Limit) -> Result<(), Error> {
        let close = CloseRequest { flags: CloseFlags::empty(), file_id: self.file_id };
        let chain = Chain::new(self.tree_id, &close)
            .and_then(|chain| chain.then(&TreeDisconnectRequest))
            .and_then(|chain| chain.then(&LogoffRequest));
        let chain = chain.map_err(|_| ErrorContext::too_long(Step::Logoff))?;
        socket.exchange(chain, Step::Logoff, limit).await.map(drop)
    }

    /// Passes the output to the association, and reads until the response is complete.
    async fn whole_answer(
        &mut self,
        socket: &mut Socket,
        output: &[u8],
        step: Step,
        limit: Limit,
    ) -> Result<RpcAnswer, Error> {
        let push = |association: &mut Association, socket: &Socket, bytes: &[u8]| {
            association.push(bytes).map_err(|error| socket.context().rpc(step, error))
        };
        let mut answer = push(&mut self.association, socket, output)?;
        loop {
            match answer {
                Some(answer) => return Ok(answer),
                None => {
                    let more = self.read(socket, step, limit).await?;
                    answer = push(&mut self.association, socket, &more)?;
                }
            }
        }
    }

    async fn write(&self, socket: &mut Socket, bytes: &[u8], step: Step, limit: Limit) -> Result<(), Error> {
        let request = WriteRequest::new(self.file_id, 0, bytes);
        let answer = single(socket, self.tree_id, &request, step, limit).await?;
        require(socket, &answer, step)?;
        let written = body::<WriteResponse>(socket, &answer, step)?.count;
        match usize::try_from(written) == Ok(bytes.len()) {
            true => Ok(()),
            false => Err(socket.context().broken_rule(step, "the pipe accepted only a part of the request")),
        }
    }

    async fn read(&self, socket: &mut Socket, step: Step, limit: Limit) -> Result<Vec<u8>, Error> {
        let request = ReadRequest::new(self.file_id, 0, MAX_OUTPUT);
        let answer = single(socket, self.tree_id, &request, step, limit).await?;
        if !has_output(&answer) {
            return Err(socket.context().refused(step, answer.status()));
        }
        let data = body::<ReadResponse<'_>>(socket, &answer, step)?.data;
        match data.is_empty() {
            true => Err(socket
                .context()
                .broken_rule(step, "the pipe returned nothing before the end of the response")),
            false => Ok(data.to_vec()),
        }
    }
}

/// Begins the association and returns its first bytes.
fn bind(
    socket: &Socket,
    association: &mut Association,
    target: Target,
) -> Result<(Interface, Vec<u8>), Error> {
    association.bind(target.interface).map_err(|error| socket.context().rpc(target.bind, error))
}

fn create(target: Target) -> CreateRequest {
    CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::from_bits_retain(0x0012_019f),
        file_attributes: FileAttributes::empty(),
        share_access: ShareAccess::all(),
        create_disposition: CreateDisposition::OPEN,
        create_options: CreateOptions::empty(),
        name: target.name.to_owned(),
        contexts: Vec::new(),
    }
}

/// Returns the output of FSCTL_PIPE_TRANSCEIVE.
fn output(socket: &Socket, answer: &Answer, step: Step) -> Result<Vec<u8>, Error> {
    match has_output(answer) {
        true => Ok(body::<IoctlResponse<'_>>(socket, answer, step)?.output.to_vec()),
        false => Err(socket.context().refused(step, answer.status())),
    }
}
