//! Ctrl-C, and the other ways in which somebody asks a command to stop.

use crate::failure::Failure;

/// What is listened for, from [`Interrupts::listen`] on: until then the system ends the process.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: [(i32, tokio::signal::unix::Signal); 3],
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
        use tokio::signal::unix::{SignalKind, signal};
        let on = |kind: SignalKind| match signal(kind) {
            Ok(signal) => Ok((kind.as_raw_value(), signal)),
            Err(error) => Err(Failure::failed(format!("cannot watch for Ctrl-C: {error}"))),
        };
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(on);
        Ok(Interrupts { signals: [interrupt?, terminate?, hangup?] })
    }

    pub(crate) async fn wait(&mut self) -> Interrupt {
        let [interrupt, terminate, hangup] = &mut self.signals;
        let signal = tokio::select! {
            _ = interrupt.1.recv() => interrupt.0,
            _ = terminate.1.recv() => terminate.0,
            _ = hangup.1.recv() => hangup.0,
        };
        Interrupt { signal }
    }
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
