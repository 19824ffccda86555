//! CREATE ([MS-SMB2] 3.3.5.9).

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use netsession_smb::fscc::{AccessMask, Entries, FileAttributes, FileFullEaInformation, FileTime};
use netsession_smb::msg::create_context::{
    AllocationSize, CreateContextData, MaximalAccessRequest, MaximalAccessResponse, OnDiskIdRequest,
    OnDiskIdResponse, TimewarpToken,
};
use netsession_smb::msg::{
    CreateAction, CreateContext, CreateDisposition, CreateOptions, CreateRequest, CreateResponse,
    CreateResponseFlags, HeaderFlags, ImpersonationLevel, OplockLevel,
};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::durable::{self, Durability};
use super::lease::{self, Requested};
use super::oplock::{OpenClient, level};
use super::{app_instance, apple, decode, has_room_for_retry, tree};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::{self, Breaks, Disk, Effort, FileInfo, LeaseClaim, PATIENCE, SharePath};
use crate::pipe;
use crate::state::{
    Attachment, ChannelSequence, Content, Durable, Event, Inbox, Instance, LockSequences, Object, Open,
    Reclaim, Session, State, Tree,
};

/// Options that the server does not support ([MS-SMB2] 3.3.5.9); 0x80 is FILE_CREATE_TREE_CONNECTION.
const UNSUPPORTED: CreateOptions = CreateOptions::OPEN_BY_FILE_ID
    .union(CreateOptions::RESERVE_OPFILTER)
    .union(CreateOptions::from_bits_retain(0x80));
/// Bits that are not options.
const NO_OPTIONS: CreateOptions = CreateOptions::from_bits_retain(0xff00_0000);

/// Rights to data that another client may have cached.
const DATA: AccessMask = AccessMask::READ_DATA
    .union(AccessMask::WRITE_DATA)
    .union(AccessMask::APPEND_DATA)
    .union(AccessMask::EXECUTE)
    .union(AccessMask::MAXIMUM_ALLOWED)
    .union(AccessMask::GENERIC_ALL)
    .union(AccessMask::GENERIC_READ)
    .union(AccessMask::GENERIC_WRITE)
    .union(AccessMask::GENERIC_EXECUTE);

/// The most bytes of a name in an event: Linux opens no longer path.
const LONGEST_NAME: usize = 4096;
/// The most bytes of extended attributes in one request.
const MOST_ATTRIBUTES: usize = 64 << 10;
/// The most bytes of extended attributes of a request that waits.
const WAITING_ATTRIBUTES: usize = 1024;

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let tree = tree(session, request)?;
    let body: CreateRequest = decode(request)?;
    let client = session.keys.as_ref().map(|keys| keys.client_guid());
    let level = body.requested_oplock_level;
    let lease = Requested::of(&body.contexts, request.dialect, client)?;
    let new_lease = lease.filter(|_| level == OplockLevel::LEASE);
    let keeps_handle = level == OplockLevel::BATCH || new_lease.is_some_and(Requested::has_handle);
    let durability = Durability::of(&body.contexts, request.dialect, keeps_handle, client)?;
    let instance = app_instance::of(&body.contexts, request.dialect, client)?;
    // A client that reclaims an open need not fill in the rest of the request.
    let is_new = !matches!(durability, Durability::Reclaimed(_));
    let lease = if is_new { new_lease } else { lease };
    if is_new && body.impersonation_level > ImpersonationLevel::DELEGATE {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
    }
    let is_replay = request.header().flags.contains(HeaderFlags::REPLAY_OPERATION);
    let state = Arc::clone(&host.state);
    let until = state.environment.uptime().saturating_add(PATIENCE);
    let inbox = Arc::clone(&host.inbox);
    let channel_sequence = request.header().channel_sequence();
    let stop = Arc::clone(&host.stop);
    let mut create = Create {
        state,
        session: Arc::clone(session),
        tree,
        body,
        lease,
        durability,
        instance,
        is_replay,
        is_waiting: false,
        until,
        inbox,
        channel_sequence,
        stop,
    };
    if let Durability::Reclaimed(reclaim) = durability {
        respond(reply, &create.reclaim(reclaim)?);
        return Ok(());
    }
    // A request in the middle of a compound cannot wait.
    let breaks = match reply.can_be_announced() || create.body.desired_access.intersects(DATA) {
        true => Breaks::AndWaits,
        false => Breaks::WithoutWaiting,
    };
    match create.attempt(breaks, host.pace.may_be_slow()) {
        Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) => match create.poll() {
            Some(finish) => finish(reply),
            None if !has_room_for_retry(host) || create.is_large() => {
                return Err(NtStatus::SHARING_VIOLATION);
            }
            None => {
                // The holder gives the oplock back soon: a client that retries can open the file.
                let id = reply.announce().map_err(|_| NtStatus::SHARING_VIOLATION)?;
                // A waiting request keeps little memory: beside attributes, the contexts that a retry reads have at
                // most 8 bytes.
                create.body.contexts.retain(|context| {
                    let most = if is_attributes(context) { WAITING_ATTRIBUTES } else { 8 };
                    context.name.len() == 4 && context.data.len() <= most
                });
                create.wait();
                host.waiting.insert(id, Box::new(create));
            }
        },
        created => respond(reply, &created?),
    }
    Ok(())
}

