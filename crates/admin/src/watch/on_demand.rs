//! [`OnDemand`]: servers that a program lists when somebody asks, over connections that stay open meanwhile.

use std::fmt;
use std::sync::Arc;

use netsession::Server;
use tokio::sync::{Mutex, Semaphore};

use super::logon_gate::{GateKey, LogonGate};
use super::{WatchOptions, gate_key};
use crate::{Error, SilentNode, Target};

/// Servers that a program lists when somebody asks, for days.
///
/// A connection stays open between two listings. A login that a server has refused never goes to any of the servers again: a
/// program that asks every few seconds would lock the account.
///
/// ```no_run
/// use netsession_admin::{OnDemand, Target, WatchOptions};
///
/// # async fn example(targets: Vec<Target>) -> Result<(), netsession_admin::Error> {
/// let servers = OnDemand::new(targets, WatchOptions::default());
/// for server in servers.iter() {
///     let sessions = server.list(async |connection| connection.sessions().await).await?;
///     println!("{}: {}", server.target().name(), sessions.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct OnDemand {
    servers: Vec<OnDemandServer>,
}

impl fmt::Debug for OnDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDemand").field("servers", &self.servers.len()).finish()
    }
}

/// One of the servers of [`OnDemand`].
pub struct OnDemandServer {
    target: Target,
    key: GateKey,
    gate: Arc<LogonGate>,
    /// The places of the servers whose connections do not stay open.
    turns: Option<Arc<Semaphore>>,
    connection: Mutex<Option<Server>>,
    silent: Mutex<Vec<SilentNode>>,
}

impl fmt::Debug for OnDemandServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDemandServer").field("target", &self.target).finish_non_exhaustive()
    }
}

impl OnDemand {
    /// Prepares the servers. It connects to none of them. The interval of the options has no meaning here.
    #[must_use]
    pub fn new(targets: Vec<Target>, options: WatchOptions) -> Self {
        let gate = Arc::new(LogonGate::default());
        let turns = Arc::new(Semaphore::new(options.at_once.max(1)));
        let servers = targets.into_iter().enumerate().map(|(index, target)| OnDemandServer {
            key: gate_key(&target),
            target,
            gate: Arc::clone(&gate),
            turns: (index >= options.kept).then(|| Arc::clone(&turns)),
            connection: Mutex::default(),
            silent: Mutex::default(),
        });
        Self { servers: servers.collect() }
    }

    /// Returns the servers, in the order of the targets.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &OnDemandServer> {
        self.servers.iter()
    }
}

impl OnDemandServer {
    /// Returns the target.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Runs `list`, which only reads, over the kept connection or over a new one. A second call waits for the first. Dropping
    /// the future closes the connection.
    ///
    /// # Errors
    /// [`Error::NotTried`] if a server has refused the login before, [`Error::LockedOut`] if it has locked the account out lately; those of [`Target::connect`] and of `list`.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled.
    pub async fn list<T>(
        &self,
        list: impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        let mut kept = self.connection.lock().await;
        let _turn = match &self.turns {
            // The semaphore is never closed.
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        // A connection that broke would log on again by itself, without the gate.
        let mut server = match kept.take().filter(Server::is_open) {
            Some(server) => server,
            None => self.log_on().await?,
        };
        let result = self.target.list_again(&mut server, &self.silent, list).await;
        if result.is_err() {
            self.gate.set_result(&self.key, self.target.name(), &result);
        }
        if self.turns.is_some() {
            close(server).await;
        } else {
            *kept = Some(server);
        }
        result
    }

    /// Returns the nodes of a cluster that did not answer at the last listing.
    pub async fn silent(&self) -> Vec<SilentNode> {
        self.silent.lock().await.clone()
    }

    /// Logs off and disconnects.
    pub async fn close(&self) {
        if let Some(server) = self.connection.lock().await.take() {
            close(server).await;
        }
    }

    async fn log_on(&self) -> Result<Server, Error> {
        let login = self.target.login().to_string();
        let _pass = self.gate.pass(&self.key, self.target.name(), &login).await?;
        let result = self.target.connect().await;
        self.gate.set_result(&self.key, self.target.name(), &result);
        result
    }
}

/// Logs off. It ignores an error, because the caller has its answer.
async fn close(server: Server) {
    if let Err(error) = server.close().await {
        tracing::debug!(%error, "closing the connection");
    }
}
