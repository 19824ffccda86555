//! The operations, one file each. A file has the stem that its operation has in every layer, and all that this layer knows of
//! the operation: how the library calls it, and its methods of `Raw` and `Server`. `netsession-srvs` knows which operations
//! there are: where a file is missing here, this crate does not compile.

use std::time::Duration;

mod pages;
pub(crate) mod session_get_info;
mod share_path;
#[cfg(test)]
mod tests;

macro_rules! module {
    // Only servers know it, for the clients of other vendors.
    (share_enum_sticky) => {};
    ($stem:ident) => {
        pub(crate) mod $stem;
    };
}

macro_rules! modules {
    ($($stem:ident)*) => { $(module!($stem);)* };
}

netsession_srvs::operations!(modules);

/// Turns a server's seconds into a duration. None if no session can have lasted so long: most often a difference
/// underflowed.
pub(crate) fn plausible(seconds: u32) -> Option<Duration> {
    const LONGEST: u32 = u32::MAX / 2;
    (seconds < LONGEST).then(|| Duration::from_secs(seconds.into()))
}
