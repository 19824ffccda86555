//! [`Workers`]: the places for work that can take long, away from the threads that serve every client.
//!
//! It limits their number in total and by user, and users take turns: if another user waits, the next free place goes
//! to that user, however many slow requests one user sends.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::state::Remains;

/// Places of one user on a computer with few processors.
const LEAST_BY_USER: usize = 4;
/// How many users can have all of their places at once.
const USERS: usize = 16;

/// The places for slow work.
#[derive(Debug)]
pub(crate) struct Workers {
    most: usize,
    most_by_user: usize,
    queues: Mutex<Queues>,
    idle: Notify,
}

#[derive(Debug, Default)]
struct Queues {
    taken: usize,
    users: HashMap<Arc<str>, User>,
    /// The users who wait, in the order of their turns.
    turns: VecDeque<Arc<str>>,
}

#[derive(Debug, Default)]
struct User {
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// A place that a user has taken. Dropping it frees the place for the next user.
#[derive(Debug)]
pub(super) struct Place {
    /// `None` if the place is already free.
    workers: Option<Arc<Workers>>,
    user: Arc<str>,
}

impl Workers {
    /// Creates as many places as the computer's processors allow.
    pub(crate) fn new() -> Arc<Self> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most_by_user = processors.max(LEAST_BY_USER);
        Self::with(most_by_user.saturating_mul(USERS), most_by_user)
    }

    fn with(most: usize, most_by_user: usize) -> Arc<Self> {
        Arc::new(Self { most, most_by_user, queues: Mutex::default(), idle: Notify::new() })
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place for the work of `user`. Dropping the future gives up the turn.
    pub(super) async fn place(self: &Arc<Self>, user: &str) -> Place {
        loop {
            match self.claim(user) {
                Ok(place) => return place,
                Err(turn) => {
                    if let Ok(place) = turn.await {
                        return place;
                    }
                }
            }
        }
    }

    /// Takes a place for the work of `user`.
    ///
    /// # Errors
    /// If there is none, the turn of the user: it receives the next free place.
    fn claim(self: &Arc<Self>, user: &str) -> Result<Place, oneshot::Receiver<Place>> {
        let mut queues = self.queues();
        let user: Arc<str> = user.into();
        let is_full = queues.taken >= self.most;
        let own = queues.users.entry(Arc::clone(&user)).or_default();
        if !is_full && own.taken < self.most_by_user {
            own.taken = own.taken.saturating_add(1);
            queues.taken = queues.taken.saturating_add(1);
            return Ok(Place { workers: Some(Arc::clone(self)), user });
        }
        let (sender, turn) = oneshot::channel();
        own.waiting.push_back(sender);
        if own.waiting.len() == 1 {
            queues.turns.push_back(user);
        }
        Err(turn)
    }

    /// Closes what a session left behind: if that takes long, in a place of its user. The work goes on if the caller
    /// drops the returned handle.
    pub(super) fn clear_away(self: &Arc<Self>, remains: Remains) -> Option<JoinHandle<()>> {
        let runtime = Handle::try_current().ok().filter(|_| remains.take_long())?;
        let claimed = self.claim(remains.user());
        // A runtime that shuts down drops the work, which carries it out.
        let work = |place: Place| move || drop((remains, place));
        Some(match claimed {
            Ok(place) => runtime.spawn_blocking(work(place)),
            Err(turn) => runtime.spawn(async move {
                if let Ok(place) = turn.await {
                    _ = spawn_blocking(work(place)).await;
                }
            }),
        })
    }

    /// Waits until no place is taken.
    pub(super) async fn idle(&self) {
        let idle = self.idle.notified();
        tokio::pin!(idle);
        loop {
            // Register before the check, so as not to miss a place that becomes free in between.
            idle.as_mut().enable();
            if self.queues().taken == 0 {
                return;
            }
            idle.as_mut().await;
            idle.set(self.idle.notified());
        }
    }

    /// Frees a place of `user`, and gives it to the next user who may have it.
    fn free(self: &Arc<Self>, user: &str) {
        let mut queues = self.queues();
        queues.free(user);
        while let Some((user, sender)) = queues.next(self.most, self.most_by_user) {
            if let Err(mut unwanted) = sender.send(Place { workers: Some(Arc::clone(self)), user }) {
                // Its connection is closed. Free the place here, because the queues are locked.
                unwanted.workers = None;
                queues.free(&unwanted.user);
            }
        }
        if queues.taken == 0 {
            self.idle.notify_waiters();
        }
    }
}

impl Queues {
    fn free(&mut self, user: &str) {
        self.taken = self.taken.saturating_sub(1);
        if let Some(own) = self.users.get_mut(user) {
            own.taken = own.taken.saturating_sub(1);
            if own.taken == 0 && own.waiting.is_empty() {
                self.users.remove(user);
            }
        }
    }

