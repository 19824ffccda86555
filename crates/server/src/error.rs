//! Why a server cannot start: [`StartError`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::kerberos::KeytabError;

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
    /// The server cannot use its keytab.
    #[error(transparent)]
    Keytab(#[from] KeytabError),
    /// A server with a keytab has an account whose name contains `@`. A listing could not tell the user from a principal.
    #[error("the user name {0} contains @, which is for Kerberos users here")]
    AmbiguousAccount(String),
    /// The server requires encryption of every client, so it cannot share a folder with
    /// [`Folder::encryption_required`](crate::Folder::encryption_required) `false` before it is started again.
    #[error("this server requires encryption: restart it to share {0} without encryption")]
    EncryptedServer(String),
    /// The operating system returns no random bytes.
    #[error("the operating system returns no random bytes")]
    Random(#[source] getrandom::Error),
    /// The runtime cannot use a listening socket.
    #[error("cannot accept connections")]
    Socket(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    /// A failure here would hide the system's reason from a person who reads the whole chain, or print it twice.
    #[test]
    fn a_chain_prints_each_cause_once() {
        let cause = || io::Error::other("the system's reason");
        let address = SocketAddr::from(([127, 0, 0, 1], 445));
        for (error, has_cause) in [
            (StartError::Listen { address, source: cause() }, true),
            (StartError::Share { path: "/data".into(), source: cause() }, true),
            (StartError::InvalidShareName("a/b".to_owned()), false),
            (StartError::DuplicateShareName("data".to_owned()), false),
            (StartError::Random(getrandom::Error::UNSUPPORTED), true),
            (StartError::Socket(cause()), true),
        ] {
            let source = error.source().map(ToString::to_string);
            assert_eq!(source.is_some(), has_cause, "{error}");
            assert!(source.is_none_or(|source| !error.to_string().contains(&source)), "{error}");
        }
    }
}
