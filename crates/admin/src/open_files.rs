//! [`most_connections`]: how many connections this process can have open at once; [`reserve_connections`] makes sure of a
//! number.

/// The most connections without a reason for more.
const MOST: usize = 512;
/// The descriptors that stay free for everything else.
#[cfg(unix)]
const SPARED: usize = 32;
/// The descriptors of one connection: its socket, and one for its name's lookup or its second address.
#[cfg(unix)]
const OF_A_CONNECTION: usize = 2;

/// Returns the number of connections that fit into the process's limit of open files, at most [`MOST`].
#[cfg(unix)]
pub(crate) fn most_connections() -> usize {
    let free = free_descriptors().unwrap_or(usize::MAX);
    (free.saturating_sub(SPARED) / OF_A_CONNECTION).clamp(1, MOST)
}

/// Returns the number of connections that fit into the process's limit of open files.
#[cfg(not(unix))]
pub(crate) const fn most_connections() -> usize {
    MOST
}

/// Makes sure that this many connections can stay open together. It raises the process's own limit of open files as far as
/// the system allows.
///
/// # Errors
/// The number of connections that can stay open, if they are fewer.
#[cfg(unix)]
pub fn reserve_connections(count: usize) -> Result<(), usize> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let room = || free_descriptors().map_or(usize::MAX, |free| free.saturating_sub(SPARED));
    if room() < count {
        let limit = getrlimit(Resource::Nofile);
        if let Err(error) =
            setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit })
        {
            tracing::debug!(%error, "the limit of open files stays");
        }
    }
    if room() < count { Err(room()) } else { Ok(()) }
}

/// Makes sure that this many connections can stay open together.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub const fn reserve_connections(_count: usize) -> Result<(), usize> {
    Ok(())
}

/// Returns the number of descriptors that the process can still open; `None` without a limit.
#[cfg(unix)]
pub(crate) fn free_descriptors() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    let limit = usize::try_from(getrlimit(Resource::Nofile).current?).ok()?;
    // Entries of the folder of this process's descriptors; a system without it has a few.
    let open = std::fs::read_dir("/dev/fd").map_or(SPARED, Iterator::count);
    Some(limit.saturating_sub(open))
}
