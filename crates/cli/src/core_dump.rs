//! [`forbid`] keeps passwords and keys out of core dumps.

/// Keeps the system from writing a core dump of this process. On Linux, it also keeps other programs of the same user
/// from reading its memory. If this fails, the command continues.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn forbid() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::debug!("the system can write core dumps of this process: {error}");
    }
}

/// Keeps the system from writing a core dump of this process. If this fails, the command continues.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let none = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::debug!("the system can write core dumps of this process: {error}");
    }
}

/// Does nothing: Windows writes core dumps only if an administrator enables them.
#[cfg(not(unix))]
pub(crate) const fn forbid() {}
