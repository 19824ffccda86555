//! SMB 2.1 to 3.1.1 with no I/O: messages, cryptography, NTLM, state machines.
#![forbid(unsafe_code)]

pub mod auth;
#[cfg(test)]
mod captures;
pub mod client;
pub mod crypto;
pub mod fscc;
pub mod msg;
pub mod oracle;
pub mod server;
mod structure;

pub use structure::Structure;
