//! The SMB2 commands for shares and files, one file each ([MS-SMB2] 3.3.5.7 to 3.3.5.22). [`answer`] dispatches a
//! request. A request that it cannot answer at once becomes a [`Waiting`](crate::client_host::Waiting).

mod app_instance;
mod apple;
mod change_notify;
mod close;
mod create;
mod durable;
mod flush;
mod ioctl;
mod lease;
mod lock;
mod lost_locks;
mod oplock;
mod oplock_break;
mod query_directory;
mod query_info;
mod read;
mod set_info;
mod tree_connect;
mod tree_disconnect;
mod weight;
mod write;

pub(crate) use weight::weight;

use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{Body, Command, Dialect, FileId, HeaderFlags, Packet, TreeId};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use crate::client_host::ClientHost;
use crate::fs;
use crate::state::{Open, OpenNumber, Session, State, Tree, Underway};

/// The most waiting requests of one connection that repeat their work at each of its messages.
const MOST_RETRIES: usize = 128;

/// Returns whether one more such request can wait.
fn has_room_for_retry(host: &ClientHost) -> bool {
    host.waiting.values().filter(|waiting| waiting.is_retry()).count() < MOST_RETRIES
}

/// Answers one request of a session.
///
/// # Errors
/// The status of the response; `STATUS_CANT_WAIT`, before any effect, if the request can take long and the pace does
/// not allow that.
pub(crate) fn answer(
    host: &mut ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    match request.header().command {
        Command::TREE_CONNECT => tree_connect::answer(host, session, request, reply),
        Command::TREE_DISCONNECT => tree_disconnect::answer(host, session, request, reply),
        Command::CREATE => create::answer(host, session, request, reply),
        Command::CLOSE => close::answer(host, session, request, reply),
        Command::FLUSH => flush::answer(session, request, reply),
        Command::READ => read::answer(host, session, request, reply),
        Command::WRITE => write::answer(host, session, request, reply),
        Command::LOCK => lock::answer(host, session, request, reply),
        Command::IOCTL => ioctl::answer(host, session, request, reply),
        Command::QUERY_DIRECTORY => query_directory::answer(host, session, request, reply),
        Command::CHANGE_NOTIFY => change_notify::answer(host, session, request, reply),
        Command::QUERY_INFO => query_info::answer(host, session, request, reply),
        Command::SET_INFO => set_info::answer(host, session, request, reply),
        Command::OPLOCK_BREAK => oplock_break::answer(host, session, request, reply),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Returns whether the server accepts this unsigned request although it requires signing: because the share of the request
/// lets clients omit signatures, or because such a share exists and the request concerns none.
pub(crate) fn accepts_unsigned(state: &State, session: &Session, packet: &Packet<'_>, tree: TreeId) -> bool {
    match packet.header.command {
        Command::TREE_CONNECT => tree_connect::waives_signing(state, packet),
        Command::ECHO | Command::LOGOFF => state.shares().iter().any(|share| share.rules.waives_signing()),
        _ => session.tree(tree).is_some_and(|tree| tree.share.rules.waives_signing()),
    }
}

/// Returns the open of a waiting request. The request holds it weakly, so that the file closes as soon as its session
/// loses it.
fn upgrade_open(open: &Weak<Open>) -> Option<Arc<Open>> {
    open.upgrade().filter(|open| !open.is_closed())
}

/// Returns the status of work on `open` that stopped early: the client may have closed it meanwhile.
fn cut_short(open: &Open, status: NtStatus) -> NtStatus {
    match status {
        NtStatus::CANCELLED if open.is_closed() => NtStatus::FILE_CLOSED,
        other => other,
    }
}

/// Decodes a request's body.
fn decode<'a, B: Body<'a>>(request: &Request<'a>) -> Result<B, NtStatus> {
    request.body().map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Checks that a payload of `bytes` is within the negotiated size and the credit charge ([MS-SMB2] 3.3.5.2.5).
fn within(host: &ClientHost, request: &Request<'_>, bytes: u32) -> Result<(), NtStatus> {
    if bytes > host.state.identity.settings.max_size {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    request.pays_for(bytes)
}

/// Checks that all of `rights` were granted.
fn granted(file: &fs::Open, rights: AccessMask) -> Result<(), NtStatus> {
    if file.access().contains(rights) { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) }
}

/// Returns the tree connection of a request, if the request is protected as its share requires.
fn tree(session: &Session, request: &Request<'_>) -> Result<Arc<Tree>, NtStatus> {
    let tree = session.tree(request.tree).ok_or(NtStatus::NETWORK_NAME_DELETED)?;
    tree.share.rules.check(request)?;
    Ok(tree)
}

/// The open that a request in progress uses.
#[derive(Debug)]
struct OpenInUse {
    open: Arc<Open>,
    underway: Option<Underway>,
}

impl Deref for OpenInUse {
    type Target = Arc<Open>;

    fn deref(&self) -> &Arc<Open> {
        &self.open
    }
}

/// Returns the open of a request, if it belongs to the request's tree connection.
fn open(
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
    file_id: FileId,
) -> Result<OpenInUse, NtStatus> {
    let tree = tree(session, request)?;
    let file_id = request.file_id(file_id)?;
    reply.file(file_id);
    let open = OpenNumber::of(file_id).and_then(|number| session.open(number));
    let open = open.filter(|open| open.tree_id() == tree.id).ok_or(NtStatus::FILE_CLOSED)?;
    open.is_used.store(true, Ordering::Relaxed);
    let underway = underway(&open, request)?;
    Ok(OpenInUse { open, underway })
}

/// Counts the request among those of its channel; before SMB 3.0 there is only one channel ([MS-SMB2] 3.3.5.2.10).
fn underway(open: &Open, request: &Request<'_>) -> Result<Option<Underway>, NtStatus> {
    if request.dialect < Dialect::SMB_3_0 {
        return Ok(None);
    }
    let header = request.header();
    let replay = header.flags.contains(HeaderFlags::REPLAY_OPERATION);
    let entered = open.sequence.enter(header.channel_sequence(), replay);
    match header.command {
        Command::WRITE | Command::SET_INFO | Command::IOCTL if entered.is_none() => {
            Err(NtStatus::FILE_NOT_AVAILABLE)
        }
        _ => Ok(entered),
    }
}
