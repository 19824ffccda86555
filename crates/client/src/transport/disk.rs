//! [`DiskShare`]: copies files to and from a disk share, with several READs or WRITEs in flight at once.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::time::Duration;

use netsession_smb::client::{Answer, Chain, RequestId};
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse, FileId,
    ImpersonationLevel, LogoffRequest, OplockLevel, ReadRequest, ReadResponse, ShareAccess,
    TreeDisconnectRequest, TreeId, WriteRequest, WriteResponse,
};

use super::context::ErrorContext;
use super::request::{body, require, single, tree_connect, tree_of};
use super::resolve::resolve;
use super::socket::{Limit, Socket};
use super::{LOGOFF_LIMIT, Opening, log_on};
use crate::{ConnectOptions, Error, Login, ServerAddress, ServerTarget, Step};

/// The bytes of one READ or WRITE, if the server accepts that many.
const MAX_CHUNK: u32 = 1 << 20;
/// The number of READs or WRITEs in flight at once.
const MAX_UNDER_WAY: usize = 3;

/// A connection to a disk share that copies files to and from the share.
///
/// After an error other than [`Error::Refused`], or after you drop a future before its end, the connection sends no
/// more requests: drop it.
///
/// # Panics
/// Its methods panic outside of a tokio runtime with net and time enabled.
///
/// ```
/// use netsession::{ConnectOptions, DiskShare, Login, Secret};
///
/// # #[cfg(not(unix))]
/// # fn main() {}
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shared = tempfile::tempdir()?;
/// # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into());
/// # let builder = builder.account(netsession_server::Account::with_password("alice", "secret"));
/// # let builder = builder.folder(netsession_server::Folder::new("data", shared.path()));
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let embedded = builder.start()?;
/// # let target = embedded.addresses()[0].into();
/// // `target` is "fs1".parse()?, for example.
/// let login = Login::new("alice", Secret::password("secret"))?;
/// let mut share = DiskShare::connect(&target, "data", &login, &ConnectOptions::default()).await?;
/// let mut blocks = vec![b"hello".to_vec()];
/// let written = share.put("greeting.txt", async |_| Ok(blocks.pop().unwrap_or_default())).await?;
/// assert_eq!(written, 5);
/// share.close().await?;
/// # embedded.stop().await;
/// # Ok(())
/// # })
/// # }
/// ```
pub struct DiskShare {
    share: String,
    socket: Socket,
    tree_id: TreeId,
    chunk: u32,
    call_timeout: Duration,
}

impl DiskShare {
    /// Connects to a server, logs on, and connects to its share.
    ///
    /// # Errors
    /// Those of [`crate::Server::connect`]; [`Error::Refused`] if the share does not exist or the user may not use it.
    ///
    /// # Panics
    /// Outside a tokio runtime, or in one without I/O and time.
    pub async fn connect(
        target: &ServerTarget,
        share: &str,
        login: &Login,
        options: &ConnectOptions,
    ) -> Result<Self, Error> {
        let server = target.address()?;
        let addresses = resolve(&server, options).await?;
        let mut socket = log_on(&server, Opening::At(&addresses), login, options).await?;
        let tree_id = match connect_tree(&mut socket, &server, share, options.call_timeout).await {
            Ok(tree_id) => tree_id,
            Err(error) => {
                socket.log_off(Limit::of(options.call_timeout.min(LOGOFF_LIMIT))).await;
                return Err(error);
            }
        };
        let (read, write) = socket.negotiated().map_or((0, 0), |it| (it.max_read_size, it.max_write_size));
        let chunk = MAX_CHUNK.min(read).min(write).max(4096);
        Ok(Self { share: share.to_owned(), socket, tree_id, chunk, call_timeout: options.call_timeout })
    }

