use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::{Error, SystemResource};

/// Waits for a future that needs no server, such as that of [`Selector::resolve`](crate::Selector::resolve).
///
/// ```
/// use netsession::{ConnectOptions, Selector, blocking};
///
/// let mut selector = Selector::Client("127.0.0.1".parse()?);
/// blocking::wait_for(selector.resolve(&ConnectOptions::default()))??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::System`] if the operating system refuses an event loop.
///
/// # Panics
/// In async code, which this function would block.
pub fn wait_for<W: Future>(work: W) -> Result<W::Output, Error> {
    Ok(runtime()?.block_on(work))
}

/// Makes a runtime on this thread. To look up a name the runtime starts another thread, which ends right afterwards.
pub(super) fn runtime() -> Result<Runtime, Error> {
    const KEEP_ALIVE: Duration = Duration::from_millis(1);
    let runtime = Builder::new_current_thread().enable_all().thread_keep_alive(KEEP_ALIVE).build();
    runtime.map_err(|cause| Error::System { resource: SystemResource::Runtime, cause })
}
