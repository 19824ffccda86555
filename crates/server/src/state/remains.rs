use std::fmt;
use std::sync::Arc;

use super::{CloseReason, EndReason, Event, Open, Session, State, Tree};

/// Opens that the server can close quickly.
const FEW_OPENS: usize = 64;

/// The opens and tree connections of a session that has ended. Dropping it closes them, and reports what has ended.
#[must_use]
pub(crate) struct Remains {
    state: Arc<State>,
    session: Arc<Session>,
    opens: Vec<Arc<Open>>,
    trees: Vec<Arc<Tree>>,
    why: EndReason,
}

impl Remains {
    pub(super) fn new(
        state: &Arc<State>,
        session: Arc<Session>,
        (opens, trees): (Vec<Arc<Open>>, Vec<Arc<Tree>>),
        why: EndReason,
    ) -> Self {
        Self { state: Arc::clone(state), session, opens, trees, why }
    }

    /// Returns the user whose session has ended.
    pub(crate) fn user(&self) -> &str {
        &self.session.user
    }

    /// Returns whether closing can take long: there are many opens, or a large file must be deleted.
    pub(crate) fn take_long(&self) -> bool {
        self.opens.len() > FEW_OPENS || self.opens.iter().any(|open| open.is_slow_to_close())
    }
}

impl fmt::Debug for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state: _, session, opens, trees, why } = self;
        let (opens, trees) = (opens.len(), trees.len());
        write!(f, "{:?} of {:?}: {opens} opens, {trees} trees", why, session.id)
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        for open in self.opens.drain(..) {
            self.state.emit(&Event::Closed(open, CloseReason::SessionEnded));
        }
        for tree in self.trees.drain(..) {
            self.state.emit(&Event::TreeDisconnected(Arc::clone(&self.session), tree));
        }
        self.state.emit(&Event::SessionEnded(Arc::clone(&self.session), self.why.clone()));
    }
}
