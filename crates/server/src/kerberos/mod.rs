//! Logons with Kerberos: [`Keytab`] has the keys of the server, [`Principal`] names the users who may log on, and
//! [`Acceptor`] verifies their tickets.
//!
//! The system's library does the work (`netsession-gssapi`). It asks no domain controller, but it reads the keytab and
//! writes its replay cache, so an acceptor may block.

mod acceptor;
mod keytab;
mod principal;

pub(crate) use acceptor::Acceptor;
pub use keytab::{Keytab, KeytabError};
pub(crate) use principal::Principals;
pub use principal::{ParsePrincipalError, Principal};
