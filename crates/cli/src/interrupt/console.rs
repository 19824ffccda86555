//! [`Interrupts`] on Windows: Ctrl-C, Ctrl-Break, a console that closes, and a system that shuts down.
//!
//! A thread of its own waits for them from the first [`Interrupts::listen`] on, because nobody can take the handler back: while there is
//! no listener, and at a question, it ends the process as Windows itself would.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Builder;
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use tokio::sync::watch;

use crate::failure::Failure;

/// `STATUS_CONTROL_C_EXIT`: a batch file then asks whether it shall go on.
const CONTROL_C_EXIT: i32 = 0xc000_013a_u32.cast_signed();

/// Whether an interrupt ends the process at once.
static ENDS_PROCESS: AtomicBool = AtomicBool::new(true);

/// Whether the service control manager waits for the end of the command, and not for that of the process.
static IS_SERVICE: AtomicBool = AtomicBool::new(false);

/// Where an interrupt from elsewhere goes.
static SENDER: OnceLock<watch::Sender<()>> = OnceLock::new();

/// A listener for interrupts. Before [`Interrupts::listen`], and after the listener is dropped, one ends the process at once.
#[derive(Debug)]
pub(crate) struct Interrupts {
    arrived: watch::Receiver<()>,
}

/// An interrupt that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupt;

impl Interrupts {
    /// Listens.
    pub(crate) fn listen() -> Result<Interrupts, Failure> {
        static ARRIVED: OnceLock<Result<watch::Receiver<()>, String>> = OnceLock::new();
        let arrived = ARRIVED.get_or_init(|| registered().map_err(|error| error.to_string()));
        let failed = |error| Failure::failed(format!("cannot listen for Ctrl-C: {error}"));
        let mut arrived = arrived.clone().map_err(failed)?;
        arrived.mark_unchanged();
        ENDS_PROCESS.store(false, Ordering::SeqCst);
        Ok(Interrupts { arrived })
    }

    /// Waits for an interrupt. Windows has no signal that asks a server to read its files again.
    pub(crate) async fn wait_or_hangup(&mut self) -> Option<Interrupt> {
        Some(self.wait().await)
    }

    /// Waits for an interrupt.
    pub(crate) async fn wait(&mut self) -> Interrupt {
        if self.arrived.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        Interrupt
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        ENDS_PROCESS.store(true, Ordering::SeqCst);
    }
}

/// Asks a question, at which an interrupt ends the process at once, also while a listener exists: nobody would take it from the listener
/// before the answer.
pub(crate) fn at_question<T>(ask: impl FnOnce() -> T) -> T {
    let before = ENDS_PROCESS.swap(true, Ordering::SeqCst);
    let answer = ask();
    ENDS_PROCESS.store(before, Ordering::SeqCst);
    answer
}

/// Interrupts this process as Ctrl-C does.
pub(crate) fn stop() {
    if ENDS_PROCESS.load(Ordering::SeqCst) {
        Interrupt.end_process();
    }
    if let Some(sender) = SENDER.get() {
        sender.send_replace(());
    }
}

/// Says that this process is a service: an interrupt ends its command, which then reports its end.
pub(crate) fn run_in_service() {
    IS_SERVICE.store(true, Ordering::SeqCst);
}

/// Starts the thread, and returns what changes with each interrupt.
fn registered() -> io::Result<watch::Receiver<()>> {
    let (mut key, mut other_key) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
    let runtime = Builder::new_current_thread().build()?;
    let (sender, receiver) = watch::channel(());
    SENDER.get_or_init(|| sender);
    let wait = async move {
        loop {
            tokio::select! {
                _ = key.recv() => {}
                _ = other_key.recv() => {}
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
            }
            stop();
        }
    };
    let thread = std::thread::Builder::new().name("interrupts".to_owned());
    thread.spawn(move || runtime.block_on(wait))?;
    Ok(receiver)
}

impl Interrupt {
    /// Ends this process with the status of Ctrl-C. Does nothing in a service: for the service control manager it would have crashed.
    pub(crate) fn end_process(self) {
        if !IS_SERVICE.load(Ordering::SeqCst) {
            std::process::exit(CONTROL_C_EXIT);
        }
    }
}

/// A listener for the signal that suspends a program, which Windows does not have.
#[derive(Debug)]
pub(crate) struct Suspends;

impl Suspends {
    /// Does nothing.
    pub(crate) fn listen() -> Result<Suspends, Failure> {
        Ok(Suspends)
    }

    /// Waits for ever.
    pub(crate) async fn wait(&mut self) {
        std::future::pending().await
    }
}
