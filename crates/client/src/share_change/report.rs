use super::{ShareChange, ShareObstacle};
use crate::{Error, Share, Win32Error};

/// The outcome of a plan.
#[derive(Debug)]
#[non_exhaustive]
pub struct ShareReport {
    /// The change.
    pub change: ShareChange,
    /// The share before the change; None if there was none.
    pub before: Option<Share>,
    /// The share as the server listed it at last; None if it lists none, or if no listing could verify the change.
    pub after: Option<Share>,
    /// Whether the change is made.
    pub result: ShareResult,
    /// Why netsession sent nothing.
    pub obstacle: Option<ShareObstacle>,
    /// The server's answer to the last request. None if no answer came, or if netsession sent no request.
    pub status: Option<Win32Error>,
    /// Why a request failed or got no answer, or why no listing could verify the change.
    pub error: Option<Error>,
}

/// Whether a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShareResult {
    /// The server lists the share as requested, or no longer lists the removed one.
    Done,
    /// The server lists the share as before, or with a part of the change.
    NotDone,
    /// netsession sent no request.
    NotSent,
    /// No listing could verify it, or the server may still carry out a request that it has not answered.
    Unknown,
}
