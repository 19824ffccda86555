//! [`is_ending`] detects a call from a thread whose thread-local values are gone.
//!
//! A program can call from a function that it registered with `atexit`, or from a destructor of a thread. The runtime of a
//! connection needs its thread-local values then, and panics without them.

use tokio::runtime::Handle;

/// Tells whether the thread-local values of this thread are destroyed, or being destroyed.
pub(crate) fn is_ending() -> bool {
    // In the thread's first call this also creates the runtime's value. It then outlives all that the program creates later.
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}