    /// Takes a place for the user whose turn it is, unless every waiting user has all of that user's places.
    fn next(&mut self, most: usize, most_by_user: usize) -> Option<(Arc<str>, oneshot::Sender<Place>)> {
        if self.taken >= most {
            return None;
        }
        for _ in 0..self.turns.len() {
            let user = self.turns.pop_front()?;
            let own = self.users.get_mut(&user)?;
            let sender = if own.taken < most_by_user { own.waiting.pop_front() } else { None };
            if !own.waiting.is_empty() {
                self.turns.push_back(Arc::clone(&user));
            }
            if let Some(sender) = sender {
                own.taken = own.taken.saturating_add(1);
                self.taken = self.taken.saturating_add(1);
                return Some((user, sender));
            }
        }
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(workers) = self.workers.take() {
            workers.free(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll(future: Pin<&mut impl Future<Output = Place>>) -> Option<Place> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    /// A failure here would let one user's slow requests delay another user's forever.
    #[test]
    fn users_take_turns() {
        let workers = Workers::with(3, 2);
        let mut first = pin!(workers.place("mallory"));
        let mut second = pin!(workers.place("mallory"));
        let (first, second) = (poll(first.as_mut()).unwrap(), poll(second.as_mut()).unwrap());
        let mut third = pin!(workers.place("mallory"));
        assert!(poll(third.as_mut()).is_none(), "a user's places are limited");
        let mut bob = pin!(workers.place("bob"));
        let bob = poll(bob.as_mut()).unwrap();
        let (mut fourth, mut alice) = (pin!(workers.place("mallory")), pin!(workers.place("alice")));
        assert!(poll(fourth.as_mut()).is_none() && poll(alice.as_mut()).is_none(), "all places are taken");
        drop(bob);
        let alice = poll(alice.as_mut()).expect("mallory has all of its places");
        drop(first);
        let third = poll(third.as_mut()).expect("the user who has waited longer comes first");
        drop(alice);
        assert!(poll(fourth.as_mut()).is_none());
        drop((second, third));
        drop(poll(fourth.as_mut()).unwrap());
        let queues = workers.queues();
        assert!(queues.taken == 0 && queues.users.is_empty() && queues.turns.is_empty(), "{queues:?}");
    }

    /// A failure here would lose a place with each connection that gives up its turn.
    #[test]
    fn an_abandoned_turn_goes_to_the_next_user() {
        let workers = Workers::with(1, 1);
        let place = poll(pin!(workers.place("a"))).unwrap();
        let mut last = pin!(workers.place("b"));
        {
            let (mut gone, mut granted) = (Box::pin(workers.place("a")), Box::pin(workers.place("a")));
            assert!(poll(gone.as_mut()).is_none() && poll(granted.as_mut()).is_none());
            assert!(poll(last.as_mut()).is_none());
            drop(gone);
            drop(place);
            // The connection gives up the place before it learns that it got one.
        }
        drop(poll(last.as_mut()).unwrap());
        assert!(workers.queues().users.is_empty());
        assert_eq!(pin!(workers.idle()).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()));
    }
}
