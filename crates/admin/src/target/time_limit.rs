//! [`TimeLimit`]: the time for everything that is read from one server, which all steps share.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Error;

/// The limit for a server whose settings name none: each step has a shorter one of its own.
pub(crate) const DEFAULT: Duration = Duration::from_secs(60);

/// A time limit that began when the first step did.
///
/// Each step has the same limit for itself, and its error says more: what did not answer. So the work gets a twentieth more, and
/// what belongs to its end, such as the logoff and the last probes, another twentieth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimit {
    began: Instant,
    limit: Duration,
}

impl TimeLimit {
    /// Makes a limit that begins now.
    pub(crate) fn begin(limit: Duration) -> Self {
        Self { began: Instant::now(), limit }
    }

    /// Runs `work` until the limit has passed.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`], and those of `work`.
    pub(crate) async fn bound<T>(
        self,
        server: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let end = self.began + self.limit + self.limit / 20;
        timeout_at(end, work)
            .await
            .unwrap_or_else(|_| Err(Error::DeadlinePassed { server: server.to_owned(), after: self.limit }))
    }

    /// Runs what only ends the work, and gives it up at the very end. Returns `None` then.
    pub(crate) async fn bound_end<T>(self, ending: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.end(), ending).await.ok()
    }

    /// Returns when the time is over. The work has a little more.
    pub(super) fn deadline(self) -> std::time::Instant {
        (self.began + self.limit).into_std()
    }

    /// Returns how long what ends the work may take.
    pub(crate) fn left(self) -> Duration {
        self.end().saturating_duration_since(Instant::now())
    }

    /// Whether there is as long again as the work has taken.
    pub(crate) fn has_time_to_repeat(self) -> bool {
        self.began.elapsed() < self.limit / 2
    }

    fn end(self) -> Instant {
        self.began + self.limit + self.limit / 10
    }
}
