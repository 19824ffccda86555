//! Why a connection cannot continue: [`Error`], and the [`Stage`] that failed.

use netsession_wire::{DecodeError, NtStatus};

/// The stage of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Agreeing on the dialect and the algorithms (NEGOTIATE).
    Negotiate,
    /// Logging on (SESSION_SETUP).
    SessionSetup,
    /// Checking that nobody changed the negotiation (VALIDATE_NEGOTIATE_INFO).
    ValidateNegotiate,
    /// Sending requests of a session.
    Requests,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Negotiate => "negotiating",
            Self::SessionSetup => "logging on",
            Self::ValidateNegotiate => "checking the negotiation",
            Self::Requests => "using the session",
        })
    }
}

/// Why a connection cannot continue. Each error is final, unless its documentation says otherwise: the program must
/// close the connection.
///
/// A status that answers one request is not an error of the connection; it comes with that request's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer is not an SMB server.
    #[error("the response is not SMB")]
    NotSmb,
    /// The server speaks SMB 1 only.
    #[error("the server speaks SMB 1 only")]
    Smb1Only,
    /// The server answered a step of connecting with an error.
    #[error("the server refused while {stage}: {status}")]
    Refused {
        /// The step.
        stage: Stage,
        /// The answer.
        status: NtStatus,
    },
    /// The server chose a dialect that the client did not offer, or one below the requested ones.
    #[error("the server chose dialect {chosen:#06x}, which the client did not offer")]
    DialectNotOffered {
        /// `DialectRevision` of its answer.
        chosen: u16,
    },
    /// The client requires encryption, and the server offers none, or none of the requested ciphers.
    #[error("the server does not offer the required encryption")]
    EncryptionNotOffered,
    /// The server requires encryption, which the client's settings exclude.
    #[error("the server demands encryption, but the two sides have no cipher in common")]
    EncryptionDemanded,
    /// The server logged the user on as a guest.
    #[error("the server knows no such user and answered with a guest logon")]
    Guest,
    /// The server logged the user on as an anonymous user.
    #[error("the server answered with an anonymous logon")]
    Anonymous,
    /// The client could not compute the login, or the server's side of it is wrong.
    #[error(transparent)]
    Login(#[from] crate::auth::AuthError),
    /// The server says that the session has ended.
    #[error("the server has ended this session{}", if *.proven { "" } else { " (according to an unsigned response)" })]
    SessionDeleted {
        /// Whether the answer was signed or encrypted. Anybody can send an unsigned one: then it is unknown whether
        /// outstanding requests took effect.
        proven: bool,
    },
    /// The answer breaks the protocol, or the agreed protection.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The client could not use a key.
    #[error("cryptography failed: {0}")]
    Crypto(crate::crypto::CryptoError),
    /// A value does not fit its message. The connection has not changed.
    #[error(transparent)]
    Encode(#[from] crate::msg::EncodeError),
    /// There is no session: the login is not complete, or the session has ended. The connection has not changed.
    #[error("there is no session")]
    NoSession,
    /// The client has already begun a login. The connection has not changed.
    #[error("a logon has already begun")]
    LoginBegun,
}

/// How an answer breaks the protocol, or the agreed protection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A response that must be signed is not.
    #[error("a response that must be signed is not signed")]
    Unsigned,
    /// A signature does not fit its message.
    #[error("the signature of a response is wrong")]
    BadSignature,
    /// A response in plain although the session is encrypted.
    #[error("a response is not encrypted although the session is")]
    Plain,
    /// The client could not decrypt a response: somebody changed it, or it is for another session.
    #[error("an encrypted response cannot be decrypted")]
    Undecryptable,
    /// VALIDATE_NEGOTIATE_INFO shows that somebody changed the negotiation on its way.
    #[error("somebody changed the negotiation on its way ({what} differs)")]
    NegotiationChanged {
        /// What differs.
        what: &'static str,
    },
    /// A response to no request.
    #[error("a response with message id {message_id} belongs to no request")]
    UnknownMessageId {
        /// The id.
        message_id: u64,
    },
    /// The response is to another command than the request.
    #[error("a response names another command than its request")]
    WrongCommand,
    /// The response is for another session than the request.
    #[error("a response names another session than its request")]
    WrongSession,
    /// A message that only a client sends.
    #[error("the server sent a request")]
    NotAReply,
    /// The client cannot decode a message.
    #[error("a response cannot be read: {0}")]
    Malformed(DecodeError),
    /// The server has granted no credits, and no request is outstanding.
    #[error("the server allows no further request")]
    NoCredits,
    /// The server chose an algorithm that the client did not offer, or omitted one that it must choose.
    #[error("the client did not offer the server's choice of {what}")]
    ChoiceNotOffered {
        /// The kind of algorithm.
        what: &'static str,
    },
    /// The server compressed a message, which nobody agreed on.
    #[error("a response is compressed, although compression was not negotiated")]
    Compressed,
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<crate::crypto::CryptoError> for Error {
    fn from(error: crate::crypto::CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Violation(error.into())
    }
}

impl Error {
    /// Returns whether somebody between the two sides, or a faulty server, may have changed a message.
    #[must_use]
    pub const fn is_tampering(&self) -> bool {
        matches!(
            self,
            Self::Violation(
                Violation::Unsigned
                    | Violation::BadSignature
                    | Violation::Plain
                    | Violation::Undecryptable
                    | Violation::NegotiationChanged { .. }
            )
        )
    }

    /// Returns the status with which the server answered, if there is one.
    #[must_use]
    pub const fn status(&self) -> Option<NtStatus> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::SessionDeleted { .. } => Some(NtStatus::USER_SESSION_DELETED),
            _ => None,
        }
    }
}
