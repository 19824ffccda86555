//! The state of one frame's requests: [`Compound`], and [`Parked`] while a request of the frame waits.

use netsession_wire::NtStatus;

use super::block::Block;
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

/// A frame with a request that waits.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) compound: Compound,
    /// The frame's messages from the waiting one on.
    pub(super) rest: Block,
    /// The answers before it.
    pub(super) frame: Suspended,
    pub(super) request: Admitted,
    pub(super) wait: Wait,
}

/// What a request waits for.
#[derive(Debug)]
pub(super) enum Wait {
    /// The host's decision on a logon.
    Logon(WaitingLogon),
    /// The host, which carries the request out later; the server has already granted its credits.
    Host { credits: u16 },
    /// The host's permission for a step of a logon that may block. Nothing of the request is processed yet.
    Turn,
}

/// A request that takes part in its frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted {
    pub(super) related: Related,
    /// The session is not known here.
    pub(super) is_unknown: bool,
    /// The requests related to this one have nothing to relate to.
    pub(super) is_homeless: bool,
}

/// An answer in the frame that the server is building.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its offset from the start of the frame.
    pub(super) start: usize,
    /// The session that signs it.
    pub(super) sign: Option<SessionId>,
    pub(super) announcement: bool,
}

/// What a related request inherits from the one before it.
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
    /// Returns the identity that the client claims, if a logon waits.
    pub(super) const fn claim(&self) -> Option<&Claim> {
        match &self.wait {
            Wait::Logon(logon) => Some(&logon.claim),
            Wait::Host { .. } | Wait::Turn => None,
        }
    }
}
