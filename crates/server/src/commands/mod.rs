//! The commands of SMB2 that concern shares and files, a file for each ([MS-SMB2] 3.3.5.7 to 3.3.5.21).

mod change_notify;
mod close;
mod create;
mod flush;
mod ioctl;
mod lock;
mod oplock_break;
mod query_directory;
mod query_info;
mod read;
mod set_info;
mod tree_connect;
mod tree_disconnect;
mod write;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{Body, Command, Dialect, FileId, HeaderFlags};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use crate::connection::Desk;
use crate::fs;
use crate::state::{Open, OpenNumber, Session, Tree, Underway};

/// Writes an answer that was announced.
pub(crate) type Finish = Box<dyn FnOnce(&mut Reply<'_>) + Send>;

/// An answer that was announced, and what it waits for.
pub(crate) trait Waiting: fmt::Debug + Send {
    /// The answer, once it can be given. What it is about may have been closed meanwhile: that too is an answer.
    fn poll(&mut self) -> Option<Finish>;

    /// Whether it does not wait for ever.
    fn is_timed(&self) -> bool {
        false
    }

    /// Whether to poll it is to try what was asked for again, with all the work of that.
    fn is_trial(&self) -> bool {
        false
    }
}

/// Announced answers of one connection that are trials: each of its messages has all of them tried again.
const MOST_TRIALS: usize = 128;

/// Whether one more trial can wait.
fn has_room_for_trial(desk: &Desk) -> bool {
    desk.waiting.values().filter(|waiting| waiting.is_trial()).count() < MOST_TRIALS
}

/// Answers one request of a session; an error is answered as such.
pub(crate) fn answer(
    desk: &mut Desk,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    match request.header().command {
        Command::TREE_CONNECT => tree_connect::answer(desk, session, request, reply),
        Command::TREE_DISCONNECT => tree_disconnect::answer(desk, session, request, reply),
        Command::CREATE => create::answer(desk, session, request, reply),
        Command::CLOSE => close::answer(desk, session, request, reply),
        Command::FLUSH => flush::answer(session, request, reply),
        Command::READ => read::answer(desk, session, request, reply),
        Command::WRITE => write::answer(desk, session, request, reply),
        Command::LOCK => lock::answer(desk, session, request, reply),
        Command::IOCTL => ioctl::answer(desk, session, request, reply),
        Command::QUERY_DIRECTORY => query_directory::answer(desk, session, request, reply),
        Command::CHANGE_NOTIFY => change_notify::answer(desk, session, request, reply),
        Command::QUERY_INFO => query_info::answer(desk, session, request, reply),
        Command::SET_INFO => set_info::answer(desk, session, request, reply),
        Command::OPLOCK_BREAK => oplock_break::answer(session, request, reply),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// The open that an announced answer is about. It is held loosely, so that a file is closed the moment that it
/// leaves its session, whoever still waits for it.
fn still_open(open: &Weak<Open>) -> Option<Arc<Open>> {
    open.upgrade().filter(|open| !open.is_closed())
}

/// Reads a request's body.
fn body<'a, B: Body<'a>>(request: &Request<'a>) -> Result<B, NtStatus> {
    request.body().map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Whether a payload of `bytes` is within what was negotiated, and paid for ([MS-SMB2] 3.3.5.2.5).
fn within(desk: &Desk, request: &Request<'_>, bytes: u32) -> Result<(), NtStatus> {
    if bytes > desk.state.identity.settings.max_size {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    request.pays_for(bytes)
}

/// Whether all of `rights` were granted.
fn granted(file: &fs::Open, rights: AccessMask) -> Result<(), NtStatus> {
    if file.access().contains(rights) { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) }
}

/// The tree connection that a request names.
fn tree(session: &Session, request: &Request<'_>) -> Result<Arc<Tree>, NtStatus> {
    session.tree(request.tree).ok_or(NtStatus::NETWORK_NAME_DELETED)
}

/// The open that a request is about, for as long as it is not done.
#[derive(Debug)]
struct Used {
    open: Arc<Open>,
    underway: Option<Underway>,
}

impl Deref for Used {
    type Target = Arc<Open>;

    fn deref(&self) -> &Arc<Open> {
        &self.open
    }
}

/// The open that a request names, where it belongs to the tree connection that it names.
fn open(
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
    file_id: FileId,
) -> Result<Used, NtStatus> {
    let tree = tree(session, request)?;
    let file_id = request.file_id(file_id)?;
    reply.file(file_id);
    let open = OpenNumber::of(file_id).and_then(|number| session.open(number));
    let open = open.filter(|open| open.tree.id == tree.id).ok_or(NtStatus::FILE_CLOSED)?;
    let underway = underway(&open, request)?;
    Ok(Used { open, underway })
}

/// Counts the request among those of its channel; before 3.0 there is one channel only ([MS-SMB2] 3.3.5.2.10).
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
