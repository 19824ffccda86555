//! Sockets: [`Listener`] accepts connections and serves each in a task of its own, within [`Limits`].

mod admission;
mod closing;
mod frame;
pub(crate) mod interfaces;
mod listen;
mod serve;
mod work;
mod workers;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::state::State;
use admission::Admissions;
pub(crate) use listen::listen;
pub(crate) use workers::Workers;

/// How long a connection waits before it checks again how much memory its user holds.
const WAIT: Duration = Duration::from_millis(100);

/// How much a server lets its clients take. An IPv6 network of 64 bits counts as one address.
///
/// ```
/// use std::time::Duration;
///
/// use netsession_server::{Limits, Server};
///
/// let limits = Limits { connections: 100, patience: Duration::from_secs(10), ..Limits::default() };
/// let builder = Server::builder().limits(limits);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Concurrent connections (8192). For a further client, the server closes the connection without a session that has been
    /// silent longest; if there is none, the client waits until a connection is closed.
    pub connections: usize,
    /// Concurrent connections from one address (4096). For a further one, the server closes the connection without a session
    /// that has been silent longest; if there is none, it closes the further one.
    pub connections_per_address: usize,
    /// Concurrent logons from one address with requests of more than 4 KiB (64); further ones wait for their turn. A client
    /// that keeps its turn for more than 5 seconds loses it if another one waits.
    pub logons_per_address: usize,
    /// How long a connection may take to send its first frame (5 seconds).
    pub first_frame: Duration,
    /// How long a connection may stay without a session, and how long a frame may take to arrive (45 seconds).
    pub patience: Duration,
    /// How long a client may read nothing while the server has data for it (60 seconds).
    pub slow_reader: Duration,
    /// How long a session may have no open and send no request before the server ends it; `None` (the default) is for ever.
    /// A client that wants to use it again can log on again, and common clients do so by themselves.
    pub idle_session: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            connections_per_address: 4096,
            logons_per_address: 64,
            first_frame: Duration::from_secs(5),
            patience: Duration::from_secs(45),
            slow_reader: Duration::from_secs(60),
            idle_session: None,
        }
    }
}

/// A listening socket of a server.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    state: Arc<State>,
    limits: Limits,
    workers: Arc<Workers>,
}

/// Stops a server: it closes its connections and ends their sessions.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Creates a switch that is off.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Stops every server that was started with it.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// Closes the opens whose clients do not come back in time, and those whose files others need, until `stop`.
pub(crate) async fn close_lost(state: Arc<State>, stop: Stop) {
    let mut stopped = stop.0.subscribe();
    loop {
        let due = state.durables.next_due();
        let wait = due.map(|due| due.saturating_sub(state.environment.uptime()));
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            () = state.durables.changed.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
        }
        state.close_due();
    }
}

/// Ends sessions that are idle for longer than `limit`, until `stop`. A session can last an eighth longer.
pub(crate) async fn end_idle(state: Arc<State>, limit: Duration, stop: Stop) {
    let mut stopped = stop.0.subscribe();
    let step = (limit / 8).clamp(Duration::from_millis(10), Duration::from_secs(15));
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(step) => state.end_idle(limit),
        }
    }
}

impl Listener {
    /// Takes a listening socket that does not block.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn new(
        socket: std::net::TcpListener,
        state: Arc<State>,
        limits: Limits,
        workers: Arc<Workers>,
    ) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::from_std(socket)?, state, limits, workers })
    }

    /// Serves clients until `stop`; every connection is closed when this returns.
    pub(crate) async fn run(self, stop: &Stop) {
        let mut stopped = stop.0.subscribe();
        let admissions = Admissions::new(self.limits);
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                accepted = async { admissions.room().await; self.socket.accept().await } => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((socket, peer)) => {
                    let Some(admission) = admissions.admit(peer.ip()) else {
                        tracing::info!(%peer, "refused: too many connections");
                        continue;
                    };
                    let (state, limits) = (Arc::clone(&self.state), self.limits);
                    let workers = Arc::clone(&self.workers);
                    let mut stopped = stop.0.subscribe();
                    let lost = admission.lost();
                    connections.spawn(async move {
                        tokio::select! {
                            _ = stopped.wait_for(|stop| *stop) => {}
                            () = lost => {}
                            () = serve::connection(socket, peer, admission, &state, limits, &workers) => {}
                        }
                    });
                }
                Err(error) => {
                    // Neither too many open files nor a disconnected client stops the server.
                    if is_full(&error) {
                        admissions.evict_oldest();
                    }
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
        // Work that a connection still does stops, and closes the connection.
        self.workers.idle().await;
    }
}

/// Returns whether the process or the system has no descriptor for another connection.
fn is_full(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    matches!(code, Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE))
}
