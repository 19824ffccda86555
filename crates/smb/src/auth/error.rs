use netsession_wire::DecodeError;

/// Why an authentication failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A token that cannot be read.
    #[error("the authentication token cannot be read: {0}")]
    Decode(DecodeError),
    /// A token that has no place at this point of the exchange.
    #[error("an authentication token came out of turn: {0}")]
    OutOfTurn(&'static str),
    /// The two sides share no mechanism.
    #[error("client and server have no authentication mechanism in common")]
    NoCommonMechanism,
    /// The other side refused.
    #[error("the other side refused the authentication")]
    Rejected,
    /// The server does not offer what NTLMv2 with 128-bit keys needs.
    #[error("the server's NTLM challenge lacks {0}: too weak to log in with")]
    WeakChallenge(&'static str),
    /// The client answered with less than this server accepts.
    #[error("the client's NTLM response is not acceptable: {0}")]
    WeakResponse(&'static str),
    /// The client wants to be nobody.
    #[error("an anonymous logon is not accepted")]
    Anonymous,
    /// The response does not prove knowledge of the user's password; or there is no such user.
    #[error("wrong user name or password")]
    LogonFailure,
    /// The message integrity code is wrong, or missing where it is due.
    #[error("the NTLM messages were altered on the way: their integrity code is wrong or missing")]
    WrongMic,
    /// The code over the list of mechanisms is wrong, or missing where it is due.
    #[error("the list of authentication mechanisms was altered on the way: its code is wrong or missing")]
    WrongMechListMic,
    /// A name or value is longer than the message has room for.
    #[error("{0} is too long")]
    TooLong(&'static str),
}

impl From<DecodeError> for AuthError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
