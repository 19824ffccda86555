//! [`Site`]: one server of a watch, with its connection and its rhythm.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::logon_gate::{GateKey, LOCKED_OUT, LogonGate, is_locked_out, is_refused_for_good};
use super::schedule::Schedule;
use super::{Down, QueryTimes, Unanswered, Update};
use crate::{Error, SilentNode};

/// How to reach a server. Tests replace the network with it.
pub(super) trait Connect {
    /// A logged-on connection.
    type Connection;
    /// What one listing returns.
    type Listing;

    fn name(&self) -> &str;
    /// Returns the server as a gate knows it, however a person spells its name.
    fn place(&self) -> String {
        self.name().to_lowercase()
    }
    /// Returns the login, and whether other servers have the same account.
    fn login(&self) -> (String, bool);
    /// Returns the time between listings from now on; `None` if it stays.
    fn interval(&self) -> Option<Duration> {
        None
    }
    async fn connect(&self) -> Result<Self::Connection, Error>;
    fn is_open(connection: &Self::Connection) -> bool;
    async fn list(&self, connection: &mut Self::Connection) -> Result<Self::Listing, Error>;
    /// Returns the nodes of a cluster that did not answer at the last listing.
    async fn silent(&self) -> Vec<SilentNode>;
    async fn close(connection: Self::Connection);
}

/// One server of a watch.
pub(super) struct Site<C: Connect> {
    index: usize,
    connect: C,
    connection: Option<C::Connection>,
    schedule: Schedule,
    gate: Arc<LogonGate>,
    /// The login, as the gate knows it.
    key: GateKey,
    /// The places of the servers whose connections do not stay open.
    turns: Option<Arc<Semaphore>>,
    unanswered: Unanswered,
    started: Option<Instant>,
    next: Option<Instant>,
    /// Whether the next attempt waits for the account.
    is_locked_out: bool,
    is_over: bool,
}

impl<C: Connect> Site<C> {
    pub(super) fn new(
        index: usize,
        connect: C,
        schedule: Schedule,
        gate: Arc<LogonGate>,
        turns: Option<Arc<Semaphore>>,
        unanswered: Unanswered,
    ) -> Self {
        let (login, is_shared) = connect.login();
        let key = GateKey::new(&login, is_shared, connect.place());
        Self {
            index,
            connect,
            connection: None,
            schedule,
            gate,
            key,
            turns,
            unanswered,
            started: None,
            next: None,
            is_locked_out: false,
            is_over: false,
        }
    }

    /// Waits for the server's time, and lists. `None` after the login was refused.
    pub(super) async fn next(&mut self) -> Option<Update<C::Listing>> {
        if self.is_over {
            return None;
        }
        if let Some(next) = self.next {
            if self.is_locked_out {
                select(pin!(sleep_until(next)), pin!(self.gate.freed(&self.key))).await;
            } else {
                sleep_until(next).await;
            }
        }
        let mut asked = Instant::now();
        let result = self.list(&mut asked).await;
        self.set_unanswered(None);
        let now = Instant::now();
        let started = *self.started.get_or_insert(now);
        let result = match result {
            Ok(listing) => {
                self.is_locked_out = false;
                self.connect.interval().into_iter().for_each(|interval| self.schedule.set_interval(interval));
                let at = self.schedule.after_success(now.saturating_duration_since(started));
                self.next = started.checked_add(at);
                Ok(listing)
            }
            Err(error) => Err(self.failed(now, error)),
        };
        Some(Update {
            server: self.index,
            asked: QueryTimes { at: asked.into_std(), answered: now.into_std() },
            result,
            silent: self.connect.silent().await,
        })
    }

    fn failed(&mut self, now: Instant, error: Error) -> Down {
        let retry = match &error {
            Error::LockedOut { retry, .. } => Some(*retry),
            error if is_locked_out(error) => Some(LOCKED_OUT),
            error if is_refused_for_good(error) || error.is_usage() => None,
            _ => Some(self.schedule.after_failure()),
        };
        self.next = retry.and_then(|pause: Duration| now.checked_add(pause));
        self.is_locked_out = is_locked_out(&error);
        self.is_over = retry.is_none();
        Down { error, retry }
    }

    /// Lists, over a new connection if there is none. It sets `asked` to the time when the connection was there.
    async fn list(&mut self, asked: &mut Instant) -> Result<C::Listing, Error> {
        let turns = self.turns.clone();
        let _turn = match &turns {
            // The semaphore is never closed.
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        // A connection that broke would log on again by itself, without the gate.
        let mut connection = match self.connection.take().filter(C::is_open) {
            Some(connection) => connection,
            None => self.log_on().await?,
        };
        *asked = Instant::now();
        self.set_unanswered(Some(*asked));
        let result = self.connect.list(&mut connection).await;
        if result.is_err() {
            self.gate.set_result(&self.key, self.connect.name(), &result);
        }
        match turns {
            Some(_) => C::close(connection).await,
            None => self.connection = Some(connection),
        }
        result
    }

    async fn log_on(&self) -> Result<C::Connection, Error> {
        let (login, _) = self.connect.login();
        let _pass = self.gate.pass(&self.key, self.connect.name(), &login).await?;
        self.set_unanswered(Some(Instant::now()));
        let result = self.connect.connect().await;
        self.gate.set_result(&self.key, self.connect.name(), &result);
        result
    }

    fn set_unanswered(&self, since: Option<Instant>) {
        if let Some(unanswered) = self.unanswered.get(self.index) {
            unanswered.set(since.map(Instant::into_std));
        }
    }
}