    /// Writes the file `name` (with `\` between directories) and returns its length in bytes. It replaces an existing
    /// file.
    ///
    /// `source` gets the largest number of bytes that it may return, and returns an empty block at the end of the file. If
    /// the server writes only a part of a block ([MS-SMB2] 3.2.5.12), this function sends the rest again.
    ///
    /// # Errors
    /// [`Error::Refused`] if the server refuses the file, or has no room for all of it; [`Error::Disconnected`] if somebody ended the session;
    /// [`Error::File`] if `source` fails.
    pub async fn put(
        &mut self,
        name: &str,
        mut source: impl AsyncFnMut(usize) -> io::Result<Vec<u8>>,
    ) -> Result<u64, Error> {
        let access = AccessMask::GENERIC_WRITE;
        let file_id = self.open(name, access, CreateDisposition::OVERWRITE_IF).await?.file_id;
        let most = usize::try_from(self.chunk).unwrap_or(usize::MAX);
        let mut under_way: BTreeMap<RequestId, (u64, Vec<u8>)> = BTreeMap::new();
        // What the server has left of a block.
        let mut rests = Vec::new();
        let (mut length, mut ended) = (0u64, false);
        while !ended || !rests.is_empty() || !under_way.is_empty() {
            if (!ended || !rests.is_empty()) && under_way.len() < MAX_UNDER_WAY {
                let (offset, data) = match rests.pop() {
                    Some(rest) => rest,
                    None => (length, source(most).await.map_err(|cause| Error::File { cause })?),
                };
                ended |= data.is_empty();
                if !data.is_empty() {
                    let request = WriteRequest::new(file_id, offset, &data);
                    let sent = self.submit(Chain::new(self.tree_id, &request), Step::WriteFile)?;
                    length = length.max(end_of(offset, &data));
                    under_way.insert(sent, (offset, data));
                }
                continue;
            }
            let answer = self.answer(Step::WriteFile).await?;
            let Some((offset, mut data)) = under_way.remove(&answer.request()) else { continue };
            let written = body::<WriteResponse>(&self.socket, &answer, Step::WriteFile)?.count;
            // A server may write only a part, as if the disk is nearly full. The next request shows why.
            match usize::try_from(written) {
                Ok(written @ 1..) if written <= data.len() => {
                    let rest = data.split_off(written);
                    if !rest.is_empty() {
                        rests.push((end_of(offset, &data), rest));
                    }
                }
                _ => {
                    let rule = "the server wrote nothing, or more than it received";
                    return Err(self.socket.context().broken_rule(Step::WriteFile, rule));
                }
            }
        }
        self.socket.settle();
        self.close_file(file_id).await?;
        Ok(length)
    }

    /// Reads the file `name`, passes its content in order to `sink`, and returns its length in bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] if the file does not exist or the user may not read it; [`Error::Disconnected`] if somebody
    /// ended the session; [`Error::File`] if `sink` fails.
    pub async fn get(
        &mut self,
        name: &str,
        mut sink: impl AsyncFnMut(&[u8]) -> io::Result<()>,
    ) -> Result<u64, Error> {
        let opened = self.open(name, AccessMask::GENERIC_READ, CreateDisposition::OPEN).await?;
        let (file_id, size) = (opened.file_id, opened.end_of_file);
        // In the order of the requests, which is the order in the file.
        let mut under_way: BTreeMap<RequestId, (u32, Option<Answer>)> = BTreeMap::new();
        let (mut requested, mut read) = (0u64, 0u64);
        while read < size {
            if requested < size && under_way.len() < MAX_UNDER_WAY {
                let length =
                    u32::try_from(size.saturating_sub(requested)).unwrap_or(u32::MAX).min(self.chunk);
                let request = ReadRequest::new(file_id, requested, length);
                let sent = self.submit(Chain::new(self.tree_id, &request), Step::ReadFile)?;
                under_way.insert(sent, (length, None));
                requested = requested.saturating_add(length.into());
                continue;
            }
            let answer = self.answer(Step::ReadFile).await?;
            if let Some((_, slot)) = under_way.get_mut(&answer.request()) {
                *slot = Some(answer);
            }
            while let Some(first) = under_way.first_entry().filter(|first| first.get().1.is_some()) {
                let (length, Some(answer)) = first.remove() else { break };
                let data = body::<ReadResponse<'_>>(&self.socket, &answer, Step::ReadFile)?.data;
                if u32::try_from(data.len()) != Ok(length) {
                    return Err(self.socket.context().broken_rule(Step::ReadFile, "the file became shorter"));
                }
                sink(data).await.map_err(|cause| Error::File { cause })?;
                read = read.saturating_add(length.into());
            }
        }
        self.socket.settle();
        self.close_file(file_id).await?;
        Ok(read)
    }

