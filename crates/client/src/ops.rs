//! The operations, one file each. A file has the stem that its operation has in every layer. It contains how the
//! library calls the operation, and its methods of `Raw` and `Server`. `netsession-srvs` has the list of operations:
//! without a file for one of them, this crate does not compile.

use std::time::Duration;

mod dfs_referral;
mod has_path;
mod pages;
mod samr;
pub(crate) mod session_get_info;
mod share_path;
#[cfg(test)]
mod tests;
mod wkssvc;

macro_rules! module {
    // Only servers implement these operations, for other vendors' clients.
    (name_compare) => {};
    (name_validate) => {};
    (server_alias_enum) => {};
    (share_del_commit) => {};
    (share_del_start) => {};
    (share_enum_sticky) => {};
    ($stem:ident) => {
        pub(crate) mod $stem;
    };
}

macro_rules! modules {
    ($($stem:ident)*) => { $(module!($stem);)* };
}

netsession_srvs::operations!(modules);

/// Turns a server's seconds into a duration. None if no session can have lasted so long: most often the server
/// subtracted a later time from an earlier one.
pub(crate) fn plausible(seconds: u32) -> Option<Duration> {
    const LONGEST: u32 = u32::MAX / 2;
    (seconds < LONGEST).then(|| Duration::from_secs(seconds.into()))
}
