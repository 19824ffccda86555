//! Authentication: NTLMv2 ([MS-NLMP]) inside SPNEGO ([RFC 4178], [MS-SPNG]), both roles.
//!
//! Nothing here does I/O, reads a clock or draws random numbers: each step takes [`Inputs`]. The crate neither
//! sends nor accepts LM and NTLMv1 responses, anonymous logons and guest logons.
//!
//! - A client offers [`Mechanism`]s (here [`ntlm::Client`]) through a [`spnego::Client`], which asks for their
//!   steps ([`MechanismStep`]) and makes the tokens that SESSION_SETUP carries.
//! - A server drives its [`Acceptor`]s (here [`ntlm::Server`]) through a [`spnego::Server`], which reports the
//!   [`Claim`] of a client and verifies it with the [`Verifier`] that the server chooses.
//!
//! [`AuthError`] is the error of both; [`MechanismError`] carries that of a mechanism in another crate.

mod acceptor;
mod error;
mod inputs;
pub mod mechanism;
pub mod ntlm;
mod oid;
pub mod oracle;
pub mod spnego;
#[cfg(test)]
pub(crate) mod testing;

pub use acceptor::{Accepted, Acceptor, AcceptorStep, Claim, Proof, Verifier};
pub use error::{AuthError, MechanismError, RandomUnavailable};
pub use inputs::Inputs;
pub use mechanism::{FinishedStep, Mechanism, MechanismStep, ServerIdentity, Step, StepId};
