//! [`Finding`]: looks for the logins of a hold that count now, beside the other work: a password command can take long, or hang.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use netsession_journal::HoldOrder;
use tokio::sync::oneshot::{Receiver, channel, error::TryRecvError};
use tokio::time::timeout;

use super::left_out::HoldTargets;

/// Finds the servers of a hold with the logins that hold now, and says which are left out; None if that fails.
pub(super) type Finder = dyn Fn(&HoldOrder) -> Option<HoldTargets> + Send + Sync;

/// A search for logins, at most one at a time.
pub(super) struct Finding {
    finder: Option<Arc<Finder>>,
    order: HoldOrder,
    pending: RefCell<Option<Receiver<Option<HoldTargets>>>>,
}

impl Finding {
    pub(super) fn new(finder: Option<&Arc<Finder>>, order: &HoldOrder) -> Self {
        Self { finder: finder.cloned(), order: order.clone(), pending: RefCell::default() }
    }

    /// Starts a search for these servers, unless one is under way.
    pub(super) fn start(&self, names: &[String]) {
        self.start_if(names, |_| true);
    }

    /// Does the same, and searches only if that says so, on the thread of the search.
    pub(super) fn start_if(
        &self,
        names: &[String],
        is_worth_it: impl FnOnce(&HoldOrder) -> bool + Send + 'static,
    ) {
        let Some(finder) = self.finder.clone() else { return };
        if self.pending.borrow().is_some() {
            return;
        }
        let (sender, receiver) = channel();
        let order = only(&self.order, names);
        // Without a thread the channel is closed, and the next search starts another one.
        let work = move || drop(sender.send(if is_worth_it(&order) { finder(&order) } else { None }));
        let _ = thread::Builder::new().name("logins".to_owned()).spawn(work);
        self.pending.replace(Some(receiver));
    }

    /// Returns what a search has found by now; None if none has ended with a result.
    pub(super) fn found(&self) -> Option<HoldTargets> {
        let mut pending = self.pending.borrow_mut();
        let result = match pending.as_mut()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            result => result,
        };
        *pending = None;
        result.ok().flatten()
    }

    /// Searches for these servers, and waits that long for the result. A search that takes longer goes on.
    pub(super) async fn within(&self, names: &[String], limit: Duration) -> Option<HoldTargets> {
        self.start(names);
        let mut receiver = self.pending.take()?;
        match timeout(limit, &mut receiver).await {
            Ok(found) => found.ok().flatten(),
            Err(_) => {
                self.pending.replace(Some(receiver));
                None
            }
        }
    }
}

/// Returns the order with these servers only.
fn only(order: &HoldOrder, names: &[String]) -> HoldOrder {
    let is_named = |name: &&String| names.contains(name);
    let servers = order.servers.iter().filter(is_named).cloned().collect();
    // Orders of earlier versions have no places.
    let places = order.servers.iter().zip(&order.places).filter(|(name, _)| is_named(name));
    HoldOrder {
        servers,
        places: places.map(|(_, place)| place.clone()).collect(),
        accounts_on: order.accounts_on.iter().filter(is_named).cloned().collect(),
        ..order.clone()
    }
}
