//! The interface between SPNEGO and an authentication mechanism: NTLM is one, Kerberos can be another.
//!
//! A client implements [`Mechanism`], a server implements [`Acceptor`](super::Acceptor). Neither the trait's callers
//! nor this crate do I/O: the state machine returns a [`MechanismStep`], the program runs it on any thread (a mechanism
//! that talks to a ticket server needs a thread of its own, and a deadline), and passes the [`FinishedStep`] back.
//!
//! ```
//! use netsession_smb::auth::ntlm::{self, Credentials};
//! use netsession_smb::auth::spnego::{self, Action};
//! use netsession_smb::auth::Inputs;
//!
//! let credentials = Credentials::with_password("alice", "LAB", "Passw0rd!");
//! let ntlm = ntlm::Client::new(credentials, "cifs/fs1.example.com", "")?;
//! let mut client = spnego::Client::new(vec![Box::new(ntlm)], &[])?;
//! let Action::Step(step) = client.start()? else { unreachable!("a login begins with a step") };
//! assert!(!step.may_block());
//! // The program's clock and random generator.
//! let mut random = |bytes: &mut [u8]| { bytes.fill(7); Ok(()) };
//! let finished = step.run(&mut Inputs::new(0x01db_3d6e_0000_0000, &mut random));
//! let Some(Action::Send(token)) = client.finish_step(finished)? else { unreachable!("NTLM begins with a token") };
//! assert_eq!(token.first(), Some(&0x60), "a GSS token");
//! # Ok::<(), netsession_smb::auth::AuthError>(())
//! ```

use std::fmt;

use super::oid::Oid;
use super::{AuthError, Inputs};
use crate::crypto::SessionKey;

/// The result of a mechanism's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The token for the server, if the mechanism has one to send.
    pub token: Option<Vec<u8>>,
    /// Whether the client's side is complete: its session key and integrity codes are available.
    pub is_complete: bool,
}

/// The client's side of one authentication mechanism.
///
/// Only [`Mechanism::step`] may do I/O. The other methods answer from memory.
pub trait Mechanism: fmt::Debug + Send {
    /// Returns the mechanism's object identifiers in the order in which SPNEGO lists them. They are names of
    /// the same mechanism: a server may choose any of them. Kerberos has 1.2.840.48018.1.2.2 and
    /// 1.2.840.113554.1.2.2.
    fn oids(&self) -> &'static [Oid<'static>];

    /// Returns whether [`Mechanism::step`] may wait for something outside, such as a ticket server. The
    /// program then runs the step on a thread of its own, under a deadline.
    fn may_block(&self) -> bool {
        false
    }

    /// Takes the server's token (none in the first step) and returns the answer to it.
    ///
    /// # Errors
    /// Any error ends the exchange with this mechanism. After an error of the *first* step the client tries
    /// its next mechanism, unless [`AuthError::forbids_fallback`] says otherwise. After an error of a later
    /// step the login fails, because the server has judged a token already.
    fn step(&mut self, token: Option<&[u8]>, inputs: &mut Inputs<'_>) -> Result<Step, AuthError>;

    /// Returns the session key once the mechanism is complete. The key has its full length: 16 bytes for NTLM, up to 32
    /// for Kerberos.
    fn session_key(&self) -> Option<&SessionKey>;

    /// Returns the client's integrity code of `message` (GSS_GetMIC), if the mechanism negotiated integrity.
    fn mic(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Verifies the server's integrity code of `message` (GSS_VerifyMIC).
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`].
    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError>;

    /// Returns the names that the server gave itself, if the mechanism carries them.
    fn server(&self) -> Option<&ServerIdentity> {
        None
    }
}

/// Identifies a step that a client has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepId(pub(super) u64);

/// A step that a mechanism must take before the login continues.
///
/// It carries the mechanism itself, so that any thread can run it. Pass the result of [`MechanismStep::run`] to the
/// client that returned the step. If the step takes too long, pass [`FinishedStep::abandoned`] instead.
#[derive(Debug)]
#[must_use = "the login waits until the step is finished"]
pub struct MechanismStep {
    pub(super) id: StepId,
    pub(super) mechanism: Box<dyn Mechanism>,
    pub(super) token: Option<Vec<u8>>,
}

impl MechanismStep {
    /// Returns the step's identifier.
    #[must_use]
    pub const fn id(&self) -> StepId {
        self.id
    }

    /// Returns the object identifiers of the step's mechanism.
    #[must_use]
    pub fn oids(&self) -> &'static [Oid<'static>] {
        self.mechanism.oids()
    }

    /// Returns whether the step may wait for something outside this process.
    #[must_use]
    pub fn may_block(&self) -> bool {
        self.mechanism.may_block()
    }

    /// Runs the step on this thread.
    pub fn run(mut self, inputs: &mut Inputs<'_>) -> FinishedStep {
        let result = self.mechanism.step(self.token.as_deref(), inputs);
        FinishedStep { id: self.id, mechanism: Some(self.mechanism), result }
    }
}

/// A step that was run or abandoned.
#[derive(Debug)]
pub struct FinishedStep {
    pub(super) id: StepId,
    /// `None` if the mechanism did not return.
    pub(super) mechanism: Option<Box<dyn Mechanism>>,
    pub(super) result: Result<Step, AuthError>,
}

impl FinishedStep {
    /// Abandons a step whose mechanism has not returned, for the reason `error`.
    ///
    /// If it was the first step, and `error` permits it, the client tries its next mechanism. Forbid that
    /// ([`MechanismError::without_fallback`](super::MechanismError::without_fallback)) if the abandoned step may still
    /// send the user's password: a second attempt counts towards a lockout.
    #[must_use]
    pub const fn abandoned(id: StepId, error: AuthError) -> Self {
        Self { id, mechanism: None, result: Err(error) }
    }

    /// Returns why the step failed, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&AuthError> {
        self.result.as_ref().err()
    }
}

/// The names that a server gives itself in its NTLM challenge. Nobody verifies them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServerIdentity {
    /// NetBIOS name of the computer.
    pub netbios_computer: Option<String>,
    /// NetBIOS name of its domain, or of itself outside of a domain.
    pub netbios_domain: Option<String>,
    /// DNS name of the computer: on a cluster, of the node that answered.
    pub dns_computer: Option<String>,
    /// DNS name of its domain.
    pub dns_domain: Option<String>,
    /// DNS name of its forest.
    pub dns_forest: Option<String>,
    /// Version of its operating system: major, minor, build.
    pub version: Option<(u8, u8, u16)>,
    /// The server's clock as FILETIME.
    pub filetime: Option<u64>,
}
