//! Changes of a name, which wait until other clients have closed the handles that they only cache.

use std::sync::{Arc, Weak};
use std::time::Duration;

use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::SetInfoResponse;
use netsession_smb::server::Reply;
use netsession_wire::NtStatus;

use super::super::{OpenInUse, has_room_for_retry, upgrade_open};
use super::{file, report};
use crate::client_host::{ClientHost, Finish, Waiting};
use crate::fs::{Breaks, PATIENCE};
use crate::state::{Inbox, Object, Open, Signal, State, Underway};

/// The most bytes of a request that waits: a long name fits.
const MOST_BYTES: usize = 4096;

/// Returns whether a class changes a name.
pub(super) fn is_changed_by(class: FileInformationClass) -> bool {
    let classes =
        [FileInformationClass::RENAME, FileInformationClass::LINK, FileInformationClass::DISPOSITION];
    classes.contains(&class)
}

/// Changes the name, or waits.
pub(super) fn answer(
    host: &mut ClientHost,
    open: OpenInUse,
    class: FileInformationClass,
    input: &[u8],
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    // A request in the middle of a compound cannot wait. Linux renames a file that its own programs have open in this way.
    let breaks = if reply.can_be_announced() { Breaks::AndWaits } else { Breaks::WithoutWaiting };
    match attempt(&host.state, &open, class, input, breaks) {
        Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) if input.len() > MOST_BYTES || !has_room_for_retry(host) => {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) => {
            let id = reply.announce().map_err(|_| NtStatus::SHARING_VIOLATION)?;
            let (state, inbox) = (Arc::clone(&host.state), Arc::clone(&host.inbox));
            let until = state.environment.uptime().saturating_add(PATIENCE);
            let (input, file) = (input.to_vec(), Arc::downgrade(&*open));
            let waiting =
                NameChange { state, open: file, class, input, until, inbox, _underway: open.underway };
            // The holder may have given up its cache before the request waits.
            waiting.inbox.send(Signal::Poll);
            host.waiting.insert(id, Box::new(waiting));
        }
        changed => {
            changed?;
            reply.ok(&SetInfoResponse);
        }
    }
    Ok(())
}

fn attempt(
    state: &State,
    open: &Arc<Open>,
    class: FileInformationClass,
    input: &[u8],
    breaks: Breaks,
) -> Result<(), NtStatus> {
    let Object::File(file) = &open.object else { return Err(NtStatus::NOT_SUPPORTED) };
    let end = || file::end_handle_caching(file, class, input, breaks);
    match end() {
        Ok(()) if breaks == Breaks::WithoutWaiting => {
            state.close_due();
            Ok(())
        }
        // Nobody can ask the client of a lost connection.
        Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) if state.close_due() => end(),
        ended => ended,
    }?;
    let before = open.path();
    file::set(file, class, input)?;
    report(state, open, class, before);
    Ok(())
}

/// A SET_INFO request that waits until others give up handle caching.
#[derive(Debug)]
struct NameChange {
    state: Arc<State>,
    open: Weak<Open>,
    class: FileInformationClass,
    input: Vec<u8>,
    /// When the caching is revoked, by the server's uptime.
    until: Duration,
    inbox: Arc<Inbox>,
    _underway: Option<Underway>,
}

impl Waiting for NameChange {
    fn poll(&mut self) -> Option<Finish> {
        let Some(open) = upgrade_open(&self.open) else {
            return Some(Box::new(|reply| reply.error(NtStatus::FILE_CLOSED)));
        };
        // Registered before the attempt, so that no acknowledgment in between is missed.
        open.share.wait_for_lock(&self.inbox);
        let overdue = self.state.environment.uptime() > self.until;
        let breaks = if overdue { Breaks::ForGood } else { Breaks::AndWaits };
        match attempt(&self.state, &open, self.class, &self.input, breaks) {
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS) => None,
            Err(status) => Some(Box::new(move |reply| reply.error(status))),
            Ok(()) => Some(Box::new(|reply| reply.ok(&SetInfoResponse))),
        }
    }

    fn is_timed(&self) -> bool {
        true
    }

    fn is_retry(&self) -> bool {
        true
    }
}
