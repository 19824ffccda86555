//! Oplocks on the wire ([MS-SMB2] 2.2.13, 2.2.23).

use std::sync::{Arc, Weak};
use std::time::Duration;

use netsession_smb::msg::OplockLevel;

use crate::fs::{Break, CachingClient, OplockKind};
use crate::state::{Attachment, OpenNumber, Signal, State};

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

/// The client of an open. If it has lost its connection and must give up caching, the server closes the open ([MS-SMB2] 3.3.4.6,
/// 3.3.4.7).
pub(super) struct OpenClient {
    state: Weak<State>,
    attachment: Arc<Attachment>,
    number: OpenNumber,
}

impl OpenClient {
    pub(super) fn new(state: &Arc<State>, attachment: &Arc<Attachment>, number: OpenNumber) -> Box<Self> {
        Box::new(Self { state: Arc::downgrade(state), attachment: Arc::clone(attachment), number })
    }
}

impl CachingClient for OpenClient {
    fn tell(&self, what: Break) -> bool {
        let is_told = self.attachment.signal(|session| match what {
            Break::Oplock(left) => Signal::OplockBreak(session, self.number, level(left)),
            Break::Lease(notification) => Signal::LeaseBreak(session, notification),
        });
        if !is_told && let Some(state) = self.state.upgrade() {
            state.durables.changed.notify_one();
        }
        is_told
    }

    fn is_gone(&self) -> bool {
        self.attachment.is_lost()
    }

    fn uptime(&self) -> Duration {
        self.state.upgrade().map_or(Duration::ZERO, |state| state.environment.uptime())
    }

    fn is_silent(&self) -> bool {
        self.attachment.is_silent()
    }

    fn set_silent(&self) {
        self.attachment.set_silent();
    }
}
