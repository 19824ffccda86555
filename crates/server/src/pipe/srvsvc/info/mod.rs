//! Descriptions of sessions, connections, files and shares, with the members of all levels.

mod connection;
mod file;
mod session;
mod share;

use netsession_smb::fscc::FileTime;

pub(super) use connection::connection;
pub(super) use file::file;
pub(super) use session::session;
pub(super) use share::{local_path, share, share_type};

/// Returns the whole seconds from one time to another; 0 if the clock went back.
fn seconds(from: FileTime, to: FileTime) -> u32 {
    u32::try_from(to.0.saturating_sub(from.0).max(0) / 10_000_000).unwrap_or(u32::MAX)
}

/// Returns a count as a number on the wire.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
