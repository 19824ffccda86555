//! Descriptions of sessions, connections, files and shares, with the members of all levels.

mod connection;
mod file;
mod session;
mod share;

use std::time::Duration;

pub(super) use connection::connection;
pub(super) use file::file;
pub(super) use session::session;
pub(super) use share::{FLAGS, disk_path, local_path, share, share_type};

/// Returns the whole seconds from one uptime to another.
fn seconds(from: Duration, to: Duration) -> u32 {
    u32::try_from(to.saturating_sub(from).as_secs()).unwrap_or(u32::MAX)
}

/// Returns a count as a number on the wire.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