fn respond(reply: &mut Reply<'_>, response: &CreateResponse) {
    reply.file(response.file_id);
    reply.ok(response);
}

/// A CREATE request that may wait until another client gives an oplock back.
#[derive(Debug)]
struct Create {
    state: Arc<State>,
    session: Arc<Session>,
    tree: Arc<Tree>,
    body: CreateRequest,
    lease: Option<Requested>,
    durability: Durability,
    /// The application that opens the file.
    instance: Option<Instance>,
    /// Whether the client repeats the request.
    is_replay: bool,
    /// Whether it has begun to wait.
    is_waiting: bool,
    /// When the oplock is revoked, by the server's uptime.
    until: Duration,
    inbox: Arc<Inbox>,
    channel_sequence: u16,
    /// Set when the connection is closed while it works.
    stop: Arc<AtomicBool>,
}

impl Waiting for Create {
    fn poll(&mut self) -> Option<Finish> {
        // A session that waits is not idle.
        self.session.touch(self.state.environment.moment());
        // Registered before the attempt, so that no acknowledgment in between is missed.
        self.tree.share.wait_for_lock(&self.inbox);
        let overdue = self.state.environment.uptime() > self.until;
        let breaks = if overdue { Breaks::ForGood } else { Breaks::AndWaits };
        match self.attempt(breaks, true) {
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) => None,
            Err(status) => Some(Box::new(move |reply| reply.error(status))),
            Ok(response) => Some(Box::new(move |reply| respond(reply, &response))),
        }
    }

    fn is_timed(&self) -> bool {
        true
    }

    fn is_retry(&self) -> bool {
        true
    }
}

impl Create {
    /// Returns whether it would keep much memory while it waits.
    fn is_large(&self) -> bool {
        let is_large = |context: &CreateContext| context.data.len() > WAITING_ATTRIBUTES;
        self.body.contexts.iter().any(|context| is_attributes(context) && is_large(context))
    }

