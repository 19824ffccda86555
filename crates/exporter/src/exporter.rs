//! [`Exporter`] reads each of its servers for a scrape.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use netsession_admin::{Error, Limits, OnDemand, OnDemandServer, Outcome, Target, WatchOptions, ask_many};
use netsession_journal::Timestamp;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout_at};

use crate::changes::Counted;
use crate::reading::{Listing, Reading};
use crate::{Changes, Options};

/// A reading that several scrapes wait for.
type Running = Shared<LocalBoxFuture<'static, Rc<Reading>>>;

/// How long a reading may take, however long a scrape waits for it.
const READING: Duration = Duration::from_secs(120);

/// The servers of an exporter. It stays on one thread, in a [`LocalSet`](tokio::task::LocalSet).
pub struct Exporter {
    servers: Rc<OnDemand>,
    options: Options,
    changes: Option<Arc<Changes>>,
    /// The reading of each server that is under way.
    running: RefCell<Vec<Option<Running>>>,
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("servers", &self.servers).finish_non_exhaustive()
    }
}

/// What a scrape found.
#[derive(Debug)]
pub(crate) struct Scrape {
    /// The readings, by the names of the servers.
    pub(crate) readings: Vec<(String, Rc<Reading>)>,
    /// What the journal counts. None without a journal.
    pub(crate) changes: Option<Counted>,
    /// The time of the whole scrape.
    pub(crate) took: Duration,
    /// Until when the certificate of the exporter is valid.
    pub(crate) certificate_expires: Option<Timestamp>,
}

impl Exporter {
    /// Prepares the servers. It connects to none of them before the first scrape.
    #[must_use]
    pub fn new(targets: Vec<Target>, options: Options) -> Self {
        let running = RefCell::new(targets.iter().map(|_| None).collect());
        let servers = Rc::new(OnDemand::new(targets, WatchOptions::default()));
        Self { servers, options, changes: None, running }
    }

    /// Also counts the changes of a journal.
    #[must_use]
    pub fn counting(self, changes: Changes) -> Self {
        Self { changes: Some(Arc::new(changes)), ..self }
    }

    /// Logs off at every server.
    pub async fn close(&self) {
        let closing = self.servers.iter().map(OnDemandServer::close);
        futures_util::future::join_all(closing).await;
    }

    /// Returns the place of a server, by its name or by its address. None if it is no server of this exporter.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.servers.iter().position(|server| {
            let target = server.target();
            let address = target.address().to_string();
            [target.name(), &address].iter().any(|it| it.eq_ignore_ascii_case(name))
        })
    }

    /// Reads every server, or one, and returns what there is at the deadline.
    pub(crate) async fn scrape(&self, only: Option<usize>, deadline: Instant) -> Scrape {
        let begun = Instant::now();
        let all = || 0..self.servers.iter().len();
        let wanted = only.map_or_else(all, |index| index..index.saturating_add(1));
        let limits =
            Limits { deadline: Some(deadline.saturating_duration_since(begun)), ..Limits::default() };
        let answers = ask_many(wanted.map(|index| (index, index)), limits, |index| self.read(index));
        let changes = async {
            match (&self.changes, only) {
                (Some(changes), None) => Some(Changes::count(Arc::clone(changes), deadline).await),
                _ => None,
            }
        };
        let stop = tokio::time::sleep_until(deadline);
        let ((answers, _), changes) = futures_util::future::join(answers.in_order_until(stop), changes).await;
        let took = begun.elapsed();
        let readings = answers.into_iter().filter_map(|answer| {
            let name = self.servers.iter().nth(answer.target)?.target().name().to_owned();
            let reading = match answer.outcome {
                Outcome::Answered(reading) => reading?,
                _ => Rc::new(Reading::failed(
                    took,
                    &Error::DeadlinePassed { server: name.clone(), after: took },
                )),
            };
            Some((name, reading))
        });
        Scrape { readings: readings.collect(), changes, took, certificate_expires: None }
    }

    /// Reads a server, or waits for the reading that is under way.
    async fn read(&self, index: usize) -> Option<Rc<Reading>> {
        let running = {
            let mut all = self.running.borrow_mut();
            let slot = all.get_mut(index)?;
            let running = slot.take().filter(|running| running.peek().is_none());
            let running = running.unwrap_or_else(|| self.start(index));
            slot.insert(running).clone()
        };
        Some(running.await)
    }

    /// Starts to read a server, in a task of its own that continues if the client hangs up, or does not wait for it: other scrapes
    /// wait for the same reading.
    fn start(&self, index: usize) -> Running {
        let deadline = Instant::now() + READING;
        let (servers, options) = (Rc::clone(&self.servers), self.options);
        let task = spawn_local(async move {
            match servers.iter().nth(index) {
                Some(server) => Rc::new(reading(server, options, deadline).await),
                None => lost(),
            }
        });
        task.map(|reading| reading.unwrap_or_else(|_| lost())).boxed_local().shared()
    }
}

/// Returns the reading of a task that panicked.
fn lost() -> Rc<Reading> {
    Rc::new(Reading::failed(Duration::ZERO, &Error::Panicked { server: String::new() }))
}

/// Reads one server until the deadline.
async fn reading(server: &OnDemandServer, options: Options, deadline: Instant) -> Reading {
    let begun = Instant::now();
    let name = server.target().name();
    let listing = server.list(async |connection| Listing::take(connection, &options).await);
    let listing = match timeout_at(deadline, listing).await {
        Ok(listing) => listing,
        Err(_) => Err(Error::DeadlinePassed { server: name.to_owned(), after: begun.elapsed() }),
    };
    let took = begun.elapsed();
    match listing {
        Ok(listing) => {
            let silent = server.silent().await.len();
            let silent_nodes = server.target().nodes().next().map(|_| silent);
            Reading { took, listing: Ok(listing), silent_nodes }
        }
        Err(error) => {
            tracing::warn!("{name}: {error}");
            Reading::failed(took, &error)
        }
    }
}
