//! The server's side of one connection ([MS-SMB2] 3.3), with no I/O, no clock and no files.
//!
//! [`Connection::receive`] takes a frame of the client. It answers the requests of the protocol itself (negotiation, logons, keys,
//! signatures, encryption, credits, compounds, cancelling), and passes every other request,
//! verified, to the [`Host`], which writes its answer into a [`Reply`] at once, or later by
//! [`Connection::complete`]. An [`Output`] collects the bytes to send.

#[cfg(test)]
mod abuse;
mod binding;
mod block;
mod compound;
mod connection;
mod facts;
mod fatal;
mod host;
mod negotiate;
pub mod oracle;
mod output;
mod pending;
mod process;
mod reply;
mod session;
mod session_setup;
mod settings;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod waiting;
mod window;

pub use block::{Block, OutOfMemory};
pub use connection::Connection;
pub use facts::Facts;
pub use fatal::Fatal;
pub use host::{Decision, Host, LoggedOn, NegotiationRefusal, Request};
pub use output::Output;
pub use reply::Reply;
pub use session::SessionKeys;
pub use settings::{Encryption, Settings};
