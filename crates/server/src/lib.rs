//! The embedded SMB3 file server. It is for Linux and macOS: on Windows the crate is empty, until `fs` has another way to
//! stay inside a folder than descriptors.
#![cfg(unix)]
#![forbid(unsafe_code)]

pub mod builder;
mod commands;
pub mod connection;
pub mod fs;
mod logon;
pub mod net;
pub mod pipe;
pub mod state;

pub use builder::{Bound, Builder, Folder, Server, StartError};
pub use connection::Connection;
pub use netsession_smb::server::Encryption;
pub use state::State;
