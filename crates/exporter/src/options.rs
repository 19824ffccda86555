//! [`Options`]: what an exporter tells.

/// What to tell beside the counts of each server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Tell the sessions and the open files of each user.
    pub by_user: bool,
    /// Tell the connections to each share. This costs a second listing of each server.
    pub by_share: bool,
}
