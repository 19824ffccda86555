use std::error::Error;
use std::fmt;
use std::sync::Arc;

use netsession_wire::DecodeError;

/// The system returned no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the random generator failed")]
pub struct RandomUnavailable;

/// The reason for which an authentication failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A token is malformed.
    #[error("the authentication token cannot be read: {0}")]
    Decode(DecodeError),
    /// A token has no place at this point of the exchange.
    #[error("an authentication token came out of turn: {0}")]
    OutOfTurn(&'static str),
    /// The two sides share no mechanism.
    #[error("client and server have no authentication mechanism in common")]
    NoCommonMechanism,
    /// The client logs on with NTLM, which this server does not allow.
    #[error("NTLM is turned off here")]
    NtlmBlocked,
    /// The other side refused.
    #[error("the other side refused the authentication")]
    Rejected,
    /// The server does not offer the flags that NTLMv2 with 128-bit keys needs.
    #[error("the server's NTLM challenge lacks {0}: too weak to log on with")]
    WeakChallenge(&'static str),
    /// The client's response is weaker than this server accepts.
    #[error("the client's NTLM response is not acceptable: {0}")]
    WeakResponse(&'static str),
    /// The client asks for an anonymous logon.
    #[error("anonymous logons are not accepted")]
    Anonymous,
    /// The response does not prove knowledge of the user's password, or there is no such user.
    #[error("wrong user name or password")]
    LogonFailure,
    /// The message integrity code is wrong, or missing although it is required.
    #[error("somebody altered the NTLM messages: their integrity code is wrong or missing")]
    WrongMic,
    /// The integrity code of the mechanism list is wrong, or missing although it is required.
    #[error("somebody altered the list of authentication mechanisms: its code is wrong or missing")]
    WrongMechListMic,
    /// A name or value is too long for the message.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The random generator of this computer failed.
    #[error(transparent)]
    RandomUnavailable(RandomUnavailable),
    /// A mechanism outside this crate failed.
    #[error(transparent)]
    Mechanism(#[from] MechanismError),
}

impl From<DecodeError> for AuthError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl AuthError {
    /// Returns whether no other mechanism may be tried after this error, even if the client offers one.
    ///
    /// The server has judged the user's credentials: a second attempt with the same password would count towards a
    /// lockout, and a weaker mechanism would repeat what a stronger one refused.
    #[must_use]
    pub const fn forbids_fallback(&self) -> bool {
        match self {
            Self::LogonFailure | Self::Rejected => true,
            Self::Mechanism(error) => !error.permits_fallback,
            _ => false,
        }
    }
}

/// The failure of a mechanism that this crate does not know. It keeps the mechanism's own error for the program.
#[derive(Debug, Clone)]
pub struct MechanismError {
    cause: Arc<dyn Error + Send + Sync>,
    permits_fallback: bool,
}

impl MechanismError {
    /// A failure after which the client may try another mechanism: there is no ticket, or no ticket server.
    #[must_use]
    pub fn with_fallback(cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Arc::new(cause), permits_fallback: true }
    }

    /// A failure after which the login ends: the server has refused the user's password, or may still receive it.
    #[must_use]
    pub fn without_fallback(cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Arc::new(cause), permits_fallback: false }
    }

    /// Returns the mechanism's own error; `downcast_ref` returns it with its type.
    #[must_use]
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.cause
    }
}

impl fmt::Display for MechanismError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for MechanismError {
    /// The cause's cause: the message already says the cause.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// Two are equal if they are clones of the same failure.
impl PartialEq for MechanismError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cause, &other.cause) && self.permits_fallback == other.permits_fallback
    }
}

impl Eq for MechanismError {}
