//! [`forbid`] keeps passwords and keys out of core dumps.

/// Makes the system write no core dump of this process. On Linux, other programs of the same user cannot read its memory
/// either. A failure is no reason to stop.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn forbid() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::debug!("the system can write core dumps of this process: {error}");
    }
}

/// Makes the system write no core dump of this process. A failure is no reason to stop.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let none = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::debug!("the system can write core dumps of this process: {error}");
    }
}

/// Windows writes none unless an administrator sets it up.
#[cfg(not(unix))]
pub(crate) const fn forbid() {}
