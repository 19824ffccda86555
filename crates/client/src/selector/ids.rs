use std::collections::BTreeSet;

use crate::{Session, SessionId};

/// The ids of sessions. At least one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIds(BTreeSet<SessionId>);

impl ListedIds {
    /// Collects the ids; `None` without one.
    pub(super) fn of(ids: impl IntoIterator<Item = SessionId>) -> Option<Self> {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// Whether the session has one of the ids.
    #[must_use]
    pub fn contains(&self, session: &Session) -> bool {
        session.id.is_some_and(|id| self.0.contains(&id))
    }
}

/// Whether every session of a listing has an id, the one of this connection included. Otherwise an id proves nothing.
pub(crate) fn are_complete(listed: &[Session]) -> bool {
    !listed.is_empty() && listed.iter().all(|session| session.id.is_some())
}
