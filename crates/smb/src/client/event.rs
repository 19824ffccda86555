//! The events of the state machine.

use netsession_wire::{DecodeError, NtStatus};

use crate::msg::{Body, Header, Packet};

/// Identifies a request of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The client and the server have agreed on the dialect and the algorithms.
    Negotiated,
    /// The user is logged in, and the program can send requests.
    LoggedIn,
    /// The server answered a request.
    Answered(Answer),
    /// The server works on a request and will answer later: the STATUS_PENDING of an interim response.
    Pending(RequestId),
    /// The server breaks an oplock or a lease. The body is its bytes: see [`Answer::body`].
    OplockBreak(Unsolicited),
    /// The server announces that it has closed the session ([MS-SMB2] 2.2.44). Unless the session is encrypted, anybody
    /// can send this: it is only a hint that the next request may fail.
    SessionClosing,
    /// The session has ended: the server has said so in an answer, or the user has logged off.
    SessionEnded,
}

/// The answer to one request, its protection verified.
#[derive(Debug)]
pub struct Answer {
    pub(super) request: RequestId,
    pub(super) header: Header,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    /// The request that it answers.
    #[must_use]
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> NtStatus {
        self.header.status
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The body, whose type the command and the status decide.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a body.
    pub fn body<'a, B: Body<'a>>(&'a self) -> Result<B, DecodeError> {
        Packet { header: self.header, bytes: &self.bytes }.body()
    }
}

/// A message that answers no request, its encryption verified where the session is encrypted. It is not
/// signed ([MS-SMB2] 3.2.5.1.3).
#[derive(Debug)]
pub struct Unsolicited {
    pub(super) header: Header,
    pub(super) bytes: Vec<u8>,
}

impl Unsolicited {
    /// The body.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a body.
    pub fn body<'a, B: Body<'a>>(&'a self) -> Result<B, DecodeError> {
        Packet { header: self.header, bytes: &self.bytes }.body()
    }
}