    /// Opens the file, and reports a refusal if the client lacks rights.
    fn attempt(&self, breaks: Breaks, may_be_slow: bool) -> Result<CreateResponse, NtStatus> {
        let opened = match self.open(breaks, may_be_slow) {
            // Nobody can ask the client of a lost connection for its oplock.
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) if self.state.close_due() => {
                self.open(breaks, may_be_slow)
            }
            opened => opened,
        };
        opened.inspect_err(|status| {
            if *status == NtStatus::ACCESS_DENIED {
                let (session, share) = (Arc::clone(&self.session), Arc::clone(&self.tree.share));
                self.state.emit(&Event::AccessDenied(session, share, shortened(&self.body.name)));
            }
        })
    }

    fn open(&self, breaks: Breaks, may_be_slow: bool) -> Result<CreateResponse, NtStatus> {
        let Self { state, session, tree, body, .. } = self;
        if session.tree(tree.id).is_none() {
            return Err(NtStatus::NETWORK_NAME_DELETED);
        }
        if let Some(response) = self.replayed()? {
            return Ok(response);
        }
        if let Some(instance) = &self.instance {
            app_instance::take_over(state, session, tree, (instance, &body.name))?;
        }
        let is_pipe = matches!(tree.share.content, Content::Pipes);
        if !session.has_room_for_open(is_pipe) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        // Take a place for the file before anything happens to it.
        let place = match is_pipe {
            true => None,
            false => Some(
                state
                    .budgets
                    .files
                    .take(&session.user, descriptors(body))
                    .ok_or(NtStatus::TOO_MANY_OPENED_FILES)?,
            ),
        };
        let (object, mut response) = match &tree.share.content {
            Content::Pipes => pipe(state, session, body)?,
            Content::Disk(disk) => {
                let stops = [&*self.stop, &session.ended];
                let claim = self.lease.map(|lease| LeaseClaim { id: lease.id, leases: &state.leases });
                let effort = Effort::new(may_be_slow, &stops);
                let (object, mut response) = file(disk, body, claim, breaks, effort)?;
                response.contexts.extend(apple::answer(session, disk, &body.contexts));
                (object, response)
            }
        };
        let number = state.new_open_number();
        response.file_id = number.file_id();
        let attachment = Attachment::new(session.id, &session.channels);
        let client = OpenClient::new(state, &attachment, number);
        let requested = body.requested_oplock_level;
        let keeps_handle = lease::grant(self.lease, requested, &object, client, &mut response);
        let durable = self.durable(response.create_action);
        if let Some(durable) = durable.filter(|_| keeps_handle) {
            response.contexts.extend(durable::response(&durable));
        }
        let open = Arc::new(Open {
            number,
            user: session.user.clone(),
            client: session.client(),
            is_new: response.create_action == CreateAction::CREATED,
            share: Arc::clone(&tree.share),
            tree: tree.id.0.into(),
            attachment,
            durable,
            instance: self.instance,
            is_used: AtomicBool::new(false),
            object,
            since: state.environment.now(),
            closed: AtomicBool::new(false),
            sequence: ChannelSequence::new(self.channel_sequence),
            lock_sequences: LockSequences::default(),
            watch: OnceLock::new(),
            _place: place,
            traffic: Default::default(),
            lock_part: Mutex::new(state.budgets.locks.part(&session.user)),
        });
        if !session.opened(&open) {
            if let Object::File(file) = &open.object {
                file.abandon(response.create_action == CreateAction::CREATED);
            }
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        state.durables.remember(&open);
        state.instances.remember(&open);
        state.emit(&Event::Opened(Arc::clone(&open)));
        if open.is_folder() && open.is_new() {
            state.emit(&Event::FolderCreated(Arc::clone(&open)));
        }
        if body.create_options.contains(CreateOptions::DELETE_ON_CLOSE) {
            state.emit(&Event::DeletionRequested(open));
        }
        Ok(response)
    }
}

impl Drop for Create {
    fn drop(&mut self) {
        if let (true, Some((client, create))) = (self.is_waiting, self.durability.guids()) {
            self.state.durables.has_waited(client, create);
        }
    }
}

impl Create {
    /// Begins to wait.
    fn wait(&mut self) {
        self.is_waiting = true;
        if let Some((client, create)) = self.durability.guids() {
            self.state.durables.waits(client, create);
        }
    }

    /// Returns what the client needs to reclaim the open, if it has asked for that.
    fn durable(&self, action: CreateAction) -> Option<Durable> {
        match self.durability {
            Durability::Requested { client, create, timeout } => {
                Some(Durable { client, create, timeout, action })
            }
            Durability::None | Durability::Reclaimed(_) => None,
        }
    }

    /// Gives the client an open that it has lost with its connection.
    fn reclaim(&self, reclaim: Reclaim) -> Result<CreateResponse, NtStatus> {
        self.state.close_due();
        let lease = self.lease.map(|requested| requested.lease);
        let request = (&*self.body.name, lease);
        let open = self.state.durables.reclaim(reclaim, request, &self.session, &self.tree)?;
        described(&open, CreateAction::OPENED).map(|(response, _)| response)
    }

