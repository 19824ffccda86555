//! Several things at once on one thread.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// At most so many at once: more servers than this wait for their turn.
const AT_ONCE: usize = 64;

type Running<'a, R> = Pin<Box<dyn Future<Output = R> + 'a>>;

/// Does `work` for every item side by side, and gives the results in the order of the items.
pub(crate) async fn side_by_side<T, R>(
    items: impl IntoIterator<Item = T>,
    work: impl AsyncFn(T) -> R,
) -> Vec<R> {
    let work = &work;
    let mut waiting = items.into_iter().enumerate();
    let mut running: Vec<(usize, Running<'_, R>)> = Vec::new();
    let mut done: Vec<(usize, R)> = Vec::new();
    poll_fn(|context| {
        loop {
            while running.len() < AT_ONCE {
                let Some((index, item)) = waiting.next() else { break };
                running.push((index, Box::pin(work(item))));
            }
            let before = running.len();
            running.retain_mut(|(index, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    done.push((*index, result));
                    false
                }
                Poll::Pending => true,
            });
            match (running.len(), before) {
                (0, 0) => return Poll::Ready(()),
                (left, before) if left == before => return Poll::Pending,
                // Some are done: others can begin.
                _ => {}
            }
        }
    })
    .await;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
