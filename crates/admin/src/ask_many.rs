//! [`ask_many`] queries many servers at once, within [`Limits`], and returns a stream of [`Answers`].

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

use crate::pace::paced;
use crate::{Error, Limits};

/// The outcome of one server's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The work for this server returned this.
    Answered(T),
    /// This deadline passed before the work finished.
    DeadlinePassed(Duration),
    /// The caller stopped waiting before the work finished or began.
    Cancelled,
    /// The work panicked. The panic hook has printed its message.
    Panicked,
}

impl<T> Outcome<T> {
    /// Returns the result of the work; `None` if the work did not finish.
    pub fn answered(self) -> Option<T> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::DeadlinePassed(_) | Self::Cancelled | Self::Panicked => None,
        }
    }
}

/// One server's outcome, and its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<K, T> {
    /// The caller's own key for the server, such as its name.
    pub target: K,
    /// The outcome.
    pub outcome: Outcome<T>,
}

impl<K: fmt::Display, T> Answer<K, Result<T, Error>> {
    /// Returns the result of the work, and an error that names the server if the work did not finish; `None` if the
    /// caller stopped waiting.
    pub fn result(self) -> Option<Result<T, Error>> {
        let server = self.target.to_string();
        Some(match self.outcome {
            Outcome::Answered(result) => result,
            Outcome::DeadlinePassed(after) => Err(Error::DeadlinePassed { server, after }),
            Outcome::Panicked => Err(Error::Panicked { server }),
            Outcome::Cancelled => return None,
        })
    }
}

/// Queries many servers at once, and returns a stream of the answers as they arrive.
///
/// Each item is a target, which the answer carries, and the argument of `ask`. The work runs on the caller's thread,
/// and only while the caller polls the stream. Dropping the stream cancels all work and closes its connections.
///
/// A panic of the work is the outcome of its server, and the work for the other servers goes on.
///
/// # Panics
/// Polling the stream panics outside of a tokio runtime with time enabled, if [`Limits::deadline`] or
/// [`Limits::patience`] is set.
///
/// ```
/// use netsession_admin::{Limits, Outcome, ask_many};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let servers = ["fs1", "fs2", "fs3"].map(|name| (name, name));
/// let mut answers = ask_many(servers, Limits::default(), async |name| name.len());
/// let outstanding = answers.outstanding();
/// assert_eq!(outstanding.count(), 3);
/// while let Some(answer) = answers.next().await {
///     assert_eq!(answer.outcome, Outcome::Answered(3), "{}", answer.target);
/// }
/// assert_eq!(outstanding.count(), 0);
/// # });
/// ```
pub fn ask_many<K: Clone, I, F: Future>(
    servers: impl IntoIterator<Item = (K, I)>,
    limits: Limits,
    mut ask: impl FnMut(I) -> F,
) -> Answers<K, impl Stream<Item = (usize, Outcome<F::Output>)>> {
    let (targets, items): (Vec<K>, Vec<I>) = servers.into_iter().unzip();
    let work = paced(items, limits, move |item| caught(limits.deadline, ask(item)));
    Answers { outstanding: Outstanding::of(targets), stream: Box::pin(work) }
}

/// Adds the deadline to the work, and catches its panic: the work is dropped then, so that nobody sees its state.
fn caught<F: Future>(deadline: Option<Duration>, work: F) -> impl Future<Output = Outcome<F::Output>> {
    AssertUnwindSafe(within(deadline, work)).catch_unwind().map(|result| result.unwrap_or(Outcome::Panicked))
}

/// Adds the deadline to the work. Combinators store the future once; an `async` block would store it twice.
fn within<F: Future>(deadline: Option<Duration>, work: F) -> impl Future<Output = Outcome<F::Output>> {
    match deadline {
        None => Either::Left(work.map(Outcome::Answered)),
        Some(limit) => Either::Right(
            timeout(limit, work)
                .map(move |result| result.map_or(Outcome::DeadlinePassed(limit), Outcome::Answered)),
        ),
    }
}

/// The answers of [`ask_many`], as they arrive. Dropping the stream cancels the outstanding work.
pub struct Answers<K, S> {
    outstanding: Outstanding<K>,
    stream: Pin<Box<S>>,
}

impl<K: fmt::Debug, S> fmt::Debug for Answers<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("outstanding", &self.outstanding).finish_non_exhaustive()
    }
}

impl<K: Clone, T, S: Stream<Item = (usize, Outcome<T>)>> Answers<K, S> {
    /// Returns a list of the servers that have not answered. You can read it at any time, also while you poll the
    /// stream.
    #[must_use]
    pub fn outstanding(&self) -> Outstanding<K> {
        self.outstanding.clone()
    }

