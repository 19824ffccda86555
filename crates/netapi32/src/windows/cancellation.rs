//! Windows cannot cancel a thread as POSIX does: there is nothing to delay.

/// Runs `work`.
pub(crate) fn without<T: Copy>(work: impl FnOnce() -> T) -> T {
    work()
}
