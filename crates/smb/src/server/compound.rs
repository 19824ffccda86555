//! The state of one frame's requests: [`Compound`], and [`Parked`] while one of its logons waits.

use netsession_wire::NtStatus;

use super::output::Suspended;
use super::session::WaitingLogon;
use crate::auth::Claim;
use crate::msg::{AsyncId, FileId, SessionId, TreeId};

/// The requests of one frame, and the answers to them ([MS-SMB2] 3.3.5.2.7).
#[derive(Debug)]
pub(super) struct Compound {
    /// The session whose keys decrypted the frame.
    pub(super) encrypted: Option<SessionId>,
    /// How many requests it has so far.
    pub(super) requests: usize,
    pub(super) answers: Vec<Answer>,
    pub(super) before: Option<Related>,
    pub(super) cancelled: Vec<AsyncId>,
}

/// A frame that waits for a decision on one of its logons.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) compound: Compound,
    /// The frame's messages from the logon's on.
    pub(super) rest: Vec<u8>,
    /// The answers before it.
    pub(super) frame: Suspended,
    pub(super) request: Admitted,
    pub(super) logon: WaitingLogon,
}

/// A request that takes part in its frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted {
    pub(super) related: Related,
    /// The session is not known here.
    pub(super) is_unknown: bool,
    /// What is related to the request is related to nothing.
    pub(super) is_homeless: bool,
}

/// An answer in the frame that is being made.
#[derive(Debug)]
pub(super) struct Answer {
    /// Where it starts, from the frame's start on.
    pub(super) start: usize,
    /// The session that signs it.
    pub(super) sign: Option<SessionId>,
    pub(super) announcement: bool,
}

/// What a related request takes over from the one before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Related {
    pub(super) session: SessionId,
    pub(super) tree: TreeId,
    pub(super) file: Option<FileId>,
    pub(super) failure: Option<NtStatus>,
}

impl Compound {
    pub(super) const fn new(encrypted: Option<SessionId>) -> Self {
        Self { encrypted, requests: 0, answers: Vec::new(), before: None, cancelled: Vec::new() }
    }
}

impl Parked {
    /// The identity that the client claims.
    pub(super) const fn claim(&self) -> &Claim {
        &self.logon.claim
    }
}