    /// Returns the next answer; `None` after the last one.
    pub async fn next(&mut self) -> Option<Answer<K, T>> {
        stream::StreamExt::next(self).await
    }

    /// Waits for every answer, and returns them in the order of the servers.
    pub async fn in_order(self) -> Vec<Answer<K, T>> {
        let never = std::future::pending::<std::convert::Infallible>();
        self.in_order_until(never).await.0
    }

    /// Waits for every answer or for `stop`, and returns the answers in the order of the servers, and the output of
    /// `stop`. It drops the outstanding work, whose outcome is [`Outcome::Cancelled`].
    pub async fn in_order_until<U>(self, stop: impl Future<Output = U>) -> (Vec<Answer<K, T>>, Option<U>) {
        let Self { outstanding, mut stream } = self;
        let mut outcomes: Vec<Outcome<T>> =
            outstanding.shared.targets.iter().map(|_| Outcome::Cancelled).collect();
        let all = async {
            while let Some((index, outcome)) = stream.next().await {
                outstanding.mark(index);
                if let Some(place) = outcomes.get_mut(index) {
                    *place = outcome;
                }
            }
        };
        let stopped = match select(pin!(all), pin!(stop)).await {
            Either::Left(_) => None,
            Either::Right((stopped, _)) => Some(stopped),
        };
        let targets = outstanding.shared.targets.iter().cloned();
        let answers = targets.zip(outcomes).map(|(target, outcome)| Answer { target, outcome });
        (answers.collect(), stopped)
    }
}

impl<K: Clone, T, S: Stream<Item = (usize, Outcome<T>)>> Stream for Answers<K, S> {
    type Item = Answer<K, T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(context).map(|next| {
            let (index, outcome) = next?;
            self.outstanding.mark(index);
            let target = self.outstanding.shared.targets.get(index)?.clone();
            Some(Answer { target, outcome })
        })
    }
}

/// The servers that have not answered yet: those with work in progress, and those that still wait.
pub struct Outstanding<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    targets: Vec<K>,
    has_answered: Vec<AtomicBool>,
}

impl<K> Clone for Outstanding<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: fmt::Debug> fmt::Debug for Outstanding<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<K> Outstanding<K> {
    fn of(targets: Vec<K>) -> Self {
        let has_answered = targets.iter().map(|_| AtomicBool::new(false)).collect();
        Self { shared: Arc::new(Shared { targets, has_answered }) }
    }

    fn mark(&self, index: usize) {
        if let Some(has_answered) = self.shared.has_answered.get(index) {
            has_answered.store(true, Ordering::Relaxed);
        }
    }

