//! The operations, one file each. A file has the stem that its operation has in every layer.

pub(crate) mod connection_enum;
pub(crate) mod file_close;
pub(crate) mod file_enum;
pub(crate) mod file_get_info;
mod pages;
pub(crate) mod remote_tod;
pub(crate) mod server_get_info;
pub(crate) mod session_del;
pub(crate) mod session_enum;
pub(crate) mod session_get_info;
pub(crate) mod share_check;
pub(crate) mod share_enum;
pub(crate) mod share_get_info;
mod share_path;
#[cfg(test)]
mod tests;

use std::time::Duration;

/// Turns a server's seconds into a duration. None if no session can have lasted so long: most often a difference
/// underflowed.
pub(crate) fn plausible(seconds: u32) -> Option<Duration> {
    const LONGEST: u32 = u32::MAX / 2;
    (seconds < LONGEST).then(|| Duration::from_secs(seconds.into()))
}
