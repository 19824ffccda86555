//! Oplocks on the wire ([MS-SMB2] 2.2.13, 2.2.23).

use std::sync::Arc;
use std::time::Duration;

use netsession_smb::msg::OplockLevel;

use crate::fs::{Break, OnBreak, OplockKind};
use crate::state::{Attachment, OpenNumber, Signal, State};

/// How long a client may take to acknowledge the break of its oplock or lease ([MS-SMB2] 3.3.2.1, 3.3.2.5).
pub(super) const PATIENCE: Duration = Duration::from_secs(35);

/// Returns the oplock of a level; `None` for no oplock, or a lease.
pub(super) const fn kind(level: OplockLevel) -> Option<OplockKind> {
    match level {
        OplockLevel::II => Some(OplockKind::LevelTwo),
        OplockLevel::EXCLUSIVE => Some(OplockKind::Exclusive),
        OplockLevel::BATCH => Some(OplockKind::Batch),
        _ => None,
    }
}

/// Returns the level of an oplock on the wire.
pub(super) const fn level(oplock: Option<OplockKind>) -> OplockLevel {
    match oplock {
        None => OplockLevel::NONE,
        Some(OplockKind::LevelTwo) => OplockLevel::II,
        Some(OplockKind::Exclusive) => OplockLevel::EXCLUSIVE,
        Some(OplockKind::Batch) => OplockLevel::BATCH,
    }
}

/// Returns what tells the client of an open that it must give up caching. If the client has lost its connection, the server
/// closes the open ([MS-SMB2] 3.3.4.6, 3.3.4.7).
pub(super) fn on_break(state: &Arc<State>, attachment: &Arc<Attachment>, number: OpenNumber) -> OnBreak {
    let (state, attachment) = (Arc::downgrade(state), Arc::clone(attachment));
    Box::new(move |what| {
        let is_told = attachment.signal(|session| match what {
            Break::Oplock(left) => Signal::OplockBreak(session, number, level(left)),
            Break::Lease(notification) => Signal::LeaseBreak(session, notification),
        });
        if !is_told && let Some(state) = state.upgrade() {
            state.durables.changed.notify_one();
        }
        is_told
    })
}
