//! [`Gate`]: the point of a proxy where messages of the client wait until the test opens it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};

/// Lets a number of bytes pass, then blocks until [`Gate::open`]. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    left: u64,
    reached: bool,
    open: bool,
}

impl Gate {
    /// A gate that closes after `bytes` bytes.
    #[must_use]
    pub fn after(bytes: u64) -> Self {
        Self(Arc::new((Mutex::new(State { left: bytes, reached: false, open: false }), Condvar::new())))
    }

    /// Opens the gate for all further messages.
    pub fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        changed.notify_all();
    }

    /// Waits until a message waits at the closed gate.
    ///
    /// # Errors
    /// No message arrives within `limit`.
    pub fn wait_reached(&self, limit: Duration) -> Result<()> {
        let (state, changed) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = changed
            .wait_timeout_while(state, limit, |state| !state.reached)
            .unwrap_or_else(PoisonError::into_inner);
        ensure!(state.reached, "nothing came to the gate within {limit:?}");
        Ok(())
    }

    /// Passes with `bytes` bytes, or waits until the gate opens.
    pub(super) fn pass(&self, bytes: usize) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.left.checked_sub(bytes as u64) {
            Some(left) => state.left = left,
            None => {
                state.reached = true;
                changed.notify_all();
                let _open = changed.wait_while(state, |state| !state.open);
            }
        }
    }
}
