//! The loop that `ask_many` replaced, unchanged: whenever the work for one server can continue, it polls the work for
//! all servers.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs `work` on each of `items`, at most `most` at a time, and returns the results in the order of the items.
pub(crate) async fn side_by_side<I, W: Future>(
    items: impl IntoIterator<Item = I>,
    most: usize,
    mut work: impl FnMut(I) -> W,
) -> Vec<W::Output> {
    let mut waiting: VecDeque<_> = items.into_iter().enumerate().collect();
    let (mut running, mut done) = (Vec::new(), Vec::new());
    while !(waiting.is_empty() && running.is_empty()) {
        while running.len() < most.max(1)
            && let Some((index, item)) = waiting.pop_front()
        {
            running.push((index, Box::pin(work(item))));
        }
        done.extend(poll_fn(|context| finished(&mut running, context)).await);
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn finished<W: Future>(
    running: &mut Vec<(usize, Pin<Box<W>>)>,
    context: &mut Context<'_>,
) -> Poll<Vec<(usize, W::Output)>> {
    let mut finished = Vec::new();
    running.retain_mut(|(index, work)| match work.as_mut().poll(context) {
        Poll::Ready(result) => {
            finished.push((*index, result));
            false
        }
        Poll::Pending => true,
    });
    if finished.is_empty() { Poll::Pending } else { Poll::Ready(finished) }
}
