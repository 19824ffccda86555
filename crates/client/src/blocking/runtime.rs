use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::{Error, SystemResource};

/// Carries out async work that needs no server, such as [`Selector::resolve`](crate::Selector::resolve).
///
/// # Errors
/// [`Error::System`].
pub fn wait_for<W: Future>(work: W) -> Result<W::Output, Error> {
    Ok(runtime()?.block_on(work))
}

/// Makes a runtime on this thread. Looking up a name needs another thread, which ends right afterwards.
pub(super) fn runtime() -> Result<Runtime, Error> {
    const AT_ONCE: Duration = Duration::from_millis(1);
    let runtime = Builder::new_current_thread().enable_all().thread_keep_alive(AT_ONCE).build();
    runtime.map_err(|cause| Error::System { resource: SystemResource::Runtime, cause })
}
