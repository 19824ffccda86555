//! A running server: [`Server`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use crate::folder::Folder;
use crate::net::Stop;
use crate::state::{CloseReason, EndReason, Event, Open, Session, Share, State};

/// A running server.
///
/// Its methods may be called from any thread. A dropped `Server` keeps running until its runtime shuts down; [`Server::stop`]
/// stops it.
///
/// ```
/// use netsession_server::{Account, Folder, Server};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let shared = tempfile::tempdir()?;
/// let server = Server::builder()
///     .listen(([127, 0, 0, 1], 0).into())
///     .account(Account::with_password("alice", "a long password"))
///     .folder(Folder::new("data", shared.path()))
///     .start()?;
/// assert!(server.sessions().is_empty());
/// for session in server.sessions() {
///     println!("{} from {}", session.user(), session.client());
///     server.end_session(&session);
/// }
/// server.stop().await;
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    state: Arc<State>,
    addresses: Vec<SocketAddr>,
    /// The folders of the last configuration. Holding the lock, a program changes the configuration.
    pub(crate) folders: Mutex<Vec<Folder>>,
    stop: Stop,
    listeners: Vec<JoinHandle<()>>,
}

impl Server {
    pub(crate) const fn new(
        state: Arc<State>,
        addresses: Vec<SocketAddr>,
        folders: Vec<Folder>,
        stop: Stop,
        listeners: Vec<JoinHandle<()>>,
    ) -> Self {
        Self { state, addresses, folders: Mutex::new(folders), stop, listeners }
    }

    pub(crate) const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Returns the addresses that the server listens on, in the order of [`Builder::listen`](crate::Builder::listen), with the actual port in place
    /// of port 0.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Calls `subscriber` for each event from now on, on the thread where the event happens: it must not block.
    pub fn on_event(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.state.subscribe(subscriber);
    }

    /// Returns every session, the oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.state.sessions()
    }

    /// Returns how many sessions there are.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.state.session_count()
    }

    /// Returns every open file, folder and pipe of every session.
    #[must_use]
    pub fn opens(&self) -> Vec<Arc<Open>> {
        self.state.opens()
    }

    /// Returns every share, `IPC$` included.
    #[must_use]
    pub fn shares(&self) -> Vec<Arc<Share>> {
        self.state.shares()
    }

    /// Ends a session. When this returns, the server has closed its opens, released its locks and disconnected its tree
    /// connections. Returns whether the session had not ended before.
    pub fn end_session(&self, session: &Session) -> bool {
        self.state.end(session.id, EndReason::EndedBy(None))
    }

    /// Closes an open of any session. The client's next use of it fails with STATUS_FILE_CLOSED. Returns whether it was
    /// still open.
    pub fn close(&self, open: &Open) -> bool {
        self.state.close(open.number, CloseReason::ClosedBy(None))
    }

    /// Stops the server. When this returns, every connection is closed and every session has ended.
    pub async fn stop(self) {
        self.stop.stop();
        for listener in self.listeners {
            // A listener that panicked has stopped as well.
            let _ = listener.await;
        }
        self.state.close_all_lost();
    }
}
