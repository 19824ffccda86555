//! Several servers side by side.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Does `work` with each of `items`, with at most `most` (and at least one) at a time, and returns what came of it in
/// the order of the items.
///
/// The work goes on only while the returned future is awaited, on the same thread, so that it may borrow.
///
/// ```no_run
/// use netsession::{ConnectOptions, Error, Login, Server, ServerTarget, Session, side_by_side};
///
/// async fn everybody(servers: &[ServerTarget], login: &Login) -> Vec<Result<Vec<Session>, Error>> {
///     let options = &ConnectOptions::default();
///     side_by_side(servers, 64, |target| async move {
///         let mut server = Server::connect(target, login, options).await?;
///         let sessions = server.sessions().await?;
///         server.close().await?;
///         Ok(sessions)
///     })
///     .await
/// }
/// ```
pub async fn side_by_side<I, W: Future>(
    items: impl IntoIterator<Item = I>,
    most: usize,
    mut work: impl FnMut(I) -> W,
) -> Vec<W::Output> {
    let mut waiting: VecDeque<_> = items.into_iter().enumerate().collect();
    let mut running = Vec::new();
    let mut done = Vec::new();
    while !(waiting.is_empty() && running.is_empty()) {
        while running.len() < most.max(1)
            && let Some((place, item)) = waiting.pop_front()
        {
            running.push((place, Box::pin(work(item))));
        }
        done.extend(poll_fn(|context| some(&mut running, context)).await);
    }
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Those that are finished, taken out; pending where none is.
fn some<W: Future>(
    running: &mut Vec<(usize, Pin<Box<W>>)>,
    context: &mut Context<'_>,
) -> Poll<Vec<(usize, W::Output)>> {
    let mut finished = Vec::new();
    running.retain_mut(|(place, work)| match work.as_mut().poll(context) {
        Poll::Ready(result) => {
            finished.push((*place, result));
            false
        }
        Poll::Pending => true,
    });
    if finished.is_empty() { Poll::Pending } else { Poll::Ready(finished) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    /// If this fails, results are told of the wrong server, or one slow server holds up the others.
    #[tokio::test(start_paused = true)]
    async fn results_keep_their_order_and_waits_overlap() {
        let began = Instant::now();
        let results = side_by_side(0..50_u64, 50, |n| async move {
            sleep(Duration::from_millis(100 - n)).await;
            n * 2
        });
        assert_eq!(results.await, (0..50).map(|n| n * 2).collect::<Vec<_>>());
        assert!(began.elapsed() < Duration::from_millis(110));
    }

    /// If this fails, a long list of servers opens more connections at once than is allowed, or none at all.
    #[tokio::test(start_paused = true)]
    async fn no_more_run_than_are_allowed() {
        for (most, expected) in [(0, 1), (1, 1), (7, 7)] {
            let (now, highest) = (Cell::new(0), Cell::new(0));
            let results = side_by_side(0..20, most, |n| {
                let (now, highest) = (&now, &highest);
                async move {
                    now.set(now.get() + 1);
                    highest.set(highest.get().max(now.get()));
                    sleep(Duration::from_millis(n)).await;
                    now.set(now.get() - 1);
                }
            });
            assert_eq!(results.await.len(), 20);
            assert_eq!(highest.get(), expected);
        }
        assert!(side_by_side([0; 0], 5, async |n| n).await.is_empty());
    }
}
