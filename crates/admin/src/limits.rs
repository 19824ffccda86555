//! [`Limits`] of queries of many servers.

use std::time::Duration;

use crate::open_files::most_connections;

/// Twice the round trip of a distant server.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many servers to query at once, and how long each may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of servers to query at once; the others wait. Zero counts as one.
    pub at_once: usize,
    /// The number of servers to query at once together with those that are silent. Zero counts as one.
    pub open: usize,
    /// How long a server may be silent before it no longer counts towards `at_once`. Without one it always counts.
    pub patience: Option<Duration>,
    /// The time for one server, measured from the start of its query. Without one, only the connection's time limits
    /// apply.
    pub deadline: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { at_once: 64, open: most_connections(), patience: Some(PATIENCE), deadline: None }
    }
}
