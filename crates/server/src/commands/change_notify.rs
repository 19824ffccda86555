//! CHANGE_NOTIFY ([MS-SMB2] 3.3.5.19).

use std::sync::{Arc, Weak};

use netsession_smb::fscc::{AccessMask, EntryWriter, FileAction, FileNotifyInformation};
use netsession_smb::msg::{ChangeNotifyFlags, ChangeNotifyRequest, ChangeNotifyResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, granted, open, upgrade_open, within};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::{Action, Kind};
use crate::state::{Change, Inbox, Object, Open, Session, Underway, Watch};

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: ChangeNotifyRequest = decode(request)?;
    within(host, request, body.output_buffer_length)?;
    let open = open(session, request, reply, body.file_id)?;
    let folder = match &open.object {
        Object::File(folder) if folder.kind() == Kind::Directory => folder,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    granted(folder, AccessMask::READ_DATA)?;
    // The first request decides for the whole open ([MS-FSA] 2.1.5.11).
    let part = match open.watch.get() {
        Some(_) => None,
        None => {
            let part = host.state.budgets.watches.take(&session.user, 1);
            Some(part.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?)
        }
    };
    let room = usize::try_from(body.output_buffer_length).unwrap_or(usize::MAX);
    let (watch, first_room) = open.watch.get_or_init(|| {
        let below = body.flags.contains(ChangeNotifyFlags::WATCH_TREE);
        (open.share.watches().watch(&folder.path(), below, body.completion_filter, part), room)
    });
    let inbox = Arc::clone(&host.inbox);
    let mut waiting = Notify {
        watch: Arc::clone(watch),
        inbox,
        open: Arc::downgrade(&*open),
        // Windows keeps the buffer of the first request for the whole open.
        room: room.min(*first_room),
        _underway: open.underway,
    };
    match waiting.poll() {
        Some(finish) => finish(reply),
        None => {
            let id = reply.announce()?;
            host.waiting.insert(id, Box::new(waiting));
        }
    }
    Ok(())
}

/// A CHANGE_NOTIFY request that waits for changes.
#[derive(Debug)]
struct Notify {
    open: Weak<Open>,
    watch: Arc<Watch>,
    inbox: Arc<Inbox>,
    room: usize,
    _underway: Option<Underway>,
}

impl Waiting for Notify {
    fn poll(&mut self) -> Option<Finish> {
        let Some(open) = upgrade_open(&self.open) else {
            return Some(nothing_but(NtStatus::NOTIFY_CLEANUP));
        };
        let Some(changes) = self.watch.take(&self.inbox) else {
            // The folder stays until its watchers have closed it.
            let deletes = matches!(&open.object, Object::File(folder) if folder.delete_pending());
            return deletes.then(|| nothing_but(NtStatus::DELETE_PENDING));
        };
        // An empty list: there were more changes than the server keeps.
        let listed = if changes.is_empty() { None } else { list(changes, self.room) };
        let Some(output) = listed else { return Some(nothing_but(NtStatus::NOTIFY_ENUM_DIR)) };
        Some(Box::new(move |reply| reply.ok(&ChangeNotifyResponse { output: &output })))
    }
}

fn nothing_but(status: NtStatus) -> Finish {
    Box::new(move |reply| reply.send(status, &ChangeNotifyResponse { output: &[] }))
}

/// Encodes the changes; `None` if they do not fit.
fn list(changes: Vec<Change>, room: usize) -> Option<Vec<u8>> {
    let mut list = EntryWriter::new(room);
    for Change { name, action } in changes {
        let entry = FileNotifyInformation { action: file_action(action), file_name: name };
        list.push(&entry).ok().filter(|fits| *fits)?;
    }
    Some(list.finish())
}

const fn file_action(action: Action) -> FileAction {
    match action {
        Action::Added(_) => FileAction::ADDED,
        Action::Removed(_) => FileAction::REMOVED,
        Action::RenamedOld(_) => FileAction::RENAMED_OLD_NAME,
        Action::RenamedNew(_) => FileAction::RENAMED_NEW_NAME,
        Action::Written | Action::Resized | Action::AttributesSet | Action::MarkedForArchiving => {
            FileAction::MODIFIED
        }
    }
}
