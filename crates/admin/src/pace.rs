//! [`paced`] decides when the work for the next server begins.
//!
//! Work that makes progress counts towards [`Limits::at_once`], so that a burst of logons overloads neither this computer
//! nor a domain controller. A server that has been silent for [`Limits::patience`] no longer counts: twenty dead servers
//! do not take the places of those that answer. [`Limits::open`] limits both together.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, FuturesUnordered, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Limits;

/// How the work for a server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It has not begun, or it has ended.
    No,
    /// It counts towards the limit.
    Busy,
    /// The server is silent, and the work does not count.
    Silent,
}

/// Work for one server, and the time of its last event.
struct Work {
    progress: Progress,
    last_event: Arc<AtomicU64>,
}

/// Runs `begin` on each of `items` within the limits, and returns the outputs with their indices as they arrive.
pub(crate) fn paced<I, F: Future>(
    items: Vec<I>,
    limits: Limits,
    mut begin: impl FnMut(I) -> F,
) -> impl Stream<Item = (usize, F::Output)> {
    let works = items.iter().map(|_| Work { progress: Progress::No, last_event: Arc::default() }).collect();
    let mut pace = Pace { limits, works, busy: 0, oldest: VecDeque::new(), timer: None, epoch: None };
    let (mut items, mut running) = (items.into_iter().enumerate(), FuturesUnordered::new());
    stream::poll_fn(move |context| {
        loop {
            while pace.has_room(running.len())
                && let Some((index, item)) = items.next()
            {
                running.push(pace.watched(index, begin(item)));
            }
            match running.poll_next_unpin(context) {
                Poll::Ready(Some((index, output))) => {
                    pace.end(index);
                    return Poll::Ready(Some((index, output)));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // Every event so far has reached its work, so work without an event has a silent server.
                Poll::Pending if items.len() > 0 && running.len() < pace.limits.open.max(1) => {
                    if !pace.finds_silent(context) {
                        return Poll::Pending;
                    }
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    })
}

/// Which work counts.
struct Pace {
    limits: Limits,
    works: Vec<Work>,
    busy: usize,
    /// The work that counts, in the order of the events at which it was last seen; it can contain ended work.
    oldest: VecDeque<(u64, usize)>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The time from which events are counted.
    epoch: Option<Instant>,
}

impl Pace {
    fn has_room(&self, running: usize) -> bool {
        self.busy < self.limits.at_once.max(1) && running < self.limits.open.max(1)
    }

    /// Counts the work for a server, and notes the time whenever it is polled.
    fn watched<F: Future>(
        &mut self,
        index: usize,
        work: F,
    ) -> impl Future<Output = (usize, F::Output)> + use<F> {
        let patience = self.limits.patience;
        let epoch = patience.map(|_| *self.epoch.get_or_insert_with(Instant::now));
        let mut last_event = None;
        if let (Some(started), Some(epoch)) = (self.works.get_mut(index), epoch) {
            let now = millis(epoch);
            started.last_event.store(now, Ordering::Relaxed);
            last_event = Some((Arc::clone(&started.last_event), epoch));
            self.oldest.push_back((now, index));
        }
        if let Some(started) = self.works.get_mut(index) {
            started.progress = Progress::Busy;
        }
        self.busy += 1;
        let mut work = Box::pin(work);
        async move {
            let output = poll_fn(|context| {
                if let Some((last_event, epoch)) = &last_event {
                    last_event.store(millis(*epoch), Ordering::Relaxed);
                }
                work.as_mut().poll(context)
            });
            (index, output.await)
        }
    }

    /// Stops counting work that has ended.
    fn end(&mut self, index: usize) {
        if let Some(work) = self.works.get_mut(index) {
            if work.progress == Progress::Busy {
                self.busy = self.busy.saturating_sub(1);
            }
            work.progress = Progress::No;
        }
    }

    /// Stops counting the work whose servers are silent, and returns whether there was one. Otherwise it wakes the task
    /// when there can be one.
    fn finds_silent(&mut self, context: &mut Context<'_>) -> bool {
        let (Some(patience), Some(epoch)) = (self.limits.patience, self.epoch) else { return false };
        loop {
            let now = millis(epoch);
            let patient_until = now.checked_sub(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
            let before = self.busy;
            let next = self.first_after(patient_until);
            if self.busy < before {
                return true;
            }
            let Some(next) = next else { return false };
            let wake_at = epoch + Duration::from_millis(next) + patience;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(wake_at)));
            timer.as_mut().reset(wake_at);
            if timer.as_mut().poll(context).is_pending() {
                return false;
            }
        }
    }

    /// Stops counting the work without an event since `patient_until`, and returns the time of the oldest other event.
    fn first_after(&mut self, patient_until: Option<u64>) -> Option<u64> {
        while let Some((seen, index)) = self.oldest.front().copied() {
            let Some(work) = self.works.get_mut(index).filter(|work| work.progress == Progress::Busy) else {
                self.oldest.pop_front();
                continue;
            };
            let last_event = work.last_event.load(Ordering::Relaxed);
            if last_event > seen {
                self.oldest.pop_front();
                self.oldest.push_back((last_event, index));
            } else if patient_until.is_some_and(|until| last_event <= until) {
                work.progress = Progress::Silent;
                self.busy = self.busy.saturating_sub(1);
                self.oldest.pop_front();
            } else {
                return Some(seen);
            }
        }
        None
    }
}

/// Returns the milliseconds since `epoch`.
fn millis(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(250);

    fn limits(at_once: usize, open: usize) -> Limits {
        Limits { at_once, open, patience: Some(PATIENCE), deadline: None }
    }

    /// Runs the work, and returns the time that it takes and the highest number that ran at once.
    async fn run<F: Future>(count: u64, limits: Limits, work: impl Fn(u64) -> F) -> (Duration, usize) {
        let (now, highest) = (Cell::new(0), Cell::new(0));
        let began = Instant::now();
        let outputs = paced((0..count).collect(), limits, |item| {
            let (now, highest, work) = (&now, &highest, work(item));
            async move {
                now.set(now.get() + 1);
                highest.set(highest.get().max(now.get()));
                work.await;
                now.set(now.get() - 1);
            }
        });
        assert_eq!(outputs.count().await as u64, count);
        (began.elapsed(), highest.get())
    }

    /// A failure here would make a few dead servers delay the answers of all others.
    #[tokio::test(start_paused = true)]
    async fn silent_servers_take_no_places() {
        let work = |item| async move {
            sleep(if item < 40 { Duration::from_secs(5) } else { Duration::from_millis(1) }).await;
        };
        let (took, highest) = run(1_000, limits(10, 500), work).await;
        assert!(took <= Duration::from_millis(6_100), "{took:?}");
        assert!(highest <= 50, "{highest}");
    }

    /// A failure here would open a socket for every silent server, until the system refuses.
    #[tokio::test(start_paused = true)]
    async fn the_limit_of_open_work_counts_silent_servers_too() {
        let (took, highest) =
            run(100, limits(10, 25), |_| async { sleep(Duration::from_secs(5)).await }).await;
        assert_eq!(highest, 25);
        assert!(took >= Duration::from_secs(20), "{took:?}");
    }

    /// A failure here would start the logons of all servers at once on a slow line.
    #[tokio::test(start_paused = true)]
    async fn work_with_events_keeps_its_place() {
        let work = |_| async {
            for _ in 0..20 {
                sleep(PATIENCE - Duration::from_millis(50)).await;
            }
        };
        assert_eq!(run(30, limits(10, 500), work).await.1, 10);
        let none = Limits { patience: None, ..limits(10, 500) };
        let silent = |_| async { sleep(Duration::from_secs(5)).await };
        assert_eq!(run(30, none, silent).await.1, 10);
    }
}
