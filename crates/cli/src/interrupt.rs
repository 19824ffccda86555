//! [`Interrupts`]: Ctrl-C, and the other signals that ask a command to stop.
//!
//! This module does not use tokio's signals. If a crate of the workspace enabled them, every runtime would keep a file
//! open for them. The runtimes of the C library would, too, and its host programs may close files that they did not
//! open. On Windows, `interrupt/console.rs` takes their place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::net::UnixStream;

use crate::failure::Failure;

/// A listener for signals. Before [`Interrupts::listen`], and after the listener is dropped, a signal ends the process at
/// once.
#[derive(Debug)]
pub(crate) struct Interrupts {
    signals: [(i32, UnixStream); 3],
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupt {
    signal: i32,
}

impl Interrupts {
    /// Listens for SIGINT, SIGTERM and SIGHUP.
    pub(crate) fn listen() -> Result<Interrupts, Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        outlives_terminal();
        let on = |signal| registered(signal).map(|stream| (signal, stream));
        let failed = |error| Failure::failed(format!("cannot listen for Ctrl-C: {error}"));
        let [interrupt, terminate, hangup] =
            [SIGINT, SIGTERM, SIGHUP].map(|signal| on(signal).map_err(failed));
        let signals = [interrupt?, terminate?, hangup?];
        // Only now: a signal before this is for the listener, or ends the process. None is lost.
        ends_process().store(false, Ordering::SeqCst);
        Ok(Interrupts { signals })
    }

    /// Waits for a signal. `None` is SIGHUP, which asks a server to read its files again.
    pub(crate) async fn wait_or_hangup(&mut self) -> Option<Interrupt> {
        let interrupt = self.any().await;
        Some(interrupt).filter(|interrupt| interrupt.signal != signal_hook::consts::SIGHUP)
    }

    /// Waits for a signal that asks the command to stop: not for SIGHUP if `nohup` started this process.
    pub(crate) async fn wait(&mut self) -> Interrupt {
        loop {
            let interrupt = self.any().await;
            if interrupt.signal != signal_hook::consts::SIGHUP || !outlives_terminal() {
                return interrupt;
            }
        }
    }

    async fn any(&mut self) -> Interrupt {
        let [interrupt, terminate, hangup] = &self.signals;
        let signal = tokio::select! {
            () = arrived(&interrupt.1) => interrupt.0,
            () = arrived(&terminate.1) => terminate.0,
            () = arrived(&hangup.1) => hangup.0,
        };
        Interrupt { signal }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        ends_process().store(true, Ordering::SeqCst);
    }
}

/// Asks a question, at which a signal ends the process at once, also while a listener exists: nobody would take the signal
/// from it before the answer.
pub(crate) fn at_question<T>(ask: impl FnOnce() -> T) -> T {
    let before = ends_process().swap(true, Ordering::SeqCst);
    let answer = ask();
    ends_process().store(before, Ordering::SeqCst);
    answer
}

/// Returns whether a signal ends the process at once. The first call registers the signals: nobody can take a handler back,
/// and without this one a signal would do nothing after the listener is dropped, such as Ctrl-C at a question.
fn ends_process() -> &'static Arc<AtomicBool> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    static ENDS_PROCESS: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    ENDS_PROCESS.get_or_init(|| {
        let ends = Arc::new(AtomicBool::new(true));
        let hangup = Some(SIGHUP).filter(|_| !outlives_terminal());
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
            let registered = signal_hook::flag::register_conditional_default(signal, Arc::clone(&ends));
            if let Err(error) = registered {
                tracing::debug!(%error, "a signal after the wait");
            }
        }
        ends
    })
}

/// Returns whether this process was started with SIGHUP ignored, as `nohup` does: it then goes on after its terminal. The
/// first call must be before the signal is registered. Only Linux tells.
fn outlives_terminal() -> bool {
    static OUTLIVES: OnceLock<bool> = OnceLock::new();
    *OUTLIVES.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        ignored & 1 << (signal_hook::consts::SIGHUP - 1) != 0
    })
}

/// Returns a stream that becomes readable when the signal arrives.
fn registered(signal: i32) -> std::io::Result<UnixStream> {
    let (reader, writer) = std::os::unix::net::UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, writer)?;
    UnixStream::from_std(reader)
}

async fn arrived(stream: &UnixStream) {
    // `readable` can return although there is nothing to read.
    while stream.readable().await.is_ok() {
        if stream.try_read(&mut [0; 16]).is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

impl Interrupt {
    /// Ends this process by the signal. A shell's loop over servers then ends, too; after an exit status it would
    /// continue with the next server.
    pub(crate) fn end_process(self) {
        netsession_config::kill_password_commands();
        if let Err(error) = signal_hook::low_level::emulate_default_handler(self.signal) {
            tracing::debug!(%error, "ending the process by a signal");
        }
    }
}

/// A listener for SIGTSTP, by which a shell or another program suspends this one.
#[derive(Debug)]
pub(crate) struct Suspends {
    stream: UnixStream,
}

impl Suspends {
    /// Listens. From now on the signal no longer stops the process by itself.
    pub(crate) fn listen() -> Result<Suspends, Failure> {
        let stream = registered(signal_hook::consts::SIGTSTP);
        let failed = |error| Failure::failed(format!("cannot listen for the suspend signal: {error}"));
        Ok(Suspends { stream: stream.map_err(failed)? })
    }

    /// Waits for the signal.
    pub(crate) async fn wait(&mut self) {
        arrived(&self.stream).await;
    }
}