    /// Returns their targets, in the order of the servers.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        let all = self.shared.targets.iter().zip(&self.shared.has_answered);
        all.filter(|(_, has_answered)| !has_answered.load(Ordering::Relaxed)).map(|(target, _)| target)
    }

    /// Returns their number.
    #[must_use]
    pub fn count(&self) -> usize {
        self.iter().count()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::{Instant, sleep};

    use super::*;

    fn limits(at_once: usize) -> Limits {
        Limits { at_once, open: at_once, patience: None, deadline: None }
    }

    fn numbered(count: u64) -> impl Iterator<Item = (u64, u64)> {
        (0..count).map(|number| (number, number))
    }

    /// A failure here would attribute answers to the wrong server, or let one slow server delay the others.
    #[tokio::test(start_paused = true)]
    async fn answers_keep_their_order_and_waits_overlap() {
        let began = Instant::now();
        let answers = ask_many(numbered(50), limits(50), |n| async move {
            sleep(Duration::from_millis(100 - n)).await;
            n * 2
        });
        let answers = answers.in_order().await;
        let expected = (0..50).map(|target| Answer { target, outcome: Outcome::Answered(target * 2) });
        assert_eq!(answers, expected.collect::<Vec<_>>());
        assert!(began.elapsed() < Duration::from_millis(110));
    }

    /// A failure here would show the first answer only after the last one.
    #[tokio::test(start_paused = true)]
    async fn the_stream_returns_each_answer_as_it_arrives() {
        let mut answers = ask_many(numbered(3), limits(3), |n| sleep(Duration::from_millis(30 - n * 10)));
        let outstanding = answers.outstanding();
        let mut order = Vec::new();
        while let Some(answer) = answers.next().await {
            order.push((answer.target, outstanding.iter().copied().collect::<Vec<_>>()));
        }
        assert_eq!(order, [(2, vec![0, 1]), (1, vec![0]), (0, vec![])]);
    }

    /// A failure here would open more connections at once than the limit allows, or none at all.
    #[tokio::test(start_paused = true)]
    async fn no_more_run_at_once_than_allowed() {
        for (at_once, expected) in [(0, 1), (1, 1), (7, 7)] {
            let (now, highest) = (Cell::new(0), Cell::new(0));
            let answers = ask_many(numbered(20), limits(at_once), |n| {
                let (now, highest) = (&now, &highest);
                async move {
                    now.set(now.get() + 1);
                    highest.set(highest.get().max(now.get()));
                    sleep(Duration::from_millis(n)).await;
                    now.set(now.get() - 1);
                }
            });
            assert_eq!(answers.in_order().await.len(), 20);
            assert_eq!(highest.get(), expected);
        }
        let none: [((), ()); 0] = [];
        assert!(ask_many(none, limits(5), async |()| ()).in_order().await.is_empty());
    }

    /// A failure here would let one server that never answers block the whole run.
    #[tokio::test(start_paused = true)]
    async fn a_deadline_ends_one_server_and_no_other() {
        let limits = Limits { deadline: Some(Duration::from_secs(5)), ..limits(2) };
        let began = Instant::now();
        let answers =
            ask_many(numbered(4), limits, |n| sleep(Duration::from_secs(if n == 1 { 60 } else { 4 })));
        let outcomes: Vec<_> = answers.in_order().await.into_iter().map(|answer| answer.outcome).collect();
        let (good, late) = (Outcome::Answered(()), Outcome::DeadlinePassed(Duration::from_secs(5)));
        assert_eq!(outcomes, [good, late, good, good]);
        // The third began when the first finished, after 4 s; the fourth when the second passed its deadline, after 5
        // s.
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    }

    /// A failure here would continue work after the caller stopped, or lose the answers that had arrived.
    #[tokio::test(start_paused = true)]
    async fn stopping_drops_the_work_and_returns_the_answers() {
        let alive = std::rc::Rc::new(());
        let answers = ask_many(numbered(100), limits(10), |n| {
            let alive = std::rc::Rc::clone(&alive);
            async move {
                let _alive = alive;
                sleep(Duration::from_secs(n)).await;
            }
        });
        let (answers, stopped) = answers.in_order_until(sleep(Duration::from_millis(2_500))).await;
        assert_eq!(stopped, Some(()));
        let done = |outcome: &Outcome<()>| *outcome == Outcome::Answered(());
        assert_eq!(answers.iter().filter(|answer| done(&answer.outcome)).count(), 3);
        assert_eq!(answers.len(), 100);
        assert_eq!(std::rc::Rc::strong_count(&alive), 1, "no work is left");
    }

    /// A failure here would let a fault in the work for one server hide the answers of all others.
    #[tokio::test(start_paused = true)]
    async fn a_panic_is_the_outcome_of_its_server() {
        let alive = std::rc::Rc::new(());
        let answers = ask_many(numbered(5), limits(2), |n| {
            let alive = std::rc::Rc::clone(&alive);
            async move {
                let _alive = alive;
                sleep(Duration::from_millis(n)).await;
                assert!(n != 2, "this panic is part of the test");
                Ok::<_, Error>(n)
            }
        });
        let answers = answers.in_order().await;
        assert_eq!(std::rc::Rc::strong_count(&alive), 1, "no work is left");
        let results: Vec<_> = answers.into_iter().map(|answer| answer.result().unwrap()).collect();
        for (n, result) in (0..).zip(results) {
            match result {
                Err(Error::Panicked { server }) => assert_eq!((n, server.as_str()), (2, "2")),
                result => assert_eq!(result.unwrap(), n),
            }
        }
    }

    /// A failure here would lose an answer that is ready at once, or wait for one that is not.
    #[tokio::test(start_paused = true)]
    async fn a_deadline_of_zero_keeps_an_answer_that_is_ready() {
        let limits = Limits { deadline: Some(Duration::ZERO), ..limits(3) };
        let answers = ask_many(numbered(4), limits, async |n| match n {
            1 => std::future::pending().await,
            n => n,
        });
        let outcomes: Vec<_> = answers.in_order().await.into_iter().map(|answer| answer.outcome).collect();
        let late = Outcome::DeadlinePassed(Duration::ZERO);
        assert_eq!(outcomes, [Outcome::Answered(0), late, Outcome::Answered(2), Outcome::Answered(3)]);
    }

    /// A failure here would make a query of several servers, such as those of a cluster, block itself.
    #[tokio::test(start_paused = true)]
    async fn work_can_ask_many_itself() {
        let answers = ask_many(numbered(5), limits(2), async |n| {
            let inner = ask_many(numbered(n), limits(1), async |m| {
                sleep(Duration::from_millis(m)).await;
                m
            });
            inner.in_order().await.into_iter().filter_map(|answer| answer.outcome.answered()).sum::<u64>()
        });
        let sums: Vec<_> =
            answers.in_order().await.into_iter().filter_map(|answer| answer.outcome.answered()).collect();
        assert_eq!(sums, [0, 0, 1, 3, 6]);
    }
}
