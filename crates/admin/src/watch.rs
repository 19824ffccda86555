//! [`watch()`] lists from many servers again and again over connections that it keeps, and returns a stream of
//! [`Update`]s. [`LastListings`] compares the listings.

mod last_listings;
mod logon_gate;
mod on_demand;
mod schedule;
mod silent_nodes;
mod site;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, LocalBoxStream, SelectAll};
use netsession::Server;
use tokio::sync::{Mutex, Semaphore};

pub use last_listings::{LastListings, Listed, QueryTimes, RowEvent};
pub use on_demand::{OnDemand, OnDemandServer};
pub use silent_nodes::{NodeEvent, SilentNodes};

use crate::open_files::most_connections;
use crate::{Error, SilentNode, Target};
pub(crate) use logon_gate::{
    GateKey, LOCKED_OUT, LogonGate, is_locked_out, is_login_refused, is_refused_for_good,
};
use schedule::Schedule;
use site::{Connect, Site};

/// How often to list, and how many connections to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// The time from one listing of a server to the next. The servers take turns within it.
    pub interval: Duration,
    /// The longest pause between attempts at a server that does not answer.
    pub longest_pause: Duration,
    /// The number of servers whose connections stay open between listings. The other servers are connected for each
    /// listing.
    pub kept: usize,
    /// The number of those other servers that are connected at once.
    pub at_once: usize,
}

impl Default for WatchOptions {
    fn default() -> Self {
        let most = most_connections();
        Self {
            interval: Duration::from_secs(2),
            longest_pause: Duration::from_secs(60),
            kept: 256.min(most - most / 4),
            at_once: 64.min(most / 4).max(1),
        }
    }
}

/// One listing of one server, or why there is none.
#[derive(Debug)]
pub struct Update<L> {
    /// The server's place in the list of targets.
    pub server: usize,
    /// When the listing began, and when the server answered or failed.
    pub asked: QueryTimes,
    /// What the server listed.
    pub result: Result<L, Down>,
    /// The nodes of a cluster that do not answer, so that the listing lacks what they serve.
    pub silent: Vec<SilentNode>,
}

/// Why a server did not list.
#[derive(Debug)]
pub struct Down {
    /// The reason.
    pub error: Error,
    /// The time until the next attempt. `None` if this layer does not try again, because the login was refused: many
    /// wrong attempts would lock the account.
    pub retry: Option<Duration>,
}

/// The reason, and when the next attempt is if that is long.
impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        match self.retry {
            Some(retry) if retry >= LOCKED_OUT && is_locked_out(&self.error) => {
                write!(f, "; the next attempt is in {} min", retry.as_secs().div_ceil(60))
            }
            _ => Ok(()),
        }
    }
}

/// The updates of [`watch()`]. Dropping it closes every connection.
pub struct Watch<'a, L> {
    servers: SelectAll<LocalBoxStream<'a, Update<L>>>,
    unanswered: Unanswered,
}

/// Since when each server owes an answer.
type Unanswered = Rc<[Cell<Option<std::time::Instant>>]>;

impl<L> fmt::Debug for Watch<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("servers", &self.servers.len()).finish()
    }
}

impl<L> Watch<'_, L> {
    /// Returns the next update; `None` after no server is left that could be tried again.
    ///
    /// You can drop this future and call again: nothing is lost.
    pub async fn next(&mut self) -> Option<Update<L>> {
        self.servers.next().await
    }

    /// Returns since when this layer waits for an answer of this server, of which no update has told yet. A server that
    /// hangs owes an answer long before its time limits call it down.
    #[must_use]
    pub fn unanswered_since(&self, server: usize) -> Option<std::time::Instant> {
        self.unanswered.get(server)?.get()
    }
}

/// Lists from every server each [`WatchOptions::interval`], by `list`, until the caller drops the stream.
///
/// At a cluster, a connection moves to another node if its own does not answer, and each listing probes every node.
///
/// Each server has its own connection and its own rhythm: a slow server delays no other one. If a server does not
/// answer, the next attempts follow after longer and longer pauses, up to [`WatchOptions::longest_pause`]. If a server
/// refuses the login, this layer never sends the login to that server again; nor to another server, if it is a login of
/// a domain.
///
/// The work runs on the caller's thread, and only while the caller polls the stream.
///
/// # Panics
/// Polling the stream panics outside of a tokio runtime with net and time enabled.
///
/// ```no_run
/// use netsession_admin::{Target, WatchOptions, watch};
///
/// # async fn example(targets: &[Target]) {
/// let list = async |server: &mut netsession::Server, _: &Target| server.sessions().await;
/// let mut updates = watch(targets, WatchOptions::default(), &list);
/// while let Some(update) = updates.next().await {
///     match update.result {
///         Ok(sessions) => println!("{}: {} sessions", targets[update.server].name(), sessions.len()),
///         Err(down) => println!("{}: {}", targets[update.server].name(), down.error),
///     }
/// }
/// # }
/// ```
pub fn watch<'a, L: 'a>(
    targets: &'a [Target],
    options: WatchOptions,
    list: &'a impl AsyncFn(&mut Server, &Target) -> Result<L, netsession::Error>,
) -> Watch<'a, L> {
    watch_paced(targets, options, list, None)
}

