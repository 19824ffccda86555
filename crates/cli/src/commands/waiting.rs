//! Servers side by side, and a person who wants to know which one is waited for, and who may lose patience.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use crate::interrupt::{Interrupt, Interrupts};
use crate::output;

/// The number of servers to query at once; the others wait for their turn.
pub(super) const AT_ONCE: usize = 64;
/// A person who has seen nothing for so long wonders.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many servers are named, and more only counted.
const NAMED: usize = 5;

/// Does `work` for each item, which is about the server of that name.
///
/// Where interrupts are listened for, one ends the waiting: what has come until then is returned, and nothing of the others.
pub(super) async fn each<'n, I, T>(
    items: impl IntoIterator<Item = (&'n str, I)>,
    interrupts: Option<&mut Interrupts>,
    work: impl AsyncFn(I) -> T,
) -> (Vec<Option<T>>, Option<Interrupt>) {
    let (names, items): (Vec<&str>, Vec<I>) = items.into_iter().unzip();
    let done: RefCell<Vec<Option<T>>> = RefCell::new(names.iter().map(|_| None).collect());
    let can_stop = interrupts.is_some();
    let all = netsession::side_by_side(items.into_iter().enumerate(), AT_ONCE, async |(index, item)| {
        let result = work(item).await;
        if let Some(place) = done.borrow_mut().get_mut(index) {
            *place = Some(result);
        }
    });
    let waited_for = || {
        let done = done.borrow();
        names.iter().zip(&*done).filter(|(_, done)| done.is_none()).map(|(name, _)| *name).collect()
    };
    let interrupt = tokio::select! {
        _ = all => None,
        interrupt = interrupted(interrupts) => Some(interrupt),
        never = tell(waited_for, can_stop) => match never {},
    };
    if interrupt.is_some() && io::stderr().is_terminal() {
        // The terminal shows `^C` where the cursor was.
        output::note("");
    }
    (done.into_inner(), interrupt)
}

async fn interrupted(interrupts: Option<&mut Interrupts>) -> Interrupt {
    match interrupts {
        Some(interrupts) => interrupts.wait().await,
        None => pending().await,
    }
}

/// Tells a person which servers have not answered yet, and again when they have become fewer.
async fn tell<'n>(waited_for: impl Fn() -> Vec<&'n str>, can_stop: bool) -> Infallible {
    if !io::stderr().is_terminal() {
        return pending().await;
    }
    let mut told = Vec::new();
    loop {
        tokio::time::sleep(PATIENCE).await;
        let names = waited_for();
        if names != told {
            output::note(&text(&names, can_stop));
            told = names;
        }
    }
}

fn text(names: &[&str], can_stop: bool) -> String {
    let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let stop = if can_stop { " (Ctrl-C shows what there is)" } else { "" };
    format!("Still waiting for {named}{more}{stop} ...")
}

#[cfg(test)]
mod tests {
    use super::text;

    /// If this fails, a person does not learn which server keeps them waiting, or is told of a hundred.
    #[test]
    fn who_is_waited_for_is_named() {
        assert_eq!(text(&["fs1"], false), "Still waiting for fs1 ...");
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(
            text(&names, true),
            "Still waiting for a, b, c, d, e and 2 more (Ctrl-C shows what there is) ..."
        );
    }
}
