//! Functions that start the event loop. Each command starts exactly one.

use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;

/// Runs `future` to its end on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = built(&mut Builder::new_current_thread())?;
    let result = runtime.block_on(future);
    // Does not wait for a name lookup of the system that takes longer than its time limit.
    runtime.shutdown_background();
    Ok(result)
}

/// Makes a runtime of several threads, for a server.
pub(crate) fn multi_threaded() -> Result<Runtime, Failure> {
    built(&mut Builder::new_multi_thread())
}

fn built(builder: &mut Builder) -> Result<Runtime, Failure> {
    let failed = |error| Failure::failed(format!("cannot start an event loop: {error}"));
    builder.enable_all().build().map_err(failed)
}
