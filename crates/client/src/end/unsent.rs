//! Why no request was sent for a session.

/// Why netsession sent no request for a session. Its text goes on after "not sent: ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Unsent {
    /// netsession stopped sending, or could not send anything: [`EndReport::error`](crate::EndReport::error) says why.
    #[error("netsession stopped before")]
    Stopped,
    /// The session was gone before.
    #[error("it was gone before")]
    Gone,
    /// Its logon is unfinished, or a request cannot carry its names.
    #[error("no request can name it")]
    Unnameable,
    /// The same user has another session from this client that is not selected: [`SpareReason::NotAllSelected`].
    ///
    /// [`SpareReason::NotAllSelected`]: crate::SpareReason::NotAllSelected
    #[error("the server would also end one that is not selected")]
    Inseparable,
    /// The server does not report whether the session is selected.
    #[error("the server does not report what the selection depends on")]
    Undecided,
    /// It is not selected, or is no longer since the preview.
    #[error("it is not selected now")]
    NotSelected,
    /// It may be this connection's own session: [`SpareReason::OwnUser`], [`SpareReason::MayBeOwn`], or only since the preview.
    ///
    /// [`SpareReason::OwnUser`]: crate::SpareReason::OwnUser
    /// [`SpareReason::MayBeOwn`]: crate::SpareReason::MayBeOwn
    #[error("that could end netsession's own session")]
    MayBeOwn,
    /// The server lists another session under its id since the preview.
    #[error("another session has its id now")]
    OtherSession,
}
