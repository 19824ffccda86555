//! [`Closing`]: why the server closes a connection, for the log.

use std::io;
use std::time::Duration;

use netsession_smb::server::Fatal;

/// Why the server closes a connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closing {
    /// The client has closed its side, or the system reports an error.
    #[error("{0}")]
    Socket(io::Error),
    /// The client has closed the connection before its request was carried out.
    #[error("the client closed it while the server worked on a request")]
    HungUp,
    /// Nobody has logged on in time.
    #[error("it had no session for too long")]
    NoSession,
    /// The rest of a frame does not arrive.
    #[error("a message took longer than {0:?} to arrive")]
    SlowFrame(Duration),
    /// The client does not read what the server sends.
    #[error("the client read nothing for {0:?}")]
    SlowReader(Duration),
    /// The client has violated the protocol.
    #[error("{0}")]
    Protocol(#[from] Fatal),
    /// The work on a request has panicked.
    #[error("the work on a request failed: {0}")]
    Failed(io::Error),
    /// The client goes on sending although the server has ended its last session and has closed its own side.
    #[error("the client did not close it within {0:?} after the server ended its last session")]
    Lingered(Duration),
}

impl From<io::Error> for Closing {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl Closing {
    /// Writes the reason to the log. Without `-vv`, only the decisions about users are of interest: strangers must not fill
    /// the log.
    pub(super) fn log(&self, peer: std::net::SocketAddr, was_logged_on: bool) {
        match self {
            Self::Socket(_) | Self::HungUp | Self::NoSession => {
                tracing::debug!(%peer, reason = %self, "connection closed");
            }
            _ if was_logged_on => tracing::info!(%peer, reason = %self, "closed a connection"),
            _ => tracing::debug!(%peer, reason = %self, "closed a connection"),
        }
    }
}
