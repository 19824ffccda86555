//! [`Pool`] keeps connections for later calls: a logon takes several round trips, a request takes one.
//!
//! One call at a time uses a connection. A call takes an idle connection. If there is none, it makes a new one, up to
//! [`MAX_CONNECTIONS`], or waits. Before a call sends anything, it replaces a connection that the server has closed.
//! The pool has no thread: the next call closes the connections that have been idle for too long.
//!
//! ```text
//! pool.with(&key, Purpose::Read, || connect(), |server| server.raw().remote_tod())
//! ```

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use netsession::raw::ServerLevel;
use netsession::{Error, ServerTarget, blocking};

use crate::descriptor::Descriptor;
use crate::failure::Failure;
use crate::reserve;

/// The most connections to one server by one login.
const MAX_CONNECTIONS: usize = 8;
/// How long the pool keeps an idle connection.
const MAX_IDLE: Duration = Duration::from_secs(60);
/// The pool tests a connection that was idle for longer before a call changes something over it.
const TEST_AFTER: Duration = Duration::from_secs(1);

/// The server and login that connections belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The server as the program names it.
    pub(crate) server: ServerTarget,
    /// The number of the login that the program set; 0 for the login of the environment.
    pub(crate) login: u64,
}

/// What a call does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It changes nothing, so the library sends it again if the connection breaks.
    Read,
    /// It ends or closes something, so the library sends it once.
    Change,
}

/// All connections of the library.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// A list, because there are few. Leak detectors would not find the connections in a map.
    all: Mutex<Vec<Connections>>,
    /// Signals that a call has returned its connection.
    returned: Condvar,
}

/// The connections of one key.
#[derive(Debug)]
struct Connections {
    key: Key,
    /// The most recently used one is the last.
    idle: Vec<Idle>,
    busy: usize,
}

/// A connection that no call uses. It is in a box, because a call takes it out of a list and puts it back.
#[derive(Debug)]
struct Idle {
    connection: Box<Kept>,
    since: Instant,
}

/// A connection and its socket.
#[derive(Debug)]
struct Kept {
    server: blocking::Server,
    socket: Option<Descriptor>,
    /// When `server` made the connection that has this socket.
    connected: Instant,
}

impl Pool {
    /// Runs `work` on a connection.
    ///
    /// If the system has no memory, it does not run `work` and keeps no connection, so that the call returns all its
    /// memory to the reserve.
    ///
    /// # Errors
    /// [`Failure::Memory`], and the errors of `connect` and `work`.
    pub(crate) fn with<T>(
        &self,
        key: &Key,
        purpose: Purpose,
        connect: impl FnOnce() -> Result<blocking::Server, Failure>,
        work: impl FnOnce(&mut blocking::Server) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let uses = reserve::uses();
        let (mut slot, kept) = self.take(key);
        let mut connection = match kept.and_then(|idle| idle.into_usable(purpose)) {
            Some(connection) => connection,
            None => Box::new(Kept::new(connect()?)),
        };
        if reserve::uses() != uses {
            return Err(Failure::Memory);
        }
        let result = work(&mut connection.server);
        // A connection without a socket is broken. The next call checks whether the server has closed this one.
        if Descriptor::has_connection(&connection.server) && reserve::uses() == uses {
            connection.learn_socket();
            slot.connection = Some(connection);
        }
        Ok(result?)
    }

