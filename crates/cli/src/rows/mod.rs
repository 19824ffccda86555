//! The rows that several commands print.

mod file;
mod session;
mod status;

use std::time::Duration;

pub(crate) use file::FileRow;
pub(crate) use session::SessionRow;
pub(crate) use status::Status;

/// Returns a duration in whole seconds, for JSON.
pub(crate) fn seconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.as_secs())
}