    /// Disconnects from the share, logs off and closes the connection.
    ///
    /// # Errors
    /// [`Error::TimedOut`] or [`Error::Disconnected`] if the server does not confirm the logoff within a second. The
    /// connection is closed in any case.
    pub async fn close(mut self) -> Result<(), Error> {
        let limit = Limit::of(self.call_timeout.min(LOGOFF_LIMIT));
        let chain = Chain::new(self.tree_id, &TreeDisconnectRequest).and_then(|it| it.then(&LogoffRequest));
        let chain = chain.map_err(|_| ErrorContext::too_long(Step::Logoff))?;
        self.socket.exchange(chain, Step::Logoff, limit).await.map(drop)
    }

    async fn open(
        &mut self,
        name: &str,
        access: AccessMask,
        disposition: CreateDisposition,
    ) -> Result<CreateResponse, Error> {
        let request = CreateRequest {
            requested_oplock_level: OplockLevel::NONE,
            impersonation_level: ImpersonationLevel::IMPERSONATION,
            desired_access: access,
            file_attributes: FileAttributes::NORMAL,
            share_access: ShareAccess::READ,
            create_disposition: disposition,
            create_options: CreateOptions::NON_DIRECTORY_FILE | CreateOptions::SEQUENTIAL_ONLY,
            name: name.to_owned(),
            contexts: Vec::new(),
        };
        let limit = Limit::of(self.call_timeout);
        let answer = single(&mut self.socket, self.tree_id, &request, Step::OpenFile, limit).await?;
        require(&self.socket, &answer, Step::OpenFile)?;
        body(&self.socket, &answer, Step::OpenFile)
    }

    fn submit(
        &mut self,
        chain: Result<Chain, impl std::fmt::Display>,
        step: Step,
    ) -> Result<RequestId, Error> {
        let chain = chain.map_err(|_| ErrorContext::too_long(step))?;
        let sent = self.socket.submit(chain, step)?;
        sent.first().copied().ok_or_else(|| self.socket.context().broken_rule(step, "no request was sent"))
    }

    async fn answer(&mut self, step: Step) -> Result<Answer, Error> {
        let answer = self.socket.answer(step, Limit::of(self.call_timeout)).await?;
        require(&self.socket, &answer, step)?;
        Ok(answer)
    }

    async fn close_file(&mut self, file_id: FileId) -> Result<(), Error> {
        let request = CloseRequest { flags: CloseFlags::empty(), file_id };
        let limit = Limit::of(self.call_timeout);
        let answer = single(&mut self.socket, self.tree_id, &request, Step::CloseFile, limit).await?;
        require(&self.socket, &answer, Step::CloseFile)
    }
}

/// Returns the offset behind a block of a file.
fn end_of(offset: u64, data: &[u8]) -> u64 {
    offset.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX))
}

/// Connects a session to a share.
async fn connect_tree(
    socket: &mut Socket,
    server: &ServerAddress,
    share: &str,
    call_timeout: Duration,
) -> Result<TreeId, Error> {
    let step = Step::ConnectShare;
    let request = tree_connect(server, share);
    let answer = single(socket, TreeId::NONE, &request, step, Limit::of(call_timeout)).await?;
    require(socket, &answer, step)?;
    Ok(tree_of(&answer))
}

impl fmt::Debug for DiskShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.socket.context().server();
        f.debug_struct("DiskShare")
            .field("server", &server)
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}
