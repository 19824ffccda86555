//! The server's side of the interface between SPNEGO and a mechanism.

use std::fmt;

use super::ntlm::NtHash;
use super::oid::Oid;
use super::{AuthError, Inputs};
use crate::crypto::SessionKey;

/// The identity that a client claims, in the spelling of the wire. Names compare without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// The user's name; never empty.
    pub user: String,
    /// The user's domain; may be empty.
    pub domain: String,
    /// The client's name for itself; may be empty, and nobody verifies it.
    pub workstation: String,
    /// How the client proves the identity.
    pub proof: Proof,
}

/// How a client proves the identity that it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Proof {
    /// By a password, against which [`Acceptor::verify`] verifies the claim.
    #[default]
    Password,
    /// By a Kerberos ticket, which [`Acceptor::step`] has verified. The user is a principal such as `alice@LAB.TEST`.
    Ticket,
}

impl Claim {
    /// The claim of a user without a domain, from a client that gives itself no name.
    #[must_use]
    pub fn of_user(user: impl Into<String>) -> Self {
        Self { user: user.into(), ..Self::default() }
    }
}

/// The secret against which an acceptor verifies a claim.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Verifier {
    /// The NT hash of the user's password, for NTLM.
    NtHash(NtHash),
    /// None: the user may log on with a ticket, which the acceptor has verified already.
    Ticket,
    /// There is no such user. The acceptor does the same work as for a wrong password, and then refuses, so that a
    /// client cannot distinguish the two.
    UnknownUser,
}

/// The result of an acceptor's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptorStep {
    /// The token to send; the client answers it.
    Continue(Vec<u8>),
    /// The client claims an identity: the next call is [`Acceptor::verify`].
    Claimed(Claim),
}

/// A proven identity and the key that comes with it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The identity.
    pub claim: Claim,
    /// The service principal name to which the client wanted to log on, if it named one that it trusts.
    pub target_name: Option<String>,
    /// The session key in its full length.
    pub session_key: SessionKey,
    /// The token that goes to the client with the success, if there is one.
    pub token: Option<Vec<u8>>,
}

/// The server's side of one authentication mechanism, as [`Mechanism`](super::Mechanism) is the client's. An acceptor
/// serves one attempt to log on.
///
/// A call that fails ends the attempt.
pub trait Acceptor: fmt::Debug + Send {
    /// Returns the mechanism's object identifiers in the order in which the server lists them.
    fn oids(&self) -> &'static [Oid<'static>];

    /// Returns whether `token` is one of this mechanism's own, sent without SPNEGO around it.
    fn is_own_token(&self, token: &[u8]) -> bool {
        let _ = token;
        false
    }

    /// Returns whether [`Acceptor::step`] may wait for something outside, such as a file. The host then says when the
    /// acceptor may take the step.
    fn may_block(&self) -> bool {
        false
    }

    /// Takes a token of the client.
    ///
    /// # Errors
    /// The reason to refuse the client.
    fn step(&mut self, token: &[u8], inputs: &mut Inputs<'_>) -> Result<AcceptorStep, AuthError>;

    /// Verifies the identity that the last step claimed.
    ///
    /// # Errors
    /// [`AuthError::LogonFailure`] if the client does not prove it, or if `verifier` is of another kind than
    /// the mechanism needs; other reasons to refuse the client.
    fn verify(&mut self, verifier: &Verifier) -> Result<Accepted, AuthError>;

    /// Returns the server's integrity code of `message` (GSS_GetMIC), once the client is accepted and if the
    /// mechanism negotiated integrity.
    fn mic(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Verifies the client's integrity code of `message` (GSS_VerifyMIC).
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`].
    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError>;
}
