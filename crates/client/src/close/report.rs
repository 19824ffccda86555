use crate::{Error, FileId, OpenFile, Win32Error};

/// The outcome of a plan for each of its files.
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseReport {
    /// One outcome for each file of the plan, in its order, then one for each ambiguous file.
    pub outcomes: Vec<CloseOutcome>,
    /// Whether a later listing shows which files are open. Otherwise nobody knows whether a file is still open, even if netsession
    /// sent no request for it.
    pub is_verified: bool,
    /// Why netsession could not send some requests, or could not verify the result by another listing.
    pub error: Option<Error>,
}

/// A file and its outcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseOutcome {
    /// The file.
    pub file: OpenFile,
    /// Whether it is closed.
    pub result: CloseResult,
    /// The id under which the same user has the file open again, from the same client or an unknown one. Only a file
    /// that was closed or has vanished has one.
    pub open_again_as: Option<FileId>,
    /// The server's answer; `NERR_FileIdNotFound` if the file was gone before the request. None if no answer came, or if
    /// netsession sent no request.
    pub status: Option<Win32Error>,
    /// Why the request failed or got no answer.
    pub error: Option<Error>,
}

/// Whether a file is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseResult {
    /// The server agreed to the request, or may have carried it out, and no longer lists the file.
    Closed,
    /// The server no longer lists it, but not because of a request: somebody else closed it before, its session ended, or
    /// the server refused the request.
    ///
    /// A cluster also stops listing the files of a node that does not answer, so such a file may still be open.
    Vanished,
    /// The server still lists it.
    StillOpen,
    /// netsession sent no request for it: its id is ambiguous, the server left earlier requests without an answer, or
    /// the connection broke and no new one could be made.
    NotSent,
    /// No listing could verify it.
    Unknown,
}

impl CloseReport {
    /// The files that netsession has closed.
    pub fn closed(&self) -> impl Iterator<Item = &CloseOutcome> {
        self.of(|result| result == CloseResult::Closed)
    }

    /// The files that are gone without netsession.
    pub fn vanished(&self) -> impl Iterator<Item = &CloseOutcome> {
        self.of(|result| result == CloseResult::Vanished)
    }

    /// The files that are still open, with or without a request.
    pub fn remaining(&self) -> impl Iterator<Item = &CloseOutcome> {
        self.of(|result| matches!(result, CloseResult::StillOpen | CloseResult::NotSent))
    }

    /// The files whose state is unknown.
    pub fn unknown(&self) -> impl Iterator<Item = &CloseOutcome> {
        self.of(|result| result == CloseResult::Unknown)
    }

    fn of(&self, is_wanted: impl Fn(CloseResult) -> bool) -> impl Iterator<Item = &CloseOutcome> {
        self.outcomes.iter().filter(move |outcome| is_wanted(outcome.result))
    }
}

impl CloseOutcome {
    /// The outcome of a file for which netsession sent no request.
    pub(super) const fn not_sent(file: OpenFile) -> Self {
        Self { file, result: CloseResult::NotSent, open_again_as: None, status: None, error: None }
    }
}
