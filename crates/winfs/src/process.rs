//! Limits of the process. Windows has none of them.

/// What the system limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Open files.
    Nofile,
    /// The size of a file.
    Fsize,
}

/// A limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rlimit {
    /// What the process may use now.
    pub current: Option<u64>,
}

/// Returns no limit.
#[must_use]
pub const fn getrlimit(_: Resource) -> Rlimit {
    Rlimit { current: None }
}
