//! Connections that are kept for the next call: to log on takes several round trips, and to ask one.
//!
//! A connection is used by one call at a time. An idle one is taken where there is one; else another is made, as long as
//! there are fewer than the limit; else the call waits for one. A connection that the server has closed is made again
//! before anything is asked. There is no thread: what has been idle for too long goes when the next call is made.

use std::mem;
use std::os::fd::AsRawFd as _;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use netsession::raw::ServerLevel;
use netsession::{Error, ServerTarget, blocking};

use crate::failure::Failure;
use crate::socket::Mark;

/// Connections to one server by one login.
const LIMIT: usize = 8;
/// Idle connections are closed after so long.
const KEPT: Duration = Duration::from_secs(60);
/// A connection that was idle for so long is asked something harmless before anything is changed over it.
const FRESH: Duration = Duration::from_secs(1);

/// Whose connections they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The server as the program names it.
    pub(crate) server: ServerTarget,
    /// The login that the program set; 0 for what the surroundings say.
    pub(crate) login: u64,
}

/// What a connection is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What changes nothing: it is repeated where the connection broke.
    Read,
    /// What ends or closes something: it is sent once.
    Change,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Pool {
    /// Few enough to be looked through. In a map, whoever looks for leaks would not see that they are still held.
    all: Mutex<Vec<Connections>>,
    /// One was given back.
    returned: Condvar,
}

/// Those of one key.
struct Connections {
    key: Key,
    /// The one that was used last comes last.
    idle: Vec<Idle>,
    busy: usize,
}

struct Idle {
    server: blocking::Server,
    mark: Option<Mark>,
    since: Instant,
}

impl Pool {
    /// Carries out `work` on a connection.
    ///
    /// # Errors
    /// `connect`'s or `work`'s.
    pub(crate) fn with<T>(
        &self,
        key: &Key,
        purpose: Purpose,
        connect: impl FnOnce() -> Result<blocking::Server, Failure>,
        work: impl FnOnce(&mut blocking::Server) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let (mut place, kept) = self.take(key);
        let mut server = match kept.and_then(|idle| idle.into_good(purpose)) {
            Some(server) => server,
            None => connect()?,
        };
        let result = work(&mut server);
        // Without a socket it was given up. Whether the server closes it is looked at when it is wanted again.
        if server.socket().is_some() {
            place.server = Some(server);
        }
        Ok(result?)
    }

    /// A place for a call, with a connection where one is idle.
    fn take(&self, key: &Key) -> (Place<'_>, Option<Idle>) {
        let mut closed = Vec::new();
        let mut all = self.lock();
        let kept = loop {
            for connections in all.iter_mut() {
                closed.extend(connections.idle.extract_if(.., |idle| !idle.is_usable()));
            }
            all.retain(Connections::is_used);
            let Some(connections) = all.iter_mut().find(|connections| connections.key == *key) else {
                all.push(Connections { key: key.clone(), idle: Vec::new(), busy: 1 });
                break None;
            };
            let kept = connections.idle.pop();
            if kept.is_some() || connections.busy < LIMIT {
                connections.busy += 1;
                break kept;
            }
            all = self.returned.wait(all).unwrap_or_else(PoisonError::into_inner);
        };
        drop(all);
        let place = self.place(key);
        // Outside of the lock, for it can take a moment.
        closed.into_iter().for_each(Idle::close);
        (place, kept)
    }

    /// Closes the idle connections of a login that is not used any more.
    pub(crate) fn close_all_of(&self, login: u64) {
        let mut closed = Vec::new();
        for connections in self.lock().iter_mut().filter(|connections| connections.key.login == login) {
            closed.append(&mut connections.idle);
        }
        closed.into_iter().for_each(Idle::close);
    }

    fn place(&self, key: &Key) -> Place<'_> {
        Place { pool: self, key: key.clone(), server: None }
    }

    /// In a child that was forked: closes its copies of the parent's sockets. A lock that another thread of the parent
    /// held at that moment stays held for ever; then the copies stay open until the child ends or becomes another program.
    pub(crate) fn close_copies(&self) {
        let Ok(all) = self.all.try_lock() else { return };
        // The connections stay where they are: their runtimes share the parent's epoll instances, which must not be told that
        // a socket is gone.
        for idle in all.iter().flat_map(|connections| &connections.idle) {
            idle.mark.inspect(|mark| mark.close_copy());
        }
    }

    /// What a panic left is good: each change is made in one step.
    fn lock(&self) -> MutexGuard<'_, Vec<Connections>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn is_used(&self) -> bool {
        self.busy > 0 || !self.idle.is_empty()
    }
}

impl Idle {
    /// Whether it can be asked, as far as one can see.
    fn is_usable(&self) -> bool {
        self.since.elapsed() < KEPT && self.is_ours() && self.server.is_open()
    }

    /// Whether its socket is still its socket.
    fn is_ours(&self) -> bool {
        self.mark.is_some_and(Mark::is_same)
    }

    /// The connection, if it is good for that. Before something is changed after a pause, it is asked something that changes
    /// nothing: a session that was ended meanwhile is noticed by that, and logged on again.
    fn into_good(mut self, purpose: Purpose) -> Option<blocking::Server> {
        let is_good = purpose == Purpose::Read || self.since.elapsed() < FRESH || self.answers();
        is_good.then_some(self.server)
    }

    /// Whether it can still be asked something; what the answer is does not matter.
    fn answers(&mut self) -> bool {
        matches!(
            self.server.raw().server_get_info(ServerLevel::INFO_100),
            Ok(_) | Err(Error::Answered { .. })
        )
    }

    /// Closes it, unless the program did and has put a file of its own in its place.
    fn close(self) {
        if !self.is_ours() {
            mem::forget(self.server);
        }
    }
}

/// Counts a call under way, and takes the connection back.
struct Place<'a> {
    pool: &'a Pool,
    key: Key,
    server: Option<blocking::Server>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let idle = self.server.take().map(|server| {
            let mark = server.socket().and_then(|socket| Mark::of(socket.as_raw_fd()));
            Idle { server, mark, since: Instant::now() }
        });
        let mut all = self.pool.lock();
        let mut may_be_waited_for = false;
        if let Some(connections) = all.iter_mut().find(|connections| connections.key == self.key) {
            may_be_waited_for = connections.busy >= LIMIT;
            connections.busy = connections.busy.saturating_sub(1);
            connections.idle.extend(idle);
        }
        drop(all);
        if may_be_waited_for {
            self.pool.returned.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// If this fails, a fault in a few calls makes every later one wait for ever.
    #[test]
    fn calls_that_fail_or_panic_leave_their_places() {
        let (pool, key) = (Pool::default(), Key { server: ServerTarget::Local, login: 0 });
        for _ in 0..=LIMIT {
            let panics = || pool.with(&key, Purpose::Read, || panic!("on purpose"), |_| Ok(()));
            assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
            let fails = pool.with(&key, Purpose::Change, || Err(Failure::Memory), |_| Ok(()));
            assert!(matches!(fails, Err(Failure::Memory)));
        }
        let _poisons = catch_unwind(AssertUnwindSafe(|| {
            let _held = pool.lock();
            panic!("on purpose");
        }));
        drop(pool.take(&key));
        assert!(!pool.lock().iter().any(Connections::is_used));
    }
}