    /// Reserves a slot for a call, with an idle connection if there is one.
    fn take(&self, key: &Key) -> (Slot<'_>, Option<Idle>) {
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
            if kept.is_some() || connections.busy < MAX_CONNECTIONS {
                connections.busy += 1;
                break kept;
            }
            all = self.returned.wait(all).unwrap_or_else(PoisonError::into_inner);
        };
        drop(all);
        let slot = self.slot(key);
        // Closes them after it releases the lock, because closing can take a moment.
        closed.into_iter().for_each(Idle::close);
        (slot, kept)
    }

    /// Closes the idle connections of a login that the program has replaced.
    pub(crate) fn close_login(&self, login: u64) {
        let mut closed = Vec::new();
        for connections in self.lock().iter_mut().filter(|connections| connections.key.login == login) {
            closed.append(&mut connections.idle);
        }
        closed.into_iter().for_each(Idle::close);
    }

    fn slot(&self, key: &Key) -> Slot<'_> {
        Slot { pool: self, key: key.clone(), connection: None }
    }

    /// Closes a forked child's copies of the parent's sockets. If another thread of the parent held the lock during the
    /// fork, it is never released in the child; the copies then stay open until the child ends or executes a program.
    pub(crate) fn close_copies(&self) {
        let Ok(all) = self.all.try_lock() else { return };
        // The connections themselves are not dropped: their runtimes share the parent's epoll instances, from which a
        // drop would remove the sockets.
        for idle in all.iter().flat_map(|connections| &connections.idle) {
            idle.connection.socket.inspect(|socket| socket.close());
        }
    }

    /// Locks the list. It is valid after a panic too, because each change is one step.
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
    /// Whether the connection looks usable. It does not send a request.
    fn is_usable(&self) -> bool {
        self.since.elapsed() < MAX_IDLE && self.connection.is_ours() && self.connection.server.is_open()
    }

    /// Returns the connection if it is usable for this purpose. Before a call changes something after a pause, the pool
    /// sends a harmless request: if an administrator has ended the session, the call logs on again.
    fn into_usable(mut self, purpose: Purpose) -> Option<Box<Kept>> {
        let is_usable =
            purpose == Purpose::Read || self.since.elapsed() < TEST_AFTER || self.connection.answers();
        is_usable.then_some(self.connection)
    }

    /// Closes the connection, unless the descriptor means a file of the program now.
    fn close(self) {
        if !self.connection.is_ours() {
            mem::forget(self.connection);
        }
    }
}

impl Kept {
    fn new(server: blocking::Server) -> Self {
        let (socket, connected) = (socket(&server), server.connected_at());
        Self { server, socket, connected }
    }

    /// Notes the socket, if a call has made another connection.
    ///
    /// Of the same connection it keeps what it noted first: if the program closed the descriptor during the call, the number may
    /// mean another file by now.
    fn learn_socket(&mut self) {
        let connected = self.server.connected_at();
        if self.connected != connected {
            (self.socket, self.connected) = (socket(&self.server), connected);
        }
    }

    /// Whether the descriptor still means this socket.
    fn is_ours(&self) -> bool {
        self.socket.is_some_and(Descriptor::is_same)
    }

    /// Whether the server answers a request.
    fn answers(&mut self) -> bool {
        matches!(
            self.server.raw().server_get_info(ServerLevel::INFO_100),
            Ok(_) | Err(Error::Answered { .. })
        )
    }
}

fn socket(server: &blocking::Server) -> Option<Descriptor> {
    Descriptor::of_connection(server)
}

/// The slot of a running call. Dropping it returns the connection to the pool.
#[derive(Debug)]
struct Slot<'a> {
    pool: &'a Pool,
    key: Key,
    connection: Option<Box<Kept>>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let idle = self.connection.take().map(|connection| Idle { connection, since: Instant::now() });
        let mut all = self.pool.lock();
        let mut may_have_waiters = false;
        if let Some(connections) = all.iter_mut().find(|connections| connections.key == self.key) {
            may_have_waiters = connections.busy >= MAX_CONNECTIONS;
            connections.busy = connections.busy.saturating_sub(1);
            connections.idle.extend(idle);
        }
        drop(all);
        if may_have_waiters {
            self.pool.returned.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// A failure here would make every later call wait forever after a few calls went wrong.
    #[test]
    fn failing_calls_free_their_slots() {
        let (pool, key) = (Pool::default(), Key { server: ServerTarget::Local, login: 0 });
        for _ in 0..=MAX_CONNECTIONS {
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