/// How long to wait between the listings of a target from now on.
pub(crate) type Pace<'a> = &'a dyn Fn(&Target) -> Duration;

/// Does the same, and asks `pace` after each listing how long to wait for the next one.
pub(crate) fn watch_paced<'a, L: 'a>(
    targets: &'a [Target],
    options: WatchOptions,
    list: &'a impl AsyncFn(&mut Server, &Target) -> Result<L, netsession::Error>,
    pace: Option<Pace<'a>>,
) -> Watch<'a, L> {
    watch_behind(targets, options, list, pace, &Arc::default())
}

/// Does the same with a gate that several watches share.
pub(crate) fn watch_behind<'a, L: 'a>(
    targets: &'a [Target],
    options: WatchOptions,
    list: &'a impl AsyncFn(&mut Server, &Target) -> Result<L, netsession::Error>,
    pace: Option<Pace<'a>>,
    gate: &Arc<LogonGate>,
) -> Watch<'a, L> {
    let connect = targets.iter().map(|target| TargetConnect { target, list, pace, silent: Mutex::default() });
    watch_all(connect.collect(), options, gate)
}

fn watch_all<'a, C: Connect + 'a>(
    connects: Vec<C>,
    options: WatchOptions,
    gate: &Arc<LogonGate>,
) -> Watch<'a, C::Listing> {
    let turns = Arc::new(Semaphore::new(options.at_once.max(1)));
    let count = connects.len();
    let unanswered: Unanswered = (0..count).map(|_| Cell::new(None)).collect();
    let sites = connects.into_iter().enumerate().map(|(index, connect)| {
        let schedule = Schedule::new(options.interval, index, count).pausing_at_most(options.longest_pause);
        let turns = (index >= options.kept).then(|| Arc::clone(&turns));
        Site::new(index, connect, schedule, Arc::clone(gate), turns, Rc::clone(&unanswered))
    });
    let servers = sites.map(|site| {
        stream::unfold(site, |mut site| async { site.next().await.map(|update| (update, site)) })
            .boxed_local()
    });
    Watch { servers: stream::select_all(servers), unanswered }
}

/// Connects to a target and lists by the caller's function.
struct TargetConnect<'a, F> {
    target: &'a Target,
    list: &'a F,
    pace: Option<Pace<'a>>,
    /// The nodes of a cluster that did not answer at the last listing.
    silent: Mutex<Vec<SilentNode>>,
}

impl<L, F: AsyncFn(&mut Server, &Target) -> Result<L, netsession::Error>> Connect for TargetConnect<'_, F> {
    type Connection = Server;
    type Listing = L;

    fn name(&self) -> &str {
        self.target.name()
    }

    fn place(&self) -> String {
        place(self.target)
    }

    fn login(&self) -> (String, bool) {
        let login = self.target.login();
        (login.to_string(), login.domain.is_some() || login.user.contains('@'))
    }

    async fn connect(&self) -> Result<Server, Error> {
        self.target.connect().await
    }

    fn interval(&self) -> Option<Duration> {
        self.pace.map(|pace| pace(self.target))
    }

    fn is_open(connection: &Server) -> bool {
        connection.is_open()
    }

    async fn list(&self, connection: &mut Server) -> Result<L, Error> {
        let list = async |server: &mut Server| (self.list)(server, self.target).await;
        self.target.list_again(connection, &self.silent, list).await
    }

    async fn silent(&self) -> Vec<SilentNode> {
        self.silent.lock().await.clone()
    }

    async fn close(connection: Server) {
        if let Err(error) = connection.close().await {
            tracing::debug!(%error, "closing the connection");
        }
    }
}

/// Returns the login of a target as a gate knows it.
pub(crate) fn gate_key(target: &Target) -> GateKey {
    let login = target.login();
    GateKey::new(&login.to_string(), login.domain.is_some() || login.user.contains('@'), place(target))
}

/// Returns where a target is: a server can have several names, and a cluster has several addresses.
pub(crate) fn place(target: &Target) -> String {
    let address = target.address();
    match target.is_cluster() {
        true => target.name().to_lowercase(),
        false => format!("{}:{}", address.host().to_lowercase(), address.port()),
    }
}

#[cfg(test)]
mod tests;