    /// Returns the response to a request that the client repeats, because it has lost the first one ([MS-SMB2]
    /// 3.3.5.9.10).
    ///
    /// # Errors
    /// `STATUS_DUPLICATE_OBJECTID` if it is another request with the same identifier; `STATUS_FILE_NOT_AVAILABLE` if the first
    /// request still waits.
    fn replayed(&self) -> Result<Option<CreateResponse>, NtStatus> {
        let Some((client, create)) = self.durability.guids() else { return Ok(None) };
        if self.is_replay && !self.is_waiting && self.state.durables.is_waiting(client, create) {
            return Err(NtStatus::FILE_NOT_AVAILABLE);
        }
        let Some(open) = self.state.durables.find(client, create) else { return Ok(None) };
        let is_own = self.session.open(open.number).is_some() && open.tree_id() == self.tree.id;
        let (true, true, Some(durable)) = (self.is_replay, is_own, open.durable) else {
            return Err(NtStatus::DUPLICATE_OBJECTID);
        };
        let (mut response, keeps_handle) = described(&open, durable.action)?;
        if keeps_handle {
            response.contexts.extend(durable::response(&durable));
        }
        Ok(Some(response))
    }
}

/// Returns the response for an open that exists, and whether its client caches the handle.
fn described(open: &Open, action: CreateAction) -> Result<(CreateResponse, bool), NtStatus> {
    let Object::File(file) = &open.object else { return Err(NtStatus::OBJECT_NAME_NOT_FOUND) };
    let mut response = with_info(response(action), &file.info()?);
    response.file_id = open.number.file_id();
    response.oplock_level = level(file.oplock());
    let keeps_handle = match file.lease() {
        Some(lease) => lease::describe(&lease, &mut response),
        None => response.oplock_level == OplockLevel::BATCH,
    };
    Ok((response, keeps_handle))
}

fn pipe(
    state: &State,
    session: &Session,
    body: &CreateRequest,
) -> Result<(Object, CreateResponse), NtStatus> {
    let pipe = pipe::open(&body.name, state, &session.user)?;
    Ok((Object::Pipe(pipe), response(CreateAction::OPENED)))
}

