//! SSPI ([MS-KILE] behind `secur32.dll`): Kerberos on Windows, with the interface of `gss`.
//!
//! [`Provider`](provider::Provider) lists the calls without pointers. `logon.rs` takes the steps with any provider, so that
//! its rules are tested with a double on every system; `windows.rs` has the real one, and all unsafe code.
//!
//! Windows has no ticket cache of a file and no keytab for a client: the credential is the logged-on user's, or a user's
//! with a password. It has no acceptor here either, because the embedded server does not run on Windows.

mod logon;
mod provider;
#[cfg(windows)]
mod system;
#[cfg(windows)]
mod windows;

#[cfg(windows)]
pub use system::{Acceptor, Credential, Established, Initiator, Library};
