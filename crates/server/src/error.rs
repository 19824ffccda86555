//! Why a server cannot start: [`StartError`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server cannot start.
///
/// The message names what failed; the cause is in [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The server cannot listen on an address.
    #[error("cannot listen on {address}")]
    #[non_exhaustive]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The server cannot open a folder to share.
    #[error("cannot share {}", .path.display())]
    #[non_exhaustive]
    Share {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A share has an invalid name; see [`Folder::is_valid_name`](crate::Folder::is_valid_name).
    #[error(
        "invalid share name `{0}` (use 1 to 80 characters; \"/\\[]:|<>+=;,*? and control characters are not allowed)"
    )]
    InvalidShareName(String),
    /// Two shares have the same name, which compares without regard to case. The name `IPC$` is always taken.
    #[error("two shares have the name {0}")]
    DuplicateShareName(String),
    /// The operating system returns no random bytes.
    #[error("the operating system returns no random bytes")]
    Random(#[source] getrandom::Error),
    /// The runtime cannot use a listening socket.
    #[error("cannot accept connections")]
    Socket(#[source] io::Error),
}
