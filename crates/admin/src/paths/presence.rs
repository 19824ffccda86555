//! [`Presence`]: whether a path at which nothing is open exists. A mistyped path is not one that nobody holds.

use std::time::Instant;

use netsession::{ClosePlan, Server};

use crate::SharePath;

/// Whether a file or a folder exists at a path.
#[derive(Debug)]
#[non_exhaustive]
pub enum Presence {
    /// It exists.
    Present,
    /// There is no such file, folder or share.
    Missing,
    /// Nobody can tell: why not.
    Unknown(String),
}

impl Presence {
    /// Asks the server about a path on one of its shares. None if the path has another form.
    pub async fn at(server: &mut Server, path: &str) -> Option<Self> {
        let path = SharePath::parse(path)?.ok()?;
        Some(Self::of(server.has_path(&path.unc()).await))
    }

    /// Does the same until `deadline`, so that no answer to this question costs the answers to others.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub async fn at_until(server: &mut Server, path: &str, deadline: Instant) -> Option<Self> {
        let late = |_| Some(Self::Unknown("the server did not answer in time".to_owned()));
        tokio::time::timeout_at(deadline.into(), Self::at(server, path)).await.unwrap_or_else(late)
    }

    /// Asks the server of a plan that closes nothing.
    pub async fn at_plan(plan: &mut ClosePlan<Server>, path: &str) -> Option<Self> {
        let path = SharePath::parse(path)?.ok()?;
        Some(Self::of(plan.has_path(&path.unc()).await))
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
