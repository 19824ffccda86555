//! CREATE ([MS-SMB2] 3.3.5.9).

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use netsession_smb::fscc::{AccessMask, Entries, FileAttributes, FileFullEaInformation, FileTime};
use netsession_smb::msg::create_context::{
    AllocationSize, MaximalAccessRequest, MaximalAccessResponse, OnDiskIdRequest, OnDiskIdResponse,
    TimewarpToken,
};
use netsession_smb::msg::{
    CreateAction, CreateContext, CreateDisposition, CreateOptions, CreateRequest, CreateResponse,
    CreateResponseFlags, ImpersonationLevel, OplockLevel,
};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, has_room_for_retry, tree};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::{self, Breaks, Disk, Effort, FileInfo, OplockKind, SharePath};
use crate::pipe;
use crate::state::{
    ChannelSequence, Content, Event, Inbox, LockSequences, Object, Open, OpenNumber, Session, Signal, State,
    Tree,
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
/// How long a client may take to acknowledge the break of its oplock ([MS-SMB2] 3.3.2.1).
const PATIENCE: Duration = Duration::from_secs(35);

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let tree = tree(session, request)?;
    let body: CreateRequest = decode(request)?;
    if body.impersonation_level > ImpersonationLevel::DELEGATE {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
    }
    let state = Arc::clone(&host.state);
    let until = state.environment.uptime().saturating_add(PATIENCE);
    let inbox = Arc::clone(&host.inbox);
    let channel_sequence = request.header().channel_sequence();
    let stop = Arc::clone(&host.stop);
    let mut create =
        Create { state, session: Arc::clone(session), tree, body, until, inbox, channel_sequence, stop };
    // A request in the middle of a compound cannot wait.
    let breaks = match reply.can_be_announced() || create.body.desired_access.intersects(DATA) {
        true => Breaks::AndWaits,
        false => Breaks::WithoutWaiting,
    };
    match create.attempt(breaks, host.pace.may_be_slow()) {
        Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) => match create.poll() {
            Some(finish) => finish(reply),
            None if !has_room_for_retry(host) => return Err(NtStatus::SHARING_VIOLATION),
            None => {
                // The holder gives the oplock back soon: a client that retries can open the file.
                let id = reply.announce().map_err(|_| NtStatus::SHARING_VIOLATION)?;
                // A waiting request keeps little memory: the contexts that a retry reads have at most 8 bytes.
                create.body.contexts.retain(|context| context.name.len() == 4 && context.data.len() <= 8);
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
    /// When the oplock is revoked, by the server's uptime.
    until: Duration,
    inbox: Arc<Inbox>,
    channel_sequence: u16,
    /// Set when the connection is closed while it works.
    stop: Arc<AtomicBool>,
}

impl Waiting for Create {
    fn poll(&mut self) -> Option<Finish> {
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
    /// Opens the file, and reports a refusal if the client lacks rights.
    fn attempt(&self, breaks: Breaks, may_be_slow: bool) -> Result<CreateResponse, NtStatus> {
        self.open(breaks, may_be_slow).inspect_err(|status| {
            if *status == NtStatus::ACCESS_DENIED {
                let (session, share) = (Arc::clone(&self.session), Arc::clone(&self.tree.share));
                self.state.emit(&Event::AccessDenied(session, share, self.body.name.clone()));
            }
        })
    }

    fn open(&self, breaks: Breaks, may_be_slow: bool) -> Result<CreateResponse, NtStatus> {
        let Self { state, session, tree, body, .. } = self;
        if session.tree(tree.id).is_none() {
            return Err(NtStatus::NETWORK_NAME_DELETED);
        }
        let is_pipe = matches!(tree.share.content, Content::Pipes);
        if !session.has_room_for_open(is_pipe) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        // Take a place for the file before anything happens to it.
        let place = match is_pipe {
            true => None,
            false => Some(state.budgets.files.take(&session.user, 1).ok_or(NtStatus::TOO_MANY_OPENED_FILES)?),
        };
        let (object, mut response) = match &tree.share.content {
            Content::Pipes => pipe(state, session, body)?,
            Content::Disk(disk) => {
                let stops = [&*self.stop, &session.ended];
                file(disk, body, breaks, Effort::new(may_be_slow, &stops))?
            }
        };
        let number = state.new_open_number();
        response.file_id = number.file_id();
        response.oplock_level = oplock(&object, body.requested_oplock_level, session, number);
        let open = Arc::new(Open {
            number,
            user: session.user.clone(),
            tree: Arc::clone(tree),
            object,
            since: state.environment.now(),
            closed: AtomicBool::new(false),
            sequence: ChannelSequence::new(self.channel_sequence),
            lock_sequences: LockSequences::default(),
            watch: OnceLock::new(),
            _place: place,
            lock_part: Mutex::new(state.budgets.locks.part(&session.user)),
        });
        if !session.opened(&open) {
            if let Object::File(file) = &open.object {
                file.abandon(response.create_action == CreateAction::CREATED);
            }
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        let is_folder = matches!(&open.object, Object::File(file) if file.kind() == fs::Kind::Directory);
        state.emit(&Event::Opened(Arc::clone(&open)));
        if is_folder && response.create_action == CreateAction::CREATED {
            state.emit(&Event::FolderCreated(Arc::clone(&open)));
        }
        if body.create_options.contains(CreateOptions::DELETE_ON_CLOSE) {
            state.emit(&Event::DeletionRequested(open));
        }
        Ok(response)
    }
}

/// Grants the requested oplock to the only open of a file. The server grants no shared (level II) oplocks.
fn oplock(object: &Object, body: OplockLevel, session: &Session, number: OpenNumber) -> OplockLevel {
    let kind = match body {
        OplockLevel::EXCLUSIVE => OplockKind::Exclusive,
        OplockLevel::BATCH => OplockKind::Batch,
        _ => return OplockLevel::NONE,
    };
    let (channels, signal) = (Arc::clone(&session.channels), Signal::OplockBreak(session.id, number));
    let given = match object {
        Object::File(file) => file.give_oplock(kind, Box::new(move || channels.signal_oldest(signal))),
        Object::Pipe(_) => false,
    };
    if given { body } else { OplockLevel::NONE }
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
    let path = SharePath::parse(&body.name)?;
    if body.create_disposition > CreateDisposition::OVERWRITE_IF {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let allocation = CreateContext::find::<AllocationSize>(&body.contexts);
    let allocation = allocation.map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let wanted = wanted_contexts(&body.contexts)?;
    let created = disk.create(&fs::Request {
        path: &path,
        access: body.desired_access,
        share: body.share_access,
        disposition: body.create_disposition,
        options: body.create_options,
        attributes: body.file_attributes,
        allocation: allocation.map_or(0, |context: AllocationSize| context.allocation_size),
        breaks,
        effort,
    })?;
    let mut response = with_info(response(created.action), &created.info);
    response.contexts = contexts(disk, wanted, &created.open, &created.info);
    Ok((Object::File(created.open), response))
}

/// Refuses contexts that the server must not ignore: extended attributes, and earlier versions of the file. The names of
/// [MS-SMB2] have 4 characters or more.
fn refused_contexts(contexts: &[CreateContext]) -> Result<(), NtStatus> {
    if contexts.iter().any(|context| context.name.len() < 4) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let invalid = |_| NtStatus::INVALID_PARAMETER;
    if CreateContext::find::<Entries<FileFullEaInformation>>(contexts).map_err(invalid)?.is_some() {
        return Err(NtStatus::EAS_NOT_SUPPORTED);
    }
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

/// Returns the response contexts. The server grants no leases and no durable handles.
fn contexts(disk: &Disk, wanted: Wanted, open: &fs::Open, info: &FileInfo) -> Vec<CreateContext> {
    let maximal_access = wanted.maximal_access.then(|| {
        let mut maximal_access = disk.maximal_access();
        if info.attributes.contains(FileAttributes::READONLY) {
            maximal_access.remove(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA);
        }
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
