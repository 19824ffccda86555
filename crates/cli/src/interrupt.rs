//! Ctrl-C, and the other ways in which somebody asks a command to stop.
//!
//! Not by tokio's signals: with them in the workspace every runtime of it would need a file that is made once, also
//! those of the C library, in programs that close files that are not theirs.

use crate::failure::Failure;

/// What is listened for, from [`Interrupts::listen`] on: until then the system ends the process.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: [(i32, tokio::net::UnixStream); 3],
}

/// One that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    signal: i32,
}

#[cfg(unix)]
impl Interrupts {
    pub(crate) fn listen() -> Result<Interrupts, Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let on = |signal| told_of(signal).map(|told| (signal, told));
        let refused = |error| Failure::failed(format!("cannot watch for Ctrl-C: {error}"));
        let [interrupt, terminate, hangup] =
            [SIGINT, SIGTERM, SIGHUP].map(|signal| on(signal).map_err(refused));
        Ok(Interrupts { signals: [interrupt?, terminate?, hangup?] })
    }

    pub(crate) async fn wait(&mut self) -> Interrupt {
        let [interrupt, terminate, hangup] = &self.signals;
        let signal = tokio::select! {
            () = came(&interrupt.1) => interrupt.0,
            () = came(&terminate.1) => terminate.0,
            () = came(&hangup.1) => hangup.0,
        };
        Interrupt { signal }
    }
}

/// Something that can be read once the signal has come.
#[cfg(unix)]
fn told_of(signal: i32) -> std::io::Result<tokio::net::UnixStream> {
    let (told, teller) = std::os::unix::net::UnixStream::pair()?;
    told.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, teller)?;
    tokio::net::UnixStream::from_std(told)
}

#[cfg(unix)]
async fn came(told: &tokio::net::UnixStream) {
    // It can be said to be readable when it is not.
    while told.readable().await.is_ok() {
        if told.try_read(&mut [0; 16]).is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

#[cfg(unix)]
impl Interrupt {
    /// Ends this process as it would have ended had nobody listened: a shell's loop over servers then ends too, where an
    /// exit status would take it on to the next one.
    pub(crate) fn carry_out(self) {
        if let Err(error) = signal_hook::low_level::emulate_default_handler(self.signal) {
            tracing::debug!(%error, "ending by a signal");
        }
    }
}

#[cfg(not(unix))]
impl Interrupts {
    pub(crate) fn listen() -> Result<Interrupts, Failure> {
        Ok(Interrupts {})
    }

    pub(crate) async fn wait(&mut self) -> Interrupt {
        let _ = tokio::signal::ctrl_c().await;
        Interrupt {}
    }
}

#[cfg(not(unix))]
impl Interrupt {
    pub(crate) fn carry_out(self) {}
}
