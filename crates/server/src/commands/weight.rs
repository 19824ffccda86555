//! How long a request can take. The server carries out a request that can take long where no other client waits for it.
//!
//! The kind of request decides, not how long the previous one took: a request of a few bytes can take a second.

use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::{
    CloseRequest, Command, CtlCode, InfoType, IoctlRequest, LockRequest, QueryDirectoryFlags,
    QueryDirectoryRequest, ReadRequest, SetInfoRequest, WriteFlags, WriteRequest,
};
use netsession_smb::server::Request;

use crate::pace::Weight;
use crate::state::{Content, Object, OpenNumber, Session, State};

/// Bytes above which a read takes a while to copy, to sign or to encrypt.
const LARGE_READ: u32 = 64 << 10;
/// Ranges above which a LOCK request can take long: the server compares each with every lock of the file.
const MANY_RANGES: usize = 16;
/// Sessions that the server can list quickly.
const FEW_SESSIONS: usize = 64;
/// Opens that the server can close or list quickly.
const FEW_OPENS: usize = 1024;
/// The classes that a file system can take long to set, because it frees or reserves space, or moves a name.
const SLOW_TO_SET: [FileInformationClass; 4] = [
    FileInformationClass::END_OF_FILE,
    FileInformationClass::ALLOCATION,
    FileInformationClass::RENAME,
    FileInformationClass::LINK,
];

/// Returns how long a request can take. A CREATE decides this itself: only a search for a name in another case, and
/// overwriting a large file, can take long.
///
/// The server refuses a request that it cannot decode quickly.
pub(crate) fn weight(state: &State, session: &Session, request: &Request<'_>) -> Weight {
    let is_large = |body: ReadRequest<'_>| body.length > LARGE_READ;
    match request.header().command {
        Command::READ if request.body().is_ok_and(is_large) => Weight::Bulky,
        _ if is_slow(state, session, request) => Weight::Slow,
        _ => Weight::Light,
    }
}

fn is_slow(state: &State, session: &Session, request: &Request<'_>) -> bool {
    match request.header().command {
        // The server waits until the disk has written.
        Command::FLUSH => true,
        Command::QUERY_DIRECTORY => can_search_take_long(session, request),
        Command::WRITE if is_on_pipes(session, request) => is_busy(state),
        Command::WRITE => request
            .body::<WriteRequest<'_>>()
            .is_ok_and(|body| body.flags.contains(WriteFlags::WRITE_THROUGH)),
        Command::LOCK => request.body::<LockRequest>().is_ok_and(|body| body.locks.len() > MANY_RANGES),
        Command::SET_INFO => request.body::<SetInfoRequest<'_>>().is_ok_and(|body| {
            body.info_type == InfoType::FILE && SLOW_TO_SET.contains(&FileInformationClass(body.class))
        }),
        Command::IOCTL => request.body::<IoctlRequest<'_>>().is_ok_and(|body| match body.ctl_code {
            CtlCode::PIPE_TRANSCEIVE => is_busy(state),
            CtlCode::SRV_COPYCHUNK
            | CtlCode::SRV_COPYCHUNK_WRITE
            | CtlCode::SET_ZERO_DATA
            | CtlCode::FILE_LEVEL_TRIM
            | CtlCode::DUPLICATE_EXTENTS_TO_FILE
            | CtlCode::QUERY_ALLOCATED_RANGES => true,
            _ => false,
        }),
        Command::CLOSE => is_slow_to_close(session, request),
        Command::TREE_DISCONNECT => session.open_count() > FEW_OPENS,
        _ => false,
    }
}

/// Returns whether a CLOSE deletes a large file.
fn is_slow_to_close(session: &Session, request: &Request<'_>) -> bool {
    let Ok(body) = request.body::<CloseRequest>() else { return false };
    let file_id = request.file_id(body.file_id).ok();
    let open = file_id.and_then(OpenNumber::of).and_then(|number| session.open(number));
    open.is_some_and(|open| open.is_slow_to_close())
}

/// Returns whether the server must read the rest of a search. The last response of a search only says that there are no
/// more entries.
fn can_search_take_long(session: &Session, request: &Request<'_>) -> bool {
    let Ok(body) = request.body::<QueryDirectoryRequest>() else { return false };
    let again = QueryDirectoryFlags::RESTART_SCANS | QueryDirectoryFlags::REOPEN;
    let file_id = request.file_id(body.file_id).ok();
    let open = file_id.and_then(OpenNumber::of).and_then(|number| session.open(number));
    match open.as_ref().map(|open| &open.object) {
        Some(Object::File(folder)) => body.flags.intersects(again) || !folder.has_listed_all(),
        _ => false,
    }
}

fn is_on_pipes(session: &Session, request: &Request<'_>) -> bool {
    session.tree(request.tree).is_some_and(|tree| matches!(tree.share.content, Content::Pipes))
}

/// Returns whether a call that lists the sessions or their opens can take long.
fn is_busy(state: &State) -> bool {
    state.session_count() > FEW_SESSIONS || state.budgets.files.total() > FEW_OPENS
}
