//! Why a connection cannot continue: [`Error`], and the [`Stage`] that failed.

use netsession_wire::{DecodeError, NtStatus};

/// The stage of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Agreeing on dialect and algorithms (NEGOTIATE).
    Negotiate,
    /// Logging on (SESSION_SETUP).
    SessionSetup,
    /// Checking that nobody changed the negotiation (VALIDATE_NEGOTIATE_INFO).
    ValidateNegotiate,
    /// Requests of a session that is set up.
    Requests,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Negotiate => "negotiating",
            Self::SessionSetup => "logging in",
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
    /// What answers is not an SMB server.
    #[error("the answer is not SMB")]
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
    /// The server chose a dialect that is below what was asked for, or that nobody offered.
    #[error("the server chose dialect {chosen:#06x}, which was not offered")]
    DialectNotOffered {
        /// `DialectRevision` of its answer.
        chosen: u16,
    },
    /// Encryption is required here, and the server offers none, or none of the ciphers that were asked for.
    #[error("encryption is required, and the server does not offer it")]
    EncryptionNotOffered,
    /// The server demands encryption, which the settings of this side rule out.
    #[error("the server demands encryption, and no cipher was agreed")]
    EncryptionDemanded,
    /// The server let the user in as a guest.
    #[error("the server knows no such user and answered with a guest logon")]
    Guest,
    /// The server let the user in as nobody.
    #[error("the server answered with an anonymous logon")]
    Anonymous,
    /// The login could not be computed, or the server's side of it is wrong.
    #[error("logging in failed: {0}")]
    Login(crate::auth::AuthError),
    /// The server says that the session is gone.
    #[error("the server has ended this session{}", if *.proven { "" } else { " (so says an unsigned answer)" })]
    SessionDeleted {
        /// Whether the answer was signed or encrypted. An unsigned one may be anybody's: whether requests
        /// under way took effect is then unknown.
        proven: bool,
    },
    /// The answer breaks the protocol or the protection agreed on.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// A key could not be used.
    #[error("cryptography failed: {0}")]
    Crypto(crate::crypto::CryptoError),
    /// A value does not fit the message that it belongs in. The connection is as it was.
    #[error(transparent)]
    Encode(#[from] crate::msg::EncodeError),
    /// There is no session: the login is not done, or the session has ended. The connection is as it was.
    #[error("no session is set up")]
    NoSession,
    /// A login was begun before. The connection is as it was.
    #[error("a login was begun before")]
    LoginBegun,
}

/// How an answer breaks the protocol, or the protection that was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A reply that must be signed is not.
    #[error("a reply that must be signed is not signed")]
    Unsigned,
    /// A signature does not fit its message.
    #[error("the signature of a reply is wrong")]
    BadSignature,
    /// A reply in plain although the session is encrypted.
    #[error("a reply is not encrypted although the session is")]
    Plain,
    /// An encrypted reply could not be decrypted: it was changed, or is for another session.
    #[error("an encrypted reply cannot be decrypted")]
    Undecryptable,
    /// VALIDATE_NEGOTIATE_INFO shows that the negotiation was changed on its way.
    #[error("the negotiation was changed on its way ({what} differs)")]
    NegotiationChanged {
        /// What differs.
        what: &'static str,
    },
    /// A reply to no request.
    #[error("a reply with message id {message_id} answers no request")]
    UnknownMessageId {
        /// The id.
        message_id: u64,
    },
    /// The reply is to another command than the request.
    #[error("a reply names another command than its request")]
    WrongCommand,
    /// The reply is for another session than the request.
    #[error("a reply names another session than its request")]
    WrongSession,
    /// A message that only a client sends.
    #[error("the server sent a request")]
    NotAReply,
    /// A message cannot be read.
    #[error("a reply cannot be read: {0}")]
    Malformed(DecodeError),
    /// The server grants no credits and has no request left to answer.
    #[error("the server allows no further request")]
    NoCredits,
    /// The server chose an algorithm that was not offered, or left out one that it must choose.
    #[error("the server's choice of {what} is not one that was offered")]
    ChoiceNotOffered {
        /// Of what.
        what: &'static str,
    },
    /// The server compressed a message, which nobody agreed on.
    #[error("a reply is compressed, which was not agreed")]
    Compressed,
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<crate::auth::AuthError> for Error {
    fn from(error: crate::auth::AuthError) -> Self {
        Self::Login(error)
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
    /// Whether somebody between the two sides, or a broken server, changed what was sent.
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

    /// The status that a server answered with, where there is one.
    #[must_use]
    pub const fn status(&self) -> Option<NtStatus> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::SessionDeleted { .. } => Some(NtStatus::USER_SESSION_DELETED),
            _ => None,
        }
    }
}
