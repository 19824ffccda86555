//! The seam at which an authentication mechanism meets SPNEGO: NTLM is one, Kerberos can be another.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::AuthError;
use crate::crypto::SessionKey;

/// What a step needs from outside. Each step gets new ones.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Inputs {
    /// The time as FILETIME: units of 100 ns since 1601-01-01 UTC ([MS-DTYP] 2.3.3).
    pub filetime: u64,
    /// Bytes from a cryptographic random generator.
    pub random: [u8; 32],
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("filetime", &self.filetime).finish_non_exhaustive()
    }
}

/// What comes of a mechanism's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to send to the other side, if anything.
    pub token: Option<Vec<u8>>,
    /// Whether this side is done: the session key and the integrity codes are available.
    pub complete: bool,
}

/// The client's side of one authentication mechanism.
pub trait Mechanism: Send {
    /// The mechanism's object identifier, as SPNEGO lists it.
    fn oid(&self) -> super::spnego::Oid<'static>;

    /// Takes the server's token (none at first) and says what to answer.
    ///
    /// # Errors
    /// Whatever makes it impossible to go on; the exchange is then over.
    fn step(&mut self, token: Option<&[u8]>, inputs: &Inputs) -> Result<Step, AuthError>;

    /// The session's key, once complete: 16 bytes with NTLM, up to 32 with Kerberos, never cut here.
    fn session_key(&self) -> Option<&SessionKey>;

    /// The integrity code of `message` for the server (GSS_GetMIC), where the mechanism negotiated one.
    fn mic(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Checks the server's integrity code of `message` (GSS_VerifyMIC).
    ///
    /// # Errors
    /// [`AuthError::WrongMechListMic`].
    fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), AuthError>;

    /// What the server said of itself, where the mechanism carries that.
    fn server(&self) -> Option<&ServerIdentity> {
        None
    }
}

/// What a server says of itself in its NTLM challenge. Nothing vouches for it but the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
