//! An embedded SMB server (dialects 2.1 to 3.1.1, or from 2.0.2 on request) that shares folders of this computer.
//!
//! [`Server::builder`] returns a [`Builder`], which takes [accounts](Account), [folders](Folder) and addresses. [`Builder::start`]
//! starts the server; a program that must give up privileges between the two steps calls [`Builder::bind`] and then
//! [`Bound::start`]. A running [`Server`] lists its [sessions](Session) and [opens](Open), ends them, and reports each [`Event`].
//!
//! ```
//! use netsession_server::{Account, Folder, Server};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let shared = tempfile::tempdir()?;
//! let server = Server::builder()
//!     .listen(([127, 0, 0, 1], 0).into())
//!     .account(Account::with_password("alice", "a long password"))
//!     .folder(Folder::new("data", shared.path()))
//!     .start()?;
//! println!("listening on {}", server.addresses()[0]);
//! server.stop().await;
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! # Runtime
//! The server runs on the current tokio runtime, whose I/O and time drivers must be enabled. Use the multi-threaded
//! runtime: on it, a client that reads or writes much data does not delay the other clients.
//!
//! # Conventions
//! Public enums, and structs that this crate alone creates, are `non_exhaustive`. Structs that you create are not: they have
//! constructors or a `Default`.
//!
//! # Platforms
//! The crate supports Linux, macOS and Windows. On Windows it has no named streams, it follows no link or junction, and of the DOS
//! attributes it sets only "read-only".
#![cfg(any(unix, windows))]
#![forbid(unsafe_code)]

// Windows has the same names for what the server uses of the file system.
#[cfg(windows)]
extern crate netsession_winfs as rustix;

mod budget;
mod builder;
mod bulk;
mod client_host;
mod commands;
mod connection;
mod error;
mod folder;
mod fs;
mod kerberos;
mod named_pipe;
mod net;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod oracle;
mod pace;
mod pipe;
mod reload;
mod server;
#[cfg(test)]
mod simulation;
mod state;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;

pub use builder::{Bound, Builder};
pub use error::StartError;
pub use folder::Folder;
pub use kerberos::{Keytab, KeytabError, ParsePrincipalError, Principal};
pub use net::Limits;
pub use netsession_smb::auth::Proof;
pub use netsession_smb::msg::Dialect;
pub use netsession_smb::server::{Encryption, NegotiationRefusal};
pub use netsession_srvs::SessionId;
pub use reload::Changes;
pub use server::Server;
pub use state::{
    Account, CloseReason, EndReason, Event, Logon, LogonRefusal, Open, Session, Share, ShareRefusal, Tree,
};
