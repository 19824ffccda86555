//! Authentication: NTLMv2 ([MS-NLMP]) inside SPNEGO ([RFC 4178], [MS-SPNG]), both roles.
//!
//! Nothing here reads a clock or draws random numbers: both come in as [`Inputs`], fresh for each step.
//! LM and NTLMv1 responses, anonymous and guest logons are neither sent nor accepted.
//!
//! A client builds its [`Mechanism`]s (today [`ntlm::Client`]), hands them to [`spnego::Client`] and carries
//! its tokens in SESSION_SETUP. A server carries the tokens to [`spnego::Server`].

mod error;
pub mod mechanism;
pub mod ntlm;
pub mod oracle;
pub mod spnego;

pub use error::AuthError;
pub use mechanism::{Inputs, Mechanism, ServerIdentity, Step};
