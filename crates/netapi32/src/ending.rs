//! [`prepare`] creates a thread's values for a call, and detects that they are gone.
//!
//! A program can call from a function that it registered with `atexit`, or from a destructor of a thread. The runtime
//! of a connection needs its thread-local values then, and panics without them.

use std::cell::Cell;

use netsession::Win32Error;
use tokio::runtime::{Builder, Handle};

use crate::failure::Failure;
use crate::reserve;

thread_local! {
    /// Whether this thread has all values. It has no destructor, so it outlives them.
    static IS_PREPARED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the thread-local values of this thread are destroyed, or being destroyed.
pub(crate) fn is_ending() -> bool {
    IS_PREPARED.get() && Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// Creates the values that a runtime has in each thread. They then outlive every value that the program creates later.
/// In later calls of the thread it only checks that they exist.
///
/// # Errors
/// `ERROR_NOT_READY` if the values are gone; [`Failure::Memory`] if the system has no memory for them, because glibc
/// ends the process if it cannot register a destructor.
pub(crate) fn prepare() -> Result<(), Failure> {
    if !IS_PREPARED.get() {
        if reserve::is_needed() {
            return Err(Failure::Memory);
        }
        // Both running and dropping a runtime create values.
        let runtime = Builder::new_current_thread().build().map_err(|_| Failure::Memory)?;
        runtime.block_on(async {});
        drop(runtime);
        IS_PREPARED.set(true);
    }
    if is_ending() {
        return Err(Failure::Argument { code: ERROR_NOT_READY, why: "the thread is ending" });
    }
    Ok(())
}

/// "The device is not ready."
const ERROR_NOT_READY: Win32Error = Win32Error(21);
