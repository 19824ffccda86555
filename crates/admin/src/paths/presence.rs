//! [`Presence`]: whether a path at which nothing is open exists. A mistyped path is not one that nobody holds.

use std::time::Instant;

use netsession::Server;

use super::shared::{is_shared, on_shares};
use crate::SharePath;

/// The most shares that netsession asks about one path of the server.
const MAX_SHARES: usize = 4;

/// Whether a file or a folder exists at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// It exists.
    Present,
    /// There is no such file, folder or share.
    Missing,
    /// It is a path of the server that no share contains: nobody opens a file there through this server.
    NotShared,
    /// Nobody can tell: why not.
    Unknown(String),
}

impl Presence {
    /// Asks the server about a path on one of its shares, or about a path of its own in the folder of a share. It asks until
    /// `deadline`, so that no answer to this question costs the answers to others.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub async fn at(server: &mut Server, path: &str, deadline: Instant) -> Self {
        let late = |_| Self::Unknown("the server did not answer in time".to_owned());
        let answer = async {
            match SharePath::parse(path) {
                Some(Ok(path)) => Self::of(server.has_path(&path.unc()).await),
                Some(Err(error)) => Self::Unknown(error.to_string()),
                None => Self::at_own(server, path).await,
            }
        };
        tokio::time::timeout_at(deadline.into(), answer).await.unwrap_or_else(late)
    }

    /// Asks about a path of the server: the shares that contain it, until one of them tells.
    async fn at_own(server: &mut Server, path: &str) -> Self {
        let shares = match server.shares().await {
            Ok(shares) => shares,
            Err(error) => return Self::Unknown(error.to_string()),
        };
        if is_shared(&shares, path) == Some(false) {
            return Self::NotShared;
        }
        let Some(paths) = on_shares(&shares, path) else { return Self::Present };
        let mut answer = Self::Unknown("the server does not report which share has it".to_owned());
        for path in paths.iter().take(MAX_SHARES) {
            answer = Self::of(server.has_path(path).await);
            if !matches!(answer, Self::Unknown(_)) {
                break;
            }
        }
        answer
    }

    /// Looks for a path on this computer.
    #[must_use]
    pub fn here(path: &str) -> Self {
        match std::fs::symlink_metadata(path) {
            Ok(_) => Self::Present,
            Err(error) => match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Self::Missing,
                _ => Self::Unknown(error.to_string()),
            },
        }
    }

    fn of(answer: Result<bool, netsession::Error>) -> Self {
        match answer {
            Ok(true) => Self::Present,
            Ok(false) => Self::Missing,
            Err(error) => Self::Unknown(error.to_string()),
        }
    }
}