fn file(
    disk: &Arc<Disk>,
    body: &CreateRequest,
    lease: Option<LeaseClaim<'_>>,
    breaks: Breaks,
    effort: Effort<'_>,
) -> Result<(Object, CreateResponse), NtStatus> {
    if body.create_options.intersects(NO_OPTIONS) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if body.create_options.intersects(UNSUPPORTED) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    refused_contexts(&body.contexts)?;
    let (path, stream) = SharePath::parse_with_stream(&body.name)?;
    let mut options = body.create_options;
    if stream.is_none() && body.name.contains(':') {
        // `f::$DATA` is the data of a file, and a folder has none ([MS-FSA] 2.1.5.1).
        if options.contains(CreateOptions::DIRECTORY_FILE) {
            return Err(NtStatus::NOT_A_DIRECTORY);
        }
        options |= CreateOptions::NON_DIRECTORY_FILE;
    }
    if body.create_disposition > CreateDisposition::OVERWRITE_IF {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let extended = extended(&body.contexts)?;
    let allocation = CreateContext::find::<AllocationSize>(&body.contexts);
    let allocation = allocation.map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let wanted = wanted_contexts(&body.contexts)?;
    let created = disk.create(&fs::Request {
        path: &path,
        stream: stream.as_ref(),
        access: body.desired_access,
        share: body.share_access,
        disposition: body.create_disposition,
        options,
        attributes: body.file_attributes,
        allocation: allocation.map_or(0, |context: AllocationSize| context.allocation_size),
        extended: &extended,
        lease,
        breaks,
        effort,
    })?;
    let mut response = with_info(response(created.action), &created.info);
    response.contexts = contexts(disk, wanted, &created.open, &created.info);
    Ok((Object::File(created.open), response))
}

/// Returns a name for an event: whole, unless it is longer than that of any file.
fn shortened(name: &str) -> String {
    match name.char_indices().find(|(index, _)| *index >= LONGEST_NAME) {
        None => name.to_owned(),
        Some((index, _)) => format!("{}…", name.get(..index).unwrap_or_default()),
    }
}

/// Returns how many descriptors an open takes: a named stream needs that of its file, too.
fn descriptors(body: &CreateRequest) -> usize {
    1 + usize::from(body.name.contains(':'))
}

fn is_attributes(context: &CreateContext) -> bool {
    context.name == <Entries<FileFullEaInformation> as CreateContextData>::NAME
}

/// Returns the extended attributes of a new file.
fn extended(contexts: &[CreateContext]) -> Result<Vec<FileFullEaInformation>, NtStatus> {
    if contexts.iter().any(|context| is_attributes(context) && context.data.len() > MOST_ATTRIBUTES) {
        return Err(NtStatus::EA_TOO_LARGE);
    }
    let found = CreateContext::find::<Entries<FileFullEaInformation>>(contexts);
    Ok(found.map_err(|_| NtStatus::INVALID_PARAMETER)?.map(|list| list.0).unwrap_or_default())
}

/// Refuses contexts that the server must not ignore: those of earlier versions of the file. The names of [MS-SMB2] have 4
/// characters or more.
fn refused_contexts(contexts: &[CreateContext]) -> Result<(), NtStatus> {
    if contexts.iter().any(|context| context.name.len() < 4) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let invalid = |_| NtStatus::INVALID_PARAMETER;
    match CreateContext::find::<TimewarpToken>(contexts).map_err(invalid)? {
        Some(TimewarpToken { timestamp }) if timestamp != FileTime::ZERO => {
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        }
        _ => Ok(()),
    }
}

/// The response contexts that a request asks for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    maximal_access: bool,
    on_disk_id: bool,
}

fn wanted_contexts(contexts: &[CreateContext]) -> Result<Wanted, NtStatus> {
    let invalid = |_| NtStatus::INVALID_PARAMETER;
    Ok(Wanted {
        maximal_access: CreateContext::find::<MaximalAccessRequest>(contexts).map_err(invalid)?.is_some(),
        on_disk_id: CreateContext::find::<OnDiskIdRequest>(contexts).map_err(invalid)?.is_some(),
    })
}

/// Returns the response contexts that describe the file.
fn contexts(disk: &Disk, wanted: Wanted, open: &fs::Open, info: &FileInfo) -> Vec<CreateContext> {
    let maximal_access = wanted.maximal_access.then(|| {
        let maximal_access = disk.maximal_access_of(info);
        CreateContext::new(&MaximalAccessResponse { query_status: NtStatus::SUCCESS, maximal_access })
    });
    let on_disk_id = wanted.on_disk_id.then(|| {
        let volume_id = open.disk().volume().map_or(0, |volume| volume.id);
        CreateContext::new(&OnDiskIdResponse { disk_file_id: info.key.index(), volume_id })
    });
    // Neither is too long for a response.
    maximal_access.into_iter().chain(on_disk_id).filter_map(Result::ok).collect()
}

fn response(create_action: CreateAction) -> CreateResponse {
    CreateResponse {
        oplock_level: OplockLevel::NONE,
        flags: CreateResponseFlags::empty(),
        create_action,
        creation_time: FileTime::ZERO,
        last_access_time: FileTime::ZERO,
        last_write_time: FileTime::ZERO,
        change_time: FileTime::ZERO,
        allocation_size: 0,
        end_of_file: 0,
        file_attributes: FileAttributes::NORMAL,
        file_id: netsession_smb::msg::FileId::NONE,
        contexts: Vec::new(),
    }
}

fn with_info(response: CreateResponse, info: &FileInfo) -> CreateResponse {
    CreateResponse {
        creation_time: info.creation,
        last_access_time: info.last_access,
        last_write_time: info.last_write,
        change_time: info.change,
        allocation_size: info.allocation,
        end_of_file: info.size,
        file_attributes: info.attributes,
        ..response
    }
}
